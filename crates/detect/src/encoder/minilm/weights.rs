//! The published weights, rearranged once into what the forward pass wants.

use std::fs::File;

use candle_core::{Device, Result, Tensor};

use super::file::WeightsFile;
use super::kernels::LANES as PANEL;
use super::ops::Norm;
use super::{HEAD, LAYERS};

/// A matrix to multiply rows with, and what to add afterwards.
pub(super) struct Linear {
    /// In panels, `[outputs / 16, inputs, 16]`, as the product reads them.
    pub(super) weight: Tensor,
    pub(super) bias: Vec<f32>,
}

/// One of the model's layers.
pub(super) struct Layer {
    /// Query, key and value in one matrix, so that one product yields all three; in panels. The
    /// scale of attention, `1/√HEAD`, is folded into the query.
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
    /// Reads the weights from `model.safetensors`.
    pub(super) fn read(file: File) -> Result<Weights> {
        let file = WeightsFile::of(file)?;
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

impl WeightsFile {
    fn values(&self, name: &str) -> Result<Vec<f32>> {
        self.tensor(name)?.to_vec1()
    }

    fn norm(&self, name: &str) -> Result<Norm> {
        Ok(Norm {
            gain: self.values(&format!("{name}.weight"))?,
            shift: self.values(&format!("{name}.bias"))?,
        })
    }

    /// A weight as the file has it, `[outputs, inputs]`, and its bias.
    fn plain(&self, name: &str) -> Result<Linear> {
        Ok(Linear {
            weight: self.tensor(&format!("{name}.weight"))?,
            bias: self.values(&format!("{name}.bias"))?,
        })
    }

    fn linear(&self, name: &str) -> Result<Linear> {
        let Linear { weight, bias } = self.plain(name)?;
        let weight = in_panels(&weight)?;
        Ok(Linear { weight, bias })
    }

    fn layer(&self, name: &str) -> Result<Layer> {
        let attention = |part| self.plain(&format!("{name}.attention.self.{part}"));
        let (query, key, value) = (attention("query")?, attention("key")?, attention("value")?);
        let scale = 1.0 / (HEAD as f64).sqrt();
        let qkv = [&(query.weight * scale)?, &key.weight, &value.weight];

        // The weights of attention sum to 1, so the values' bias comes out of it as it went in: it
        // passes the output matrix once, here.
        let mut output = self.plain(&format!("{name}.attention.output.dense"))?;
        let value_bias = Tensor::new(value.bias, &Device::Cpu)?.unsqueeze(1)?;
        let passed = output.weight.matmul(&value_bias)?.flatten_all()?;
        for (bias, passed) in output.bias.iter_mut().zip(passed.to_vec1::<f32>()?) {
            *bias += passed;
        }
        output.weight = in_panels(&output.weight)?;

        Ok(Layer {
            qkv: in_panels(&Tensor::cat(&qkv, 0)?)?,
            query_bias: query.bias.iter().map(|b| b * scale as f32).collect(),
            output,
            after_attention: self.norm(&format!("{name}.attention.output.LayerNorm"))?,
            widen: self.linear(&format!("{name}.intermediate.dense"))?,
            narrow: self.linear(&format!("{name}.output.dense"))?,
            after_narrow: self.norm(&format!("{name}.output.LayerNorm"))?,
        })
    }
}

/// Turns `[outputs, inputs]` into panels, here once instead of at every product.
fn in_panels(weight: &Tensor) -> Result<Tensor> {
    let (outputs, inputs) = weight.dims2()?;
    weight
        .reshape((outputs / PANEL, PANEL, inputs))?
        .transpose(1, 2)?
        .contiguous()
}
