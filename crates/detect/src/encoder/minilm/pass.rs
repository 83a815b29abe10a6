//! One forward pass over the tokens of several messages, packed without padding.

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

/// Runs `messages`, at most [`MAX_TOKENS`] token ids together, through the model; answers the mean
/// of each one's last hidden states, normalised.
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
    for layer in &weights.layers {
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
    }
    pooled(&hidden, &lengths)
}

/// The normalised sum of each message's rows, which is the normalised mean.
fn pooled(hidden: &Tensor, lengths: &[usize]) -> Result<Vec<Vector>> {
    let (storage, _) = hidden.storage_and_layout();
    let Storage::Cpu(storage) = &*storage else {
        candle_core::bail!("the scratch tensors are on the CPU");
    };
    let mut rows = storage.as_slice::<f32>()?.chunks_exact(HIDDEN);
    let pool = |length: &usize| {
        let mut sum = vec![0.0; HIDDEN];
        for row in rows.by_ref().take(*length) {
            for (sum, value) in sum.iter_mut().zip(row) {
                *sum += value;
            }
        }
        Vector::normalised(sum)
    };
    Ok(lengths.iter().map(pool).collect())
}
