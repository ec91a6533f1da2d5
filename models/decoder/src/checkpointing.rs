//! Gradients of an adapter, with all activations kept or with one row of them a
//! layer.
//!
//! ```text
//! keep       x0 ─► layer ─► x1 ─► layer ─► x2 ─► loss    backward through all of it
//! recompute  x0 ─► layer ─► x1 ─► layer ─► x2 ─► loss    untracked, x0 and x1 are kept
//!                  ◄─ dx0 ── again ◄─ dx1 ── again ◄─ dx2
//! ```
//!
//! A recomputed layer is run once more with tracking, and its backward pass is
//! started from `dy` (Chen et al., 2016: one segment a layer).

use std::collections::BTreeMap;

use burn::tensor::{Gradients, Tensor};

use crate::adapter::{AdaptedMatrix, Adapter, Factors};
use crate::batch::Batch;
use crate::decoder::Decoder;
use crate::error::DecoderError;
use crate::kernels::fused;

/// The activations that are stored between the forward and the backward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activations {
    /// Everything: fastest.
    Keep,
    /// The input of each layer; its inside is computed twice.
    Recompute,
}

/// A loss and its gradients.
#[derive(Clone, Debug)]
pub struct Descent {
    /// The loss.
    pub loss: f32,
    /// The gradient of each factor, without autodiff.
    pub gradients: BTreeMap<AdaptedMatrix, Factors>,
}

impl Decoder {
    /// The gradients of `loss`, a function of the rows `[n, width]` that
    /// [`Decoder::forward`] returns for `batch`, with respect to the adapter's
    /// factors.
    pub fn gradients(
        &self,
        batch: &Batch,
        adapter: &Adapter,
        activations: Activations,
        loss: &dyn Fn(Tensor<2>) -> Tensor<1>,
    ) -> Result<Descent, DecoderError> {
        let adapter = tracked(adapter);
        match activations {
            Activations::Keep => {
                let loss = loss(self.forward(batch, &adapter, None)?);
                let mut gradients = loss.backward();
                let mut found = BTreeMap::new();
                collect(&adapter, &mut gradients, &mut found);
                Ok(Descent { loss: loss.inner().into_scalar(), gradients: found })
            }
            Activations::Recompute => self.recompute(batch, &adapter, loss),
        }
    }

    fn recompute(
        &self,
        batch: &Batch,
        adapter: &Adapter,
        loss: &dyn Fn(Tensor<2>) -> Tensor<1>,
    ) -> Result<Descent, DecoderError> {
        let scene = self.scene(batch, &[])?;
        let untracked = untracked(adapter);
        let mut x = self.embed(&batch.tokens)?;
        let mut inputs = Vec::new();
        for layer in self.layers() {
            inputs.push(x.clone());
            x = layer.forward(x, &scene, &untracked, None);
        }
        let x = x.autodiff().require_grad();
        let loss = loss(self.norm().in_f32(x.clone()));
        let mut upstream = gradient(&x, &mut loss.backward());
        let mut found = BTreeMap::new();
        for (number, (layer, x)) in self.layers().iter().zip(inputs).enumerate().rev() {
            let x = x.autodiff().require_grad();
            let part = adapter.of_layer(number);
            let y = layer.forward(x.clone(), &scene, &part, None);
            let mut gradients = fused::pulled(y, upstream).backward();
            upstream = gradient(&x, &mut gradients);
            collect(&part, &mut gradients, &mut found);
        }
        Ok(Descent { loss: loss.inner().into_scalar(), gradients: found })
    }
}

impl Adapter {
    /// The part that one layer uses.
    fn of_layer(&self, number: usize) -> Self {
        let own = self.factors.iter().filter(|((layer, _), _)| *layer == number);
        let factors = own.map(|(place, factors)| (*place, factors.clone())).collect();
        Self { factors, ..*self }
    }

    fn map(&self, change: impl Fn(&Tensor<2>) -> Tensor<2>) -> Self {
        let factors = self
            .factors
            .iter()
            .map(|(place, Factors { a, b })| (*place, Factors { a: change(a), b: change(b) }));
        Self { factors: factors.collect(), ..*self }
    }
}

fn tracked(adapter: &Adapter) -> Adapter {
    adapter.map(|factor| factor.clone().inner().autodiff().require_grad())
}

fn untracked(adapter: &Adapter) -> Adapter {
    adapter.map(|factor| factor.clone().inner())
}

fn gradient(x: &Tensor<2>, gradients: &mut Gradients) -> Tensor<2> {
    x.grad_remove(gradients).expect("every layer passes its input on")
}

fn collect(
    adapter: &Adapter,
    gradients: &mut Gradients,
    found: &mut BTreeMap<AdaptedMatrix, Factors>,
) {
    for (place, Factors { a, b }) in &adapter.factors {
        let (a, b) = (a.grad_remove(gradients), b.grad_remove(gradients));
        if let (Some(a), Some(b)) = (a, b) {
            found.insert(*place, Factors { a, b });
        }
    }
}
