//! One forward pass over the tokens of several messages, packed without padding.

use std::ops::Range;

use candle_core::{DType, Device, Result, Storage, Tensor};

use super::ops::{AddNorm, Attend, BiasGelu, Embed, Product};
use super::weights::Weights;
use super::{HIDDEN, INNER, INNER_QKV, MAX_TOKENS};
use crate::Vector;

/// The tensors that a pass writes its intermediate results to, kept from pass to pass.
pub(super) struct Scratch {
    hidden: Tensor,
    qkv: Tensor,
    attended: Tensor,
    projected: Tensor,
    widened: Tensor,
}

impl Scratch {
    /// Room for [`MAX_TOKENS`] tokens: 4 MB.
    pub(super) fn new() -> Result<Scratch> {
        let room = |width| Tensor::zeros((MAX_TOKENS, width), DType::F32, &Device::Cpu);
        Ok(Scratch {
            hidden: room(HIDDEN)?,
            qkv: room(INNER_QKV)?,
            attended: room(HIDDEN)?,
            projected: room(HIDDEN)?,
            widened: room(INNER)?,
        })
    }
}

/// The layers whose hidden states tell how a text is worded, counted from 0: tone and the words
/// themselves are still there, which the last layer trades for meaning. Chosen on validation splits:
/// docs/benchmarks.md.
const WORDING: Range<usize> = 1..5;

/// Runs `messages`, at most [`MAX_TOKENS`] token ids together, through the model; answers the mean
/// of each one's last hidden states, normalised, with that of the layers between as its wording.
///
/// `threads` above 1 shares each step out over the current rayon pool.
pub(super) fn run(
    weights: &Weights,
    messages: &[&[u32]],
    scratch: &Scratch,
    threads: usize,
) -> Result<Vec<Vector>> {
    let lengths: Vec<usize> = messages.iter().map(|ids| ids.len()).collect();
    let tokens = lengths.iter().sum();
    let hidden = scratch.hidden.narrow(0, 0, tokens)?;
    let qkv = scratch.qkv.narrow(0, 0, tokens)?;
    let attended = scratch.attended.narrow(0, 0, tokens)?;
    let projected = scratch.projected.narrow(0, 0, tokens)?;
    let widened = scratch.widened.narrow(0, 0, tokens)?;
    let product = Product { threads };

    let embed = Embed {
        messages,
        norm: &weights.after_embedding,
    };
    hidden.inplace_op3(&weights.words, &weights.positions, &embed)?;
    let mut wordings = vec![vec![0.0; HIDDEN]; lengths.len()];
    for (number, layer) in weights.layers.iter().enumerate() {
        let attend = Attend {
            lengths: &lengths,
            query_bias: &layer.query_bias,
            threads,
        };
        let add_attended = AddNorm {
            bias: &layer.output.bias,
            norm: &layer.after_attention,
        };
        let gelu = BiasGelu {
            bias: &layer.widen.bias,
            threads,
        };
        let add_narrowed = AddNorm {
            bias: &layer.narrow.bias,
            norm: &layer.after_narrow,
        };
        qkv.inplace_op3(&hidden, &layer.qkv, &product)?;
        attended.inplace_op2(&qkv, &attend)?;
        projected.inplace_op3(&attended, &layer.output.weight, &product)?;
        hidden.inplace_op2(&projected, &add_attended)?;
        widened.inplace_op3(&hidden, &layer.widen.weight, &product)?;
        widened.inplace_op1(&gelu)?;
        projected.inplace_op3(&widened, &layer.narrow.weight, &product)?;
        hidden.inplace_op2(&projected, &add_narrowed)?;
        if WORDING.contains(&number) {
            add_pooled(&hidden, &lengths, &mut wordings)?;
        }
    }
    let mut meanings = vec![vec![0.0; HIDDEN]; lengths.len()];
    add_pooled(&hidden, &lengths, &mut meanings)?;
    let pairs = meanings.into_iter().zip(wordings);
    Ok(pairs.map(|(m, w)| Vector::worded(m, w)).collect())
}

/// Adds the sum of each message's rows, which is their mean but for its length.
fn add_pooled(hidden: &Tensor, lengths: &[usize], sums: &mut [Vec<f32>]) -> Result<()> {
    let (storage, _) = hidden.storage_and_layout();
    let Storage::Cpu(storage) = &*storage else {
        candle_core::bail!("the scratch tensors are on the CPU");
    };
    let mut rows = storage.as_slice::<f32>()?.chunks_exact(HIDDEN);
    for (length, sum) in lengths.iter().zip(sums) {
        for row in rows.by_ref().take(*length) {
            for (sum, value) in sum.iter_mut().zip(row) {
                *sum += value;
            }
        }
    }
    Ok(())
}
