//! How fused operations are computed.

use crate::matrix::Packing;

/// What a gate goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// The sigmoid linear unit (Elfwing et al., 2017, equation 5).
    Silu,
    /// The Gaussian error linear unit by hyperbolic tangent (Hendrycks and Gimpel, 2016).
    Gelu,
}

/// Which numbers of a head are rotated together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairing {
    /// Those side by side.
    Neighbours,
    /// One of the first half with its like of the second.
    Halves,
}

/// Which way a rotation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// By the angles.
    Forward,
    /// By the angles' negatives, as gradients are.
    Back,
}

/// A frozen matrix and how it is adapted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adapted {
    /// How the matrix is stored.
    pub packing: Packing,
    /// What the factors' product is multiplied by.
    pub scale: f32,
}
