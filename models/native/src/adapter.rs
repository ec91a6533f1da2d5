//! Adapters beside the packed weights (Hu et al., `LoRA`, 2021, equation 3).

use std::collections::BTreeMap;

use models::adapter::FactorPair;
use models::hyperparameters::Hyperparameters;
use models::target::{AdaptedMatrix, place};

use crate::error::NativeError;
use crate::kernels::{LANES, Vector};
use crate::tensors::in_vectors;

/// An adapter, laid out for the kernels; the default adapts nothing.
#[derive(Clone, Debug, Default)]
pub struct Adapter {
    factors: BTreeMap<AdaptedMatrix, Factors>,
}

/// The two factors beside one matrix.
#[derive(Clone, Debug)]
pub(crate) struct Factors {
    /// The first, by columns: `[columns][ranks]` vectors, zeros behind the rank.
    pub(crate) down: Vec<Vector>,
    /// Vectors of a column.
    pub(crate) ranks: usize,
    /// The second times the scale: `[rows / 16][rank]` vectors.
    pub(crate) up: Vec<Vector>,
    /// The rank.
    pub(crate) rank: usize,
}

impl Adapter {
    /// A file's adapter for a transformer of this shape, its output multiplied by `scale`.
    pub fn load(
        file: &models::adapter::Adapter,
        scale: f32,
        shape: &Hyperparameters,
    ) -> Result<Self, NativeError> {
        let refuse = |reason: String| NativeError::Adapter(reason);
        let mut factors = BTreeMap::new();
        for FactorPair { target, a, b } in
            file.pairs().map_err(|error| refuse(error.to_string()))?
        {
            let place = place(&target.name).filter(|(layer, _)| *layer < shape.layers);
            let place = place.ok_or_else(|| {
                refuse(format!("{}: linear layers alone are adapted", target.name))
            })?;
            if target.rank == 0 {
                return Err(refuse(format!("{}: its rank is 0", target.name)));
            }
            let [rows, columns] = shape.matrix(place.1);
            if [target.outputs, target.inputs] != [rows as u64, columns as u64] {
                let (name, found) = (&target.name, [target.outputs, target.inputs]);
                let expected = [rows, columns];
                return Err(refuse(format!("{name}: expected {expected:?}, found {found:?}")));
            }
            let scale = scale * file.scale(target.rank);
            factors.insert(place, Factors::new([&a, &b], [rows, columns], scale));
        }
        Ok(Self { factors })
    }

    /// The factors beside a matrix, where it is adapted.
    pub(crate) fn at(&self, place: AdaptedMatrix) -> Option<&Factors> {
        self.factors.get(&place)
    }
}

impl Factors {
    /// `a [rank, columns]` and `b [rows, rank]`.
    fn new([a, b]: [&[f32]; 2], [rows, columns]: [usize; 2], scale: f32) -> Self {
        let rank = a.len() / columns;
        let column = |column: usize| -> Vec<f32> {
            (0..rank).map(|index| a[index * columns + column]).collect()
        };
        let down = (0..columns).flat_map(|index| in_vectors(&column(index))).collect();
        let up = (0..rows.div_ceil(LANES) * rank).map(|index| {
            let (group, index) = (index / rank, index % rank);
            Vector(std::array::from_fn(|lane| match group * LANES + lane {
                row if row < rows => b[row * rank + index] * scale,
                _ => 0.0,
            }))
        });
        Self { down, ranks: rank.div_ceil(LANES), up: up.collect(), rank }
    }
}
