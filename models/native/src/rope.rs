//! Rotary position embeddings (Su et al., 2021, equation 34): the angles of rows.

use models::hyperparameters::{Family, Hyperparameters};

use crate::kernels::{LANES, Vector};

/// The frequencies of one kind of layer.
#[derive(Clone, Debug)]
pub(crate) struct Frequencies {
    base: f32,
    factor: f32,
    /// Divides the angle of each pair; empty if nothing is divided.
    divisors: Vec<f32>,
    head_width: usize,
    /// Whether neighbours are pairs, or the halves of a head.
    pub(crate) neighbours: bool,
}

impl Frequencies {
    /// Those of layers that see everything.
    pub(crate) fn global(shape: &Hyperparameters, divisors: Vec<f32>) -> Self {
        Self {
            base: shape.rope_base,
            factor: shape.rope_factor,
            divisors,
            head_width: shape.head_width,
            neighbours: shape.family == Family::Llama,
        }
    }

    /// Those of layers with a window.
    pub(crate) fn window(shape: &Hyperparameters) -> Self {
        Self { base: shape.rope_base_window, factor: 1.0, ..Self::global(shape, Vec::new()) }
    }

    /// Cosines and sines at these positions, `[n][head_width / 16]`; the sine is negative for
    /// the first of each pair.
    pub(crate) fn at(&self, positions: &[usize]) -> Vec<[Vector; 2]> {
        let mut angles = Vec::with_capacity(positions.len() * self.head_width / LANES);
        for &position in positions {
            let of_pairs: Vec<(f32, f32)> =
                self.angles(position).into_iter().map(f32::sin_cos).collect();
            angles.extend((0..self.head_width / LANES).map(|group| {
                let mut vectors = [Vector::default(); 2];
                for lane in 0..LANES {
                    let (pair, is_first) = self.pair(group * LANES + lane);
                    let (sine, cosine) = of_pairs[pair];
                    vectors[0].0[lane] = cosine;
                    vectors[1].0[lane] = if is_first { -sine } else { sine };
                }
                vectors
            }));
        }
        angles
    }

    /// The angle of each pair, in llama.cpp's order of operations.
    fn angles(&self, position: usize) -> Vec<f32> {
        let ratio = self.base.powf(-2.0 / self.head_width as f32);
        let mut angle = position as f32;
        let pairs = (0..self.head_width / 2).map(|pair| {
            let divisor = self.divisors.get(pair).copied().unwrap_or(1.0);
            let own = angle / divisor / self.factor;
            angle *= ratio;
            own
        });
        pairs.collect()
    }

    /// The pair that a number of a head belongs to, and whether it is its first.
    fn pair(&self, index: usize) -> (usize, bool) {
        let half = self.head_width / 2;
        if self.neighbours {
            (index / 2, index.is_multiple_of(2))
        } else {
            (index % half, index < half)
        }
    }
}
