//! Keys and values of a sequence's earlier tokens.

use burn::tensor::Tensor;

/// What a sequence has computed so far. It is valid under one adapter only.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    /// Keys and values `[tokens, kv_heads · width]` of each layer; empty before
    /// the first token.
    pub(crate) layers: Vec<[Tensor<2>; 2]>,
}

impl Cache {
    /// How many tokens are in it.
    pub fn tokens(&self) -> usize {
        self.layers.first().map_or(0, |[key, _]| key.dims()[0])
    }

    /// Forgets all but the first `tokens`.
    pub fn truncate(&mut self, tokens: usize) {
        if tokens == 0 {
            self.layers.clear();
        } else if tokens < self.tokens() {
            for rows in self.layers.iter_mut().flatten() {
                *rows = rows.clone().narrow(0, 0, tokens);
            }
        }
    }

    /// Adds a layer's new keys and values; returns all of them.
    pub(crate) fn extend(&mut self, layer: usize, new: [Tensor<2>; 2]) -> [Tensor<2>; 2] {
        match self.layers.get_mut(layer) {
            Some([keys, values]) => {
                let [key, value] = new;
                *keys = Tensor::cat(vec![keys.clone(), key], 0);
                *values = Tensor::cat(vec![values.clone(), value], 0);
            }
            None => self.layers.push(new),
        }
        self.layers[layer].clone()
    }
}
