//! A transformer's layers in memory, and what computes them.

use models::hyperparameters::{Family, Hyperparameters};

use crate::cache::PageSize;
use crate::kernels::Instructions;
use crate::kernels::pool::Pool;
use crate::kernels::rows::Activation;
use crate::layer::Layer;
use crate::rope::Frequencies;

/// The layers of a transformer.
pub(crate) struct Weights {
    pub(crate) instructions: Instructions,
    pub(crate) pool: Pool,
    pub(crate) shape: Hyperparameters,
    pub(crate) layers: Vec<Layer>,
    /// Of layers that see everything.
    pub(crate) global: Frequencies,
    /// Of layers with a window.
    pub(crate) window: Frequencies,
}

impl Weights {
    /// What a page of a cache holds.
    pub(crate) fn page_size(&self) -> PageSize {
        PageSize::of(&self.shape)
    }

    /// What gates the feed-forward block.
    pub(crate) fn activation(&self) -> Activation {
        match self.shape.family {
            Family::Gemma3 => Activation::Gelu,
            Family::Llama | Family::Qwen2 | Family::Qwen3 => Activation::Silu,
        }
    }
}
