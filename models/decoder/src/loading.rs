//! Adapters from files to a decoder's device.

use burn::tensor::{Tensor, TensorData};
use models::adapter::FactorPair;
use models::target::place;

use crate::adapter::{Adapter, Factors};
use crate::decoder::Decoder;
use crate::error::DecoderError;

impl Adapter {
    /// A file's adapter on the decoder's device.
    pub fn load(file: &models::adapter::Adapter, decoder: &Decoder) -> Result<Self, DecoderError> {
        let refuse = |reason: String| DecoderError::Adapter(reason);
        let mut adapter = Self { scale: 0.0, ..Self::default() };
        for FactorPair { target, a, b } in
            file.pairs().map_err(|error| refuse(error.to_string()))?
        {
            let place = place(&target.name).filter(|(layer, _)| *layer < decoder.shape().layers);
            let place = place.ok_or_else(|| {
                refuse(format!("{}: the decoder adapts linear layers only", target.name))
            })?;
            let [rows, columns] = decoder.shape().matrix(place.1);
            if [target.outputs, target.inputs] != [rows as u64, columns as u64] {
                let (name, found) = (&target.name, [target.outputs, target.inputs]);
                let expected = [rows, columns];
                return Err(refuse(format!("{name}: expected {expected:?}, found {found:?}")));
            }
            let rank = a.len() / columns;
            let scale = file.scale(target.rank);
            if adapter.scale == 0.0 {
                adapter.scale = scale;
            }
            let device = decoder.device();
            let a = Tensor::from_data(TensorData::new(a, [rank, columns]), device);
            let b = Tensor::from_data(TensorData::new(b, [rows, rank]), device);
            // One scale for all, whatever each rank's own would be.
            let factors = Factors { a, b }.at_scale(scale, adapter.scale);
            adapter.factors.insert(place, factors);
        }
        Ok(adapter)
    }
}
