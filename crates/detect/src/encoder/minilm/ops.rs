//! The forward pass's steps as custom operations on candle's tensors.
//!
//! All of them write in place. candle's own operations allocate their result, and the page faults
//! of a fresh megabyte at every step cost a fifth of the whole pass.

use candle_core::{CpuStorage, InplaceOp1, InplaceOp2, InplaceOp3, Layout, Result, bail};
use rayon::prelude::*;

use super::kernels::{self, Attention};
use super::{HIDDEN, INNER_QKV};

/// Sets a tensor to the product of another with a weight in panels, `[outer / 16, inner, 16]`.
pub(super) struct Product {
    /// Threads of the current rayon pool to use.
    pub(super) threads: usize,
}

impl InplaceOp3 for Product {
    fn name(&self) -> &'static str {
        "product"
    }

    fn cpu_fwd(
        &self,
        out: &mut CpuStorage,
        out_layout: &Layout,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> Result<()> {
        let (_, inner, _) = weight_layout.shape().dims3()?;
        kernels::product(
            values(x, x_layout)?,
            values(weight, weight_layout)?,
            values_mut(out, out_layout)?,
            inner,
            self.threads,
        );
        Ok(())
    }
}

/// Adds a bias to each row and applies GELU.
pub(super) struct BiasGelu<'a> {
    pub(super) bias: &'a [f32],
    pub(super) threads: usize,
}

impl InplaceOp1 for BiasGelu<'_> {
    fn name(&self) -> &'static str {
        "bias_gelu"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let rows = values_mut(storage, layout)?;
        if self.threads == 1 {
            kernels::bias_gelu(rows, self.bias);
        } else {
            let share = share_of(rows.len(), self.bias.len(), self.threads);
            rows.par_chunks_mut(share)
                .for_each(|rows| kernels::bias_gelu(rows, self.bias));
        }
        Ok(())
    }
}

/// Adds a tensor and a bias to another tensor, then normalises its rows.
pub(super) struct AddNorm<'a> {
    pub(super) bias: &'a [f32],
    pub(super) norm: &'a Norm,
}

/// The learned scale and offset of a layer norm.
pub(super) struct Norm {
    pub(super) gain: Vec<f32>,
    pub(super) shift: Vec<f32>,
}

impl InplaceOp2 for AddNorm<'_> {
    fn name(&self) -> &'static str {
        "add_norm"
    }

    fn cpu_fwd(
        &self,
        storage: &mut CpuStorage,
        layout: &Layout,
        added: &CpuStorage,
        added_layout: &Layout,
    ) -> Result<()> {
        kernels::add_norm(
            values_mut(storage, layout)?,
            values(added, added_layout)?,
            self.bias,
            &self.norm.gain,
            &self.norm.shift,
        );
        Ok(())
    }
}

/// Sets a tensor to the sum of word and position embeddings, normalised.
pub(super) struct Embed<'a> {
    /// Token ids of each message, in order.
    pub(super) messages: &'a [&'a [u32]],
    pub(super) norm: &'a Norm,
}

impl InplaceOp3 for Embed<'_> {
    fn name(&self) -> &'static str {
        "embed"
    }

    fn cpu_fwd(
        &self,
        out: &mut CpuStorage,
        out_layout: &Layout,
        words: &CpuStorage,
        words_layout: &Layout,
        positions: &CpuStorage,
        positions_layout: &Layout,
    ) -> Result<()> {
        let out = values_mut(out, out_layout)?;
        let words = values(words, words_layout)?;
        let positions = values(positions, positions_layout)?;
        let mut rows = out.chunks_exact_mut(HIDDEN);
        for message in self.messages {
            let positions = positions.chunks_exact(HIDDEN);
            for ((id, position), row) in message.iter().zip(positions).zip(&mut rows) {
                let Some(word) = words
                    .get(*id as usize * HIDDEN..)
                    .and_then(|w| w.get(..HIDDEN))
                else {
                    bail!("token {id} is not in the model's vocabulary");
                };
                for ((value, word), position) in row.iter_mut().zip(word).zip(position) {
                    *value = word + position;
                }
            }
        }
        kernels::add_norm(out, &[], &[], &self.norm.gain, &self.norm.shift);
        Ok(())
    }
}

/// Sets a tensor to the answers of attention, each message to itself.
pub(super) struct Attend<'a> {
    /// Tokens of each message, in order.
    pub(super) lengths: &'a [usize],
    pub(super) query_bias: &'a [f32],
    pub(super) threads: usize,
}

impl InplaceOp2 for Attend<'_> {
    fn name(&self) -> &'static str {
        "attend"
    }

    fn cpu_fwd(
        &self,
        out: &mut CpuStorage,
        out_layout: &Layout,
        qkv: &CpuStorage,
        qkv_layout: &Layout,
    ) -> Result<()> {
        let mut out = values_mut(out, out_layout)?;
        let mut qkv = values(qkv, qkv_layout)?;
        let mut scratch = Vec::new();
        for length in self.lengths {
            let (message, later) = qkv.split_at(length * INNER_QKV);
            let (answers, later_out) = std::mem::take(&mut out).split_at_mut(length * HIDDEN);
            let rows = |first: usize, answers: &mut [f32], scratch: &mut Vec<f32>| {
                let message = Attention {
                    qkv: message,
                    query_bias: self.query_bias,
                    rows: first..first + answers.len() / HIDDEN,
                };
                kernels::attend(message, answers, scratch);
            };
            if self.threads == 1 {
                rows(0, answers, &mut scratch);
            } else {
                let share = share_of(answers.len(), HIDDEN, self.threads);
                answers
                    .par_chunks_mut(share)
                    .enumerate()
                    .for_each(|(n, answers)| rows(n * share / HIDDEN, answers, &mut Vec::new()));
            }
            (qkv, out) = (later, later_out);
        }
        Ok(())
    }
}

/// How many of `len` values each thread gets, in whole rows.
fn share_of(len: usize, width: usize, threads: usize) -> usize {
    (len / width).div_ceil(threads).max(1) * width
}

fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((from, to))) => Ok(&values[from..to]),
        _ => bail!("expected contiguous f32 values"),
    }
}

fn values_mut<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((from, to))) => Ok(&mut values[from..to]),
        _ => bail!("expected contiguous f32 values"),
    }
}
