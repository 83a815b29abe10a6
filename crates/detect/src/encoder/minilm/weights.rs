//! The published weights, rearranged once into what the forward pass wants.

use candle_core::safetensors::BufferedSafetensors;
use candle_core::{DType, Device, Result, Tensor};

use super::ops::Norm;
use super::{HEAD, LAYERS};

/// A matrix to multiply rows with, `[inputs, outputs]`, and what to add afterwards.
pub(super) struct Linear {
    pub(super) weight: Tensor,
    pub(super) bias: Vec<f32>,
}

/// One of the model's layers.
pub(super) struct Layer {
    /// Query, key and value in one matrix, so that one product yields all three. The scale of
    /// attention, `1/√HEAD`, is folded into the query.
    pub(super) qkv: Tensor,
    pub(super) query_bias: Vec<f32>,
    pub(super) output: Linear,
    pub(super) after_attention: Norm,
    pub(super) widen: Linear,
    pub(super) narrow: Linear,
    pub(super) after_narrow: Norm,
}

/// The whole model.
pub(super) struct Weights {
    /// A row for each word piece.
    pub(super) words: Tensor,
    /// A row for each position, to which the embedding of the one segment type was added.
    pub(super) positions: Tensor,
    pub(super) after_embedding: Norm,
    pub(super) layers: Vec<Layer>,
}

impl Weights {
    /// Reads the weights from the bytes of `model.safetensors`.
    pub(super) fn read(bytes: Vec<u8>) -> Result<Weights> {
        let file = File(BufferedSafetensors::new(bytes)?);
        let segment = file.tensor("embeddings.token_type_embeddings.weight")?;
        let positions = file.tensor("embeddings.position_embeddings.weight")?;
        Ok(Weights {
            words: file.tensor("embeddings.word_embeddings.weight")?,
            positions: positions.broadcast_add(&segment.get(0)?)?,
            after_embedding: file.norm("embeddings.LayerNorm")?,
            layers: (0..LAYERS)
                .map(|layer| file.layer(&format!("encoder.layer.{layer}")))
                .collect::<Result<_>>()?,
        })
    }
}

struct File(BufferedSafetensors);

impl File {
    fn tensor(&self, name: &str) -> Result<Tensor> {
        self.0.load(name, &Device::Cpu)?.to_dtype(DType::F32)
    }

    fn values(&self, name: &str) -> Result<Vec<f32>> {
        self.tensor(name)?.to_vec1()
    }

    fn norm(&self, name: &str) -> Result<Norm> {
        Ok(Norm {
            gain: self.values(&format!("{name}.weight"))?,
            shift: self.values(&format!("{name}.bias"))?,
        })
    }

    fn linear(&self, name: &str) -> Result<Linear> {
        Ok(Linear {
            // The file has [outputs, inputs]; turning it here saves turning it at every message.
            weight: self.tensor(&format!("{name}.weight"))?.t()?.contiguous()?,
            bias: self.values(&format!("{name}.bias"))?,
        })
    }

    fn layer(&self, name: &str) -> Result<Layer> {
        let attention = |part| self.linear(&format!("{name}.attention.self.{part}"));
        let (query, key, value) = (attention("query")?, attention("key")?, attention("value")?);
        let scale = 1.0 / (HEAD as f64).sqrt();
        let qkv = [&(query.weight * scale)?, &key.weight, &value.weight];

        // The weights of attention sum to 1, so the values' bias comes out of it as it went in: it
        // passes the output matrix once, here.
        let mut output = self.linear(&format!("{name}.attention.output.dense"))?;
        let passed = Tensor::from_vec(value.bias, (1, output.bias.len()), &Device::Cpu)?
            .matmul(&output.weight)?
            .flatten_all()?
            .to_vec1::<f32>()?;
        for (bias, passed) in output.bias.iter_mut().zip(passed) {
            *bias += passed;
        }

        Ok(Layer {
            qkv: Tensor::cat(&qkv, 1)?,
            query_bias: query.bias.iter().map(|b| b * scale as f32).collect(),
            output,
            after_attention: self.norm(&format!("{name}.attention.output.LayerNorm"))?,
            widen: self.linear(&format!("{name}.intermediate.dense"))?,
            narrow: self.linear(&format!("{name}.output.dense"))?,
            after_narrow: self.norm(&format!("{name}.output.LayerNorm"))?,
        })
    }
}
