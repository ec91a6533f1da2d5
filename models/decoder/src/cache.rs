//! Keys and values of a sequence's earlier tokens.

use burn::tensor::{Tensor, s};

/// Least number of rows by which a cache grows.
const GROWTH: usize = 128;

/// The KV cache of one sequence, valid under one adapter only.
///
/// A copy shares its memory until one of the two grows.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    /// Keys and values `[room, kv_heads · width]` of each layer, of which the first
    /// `tokens` rows are theirs; empty before the first token.
    layers: Vec<[Tensor<2>; 2]>,
    tokens: usize,
}

impl Cache {
    /// Number of tokens in the cache.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// Drops all but the first `tokens`.
    pub fn truncate(&mut self, tokens: usize) {
        self.tokens = self.tokens.min(tokens);
    }

    /// Writes a layer's new keys and values behind those of the tokens that are
    /// there; returns all of them, with room behind. [`Cache::advance`] makes the
    /// new tokens count, once every layer has them.
    pub(crate) fn extend(&mut self, layer: usize, new: [Tensor<2>; 2]) -> [Tensor<2>; 2] {
        let tokens = self.tokens;
        let rows = match self.layers.get_mut(layer) {
            // Taken out, so that nobody else holds what is written to.
            Some(rows) => std::mem::replace(rows, new.clone()).map(Some),
            None => [None, None],
        };
        let [old_keys, old_values] = rows;
        let [keys, values] = new;
        let all = [append(old_keys, tokens, keys), append(old_values, tokens, values)];
        match self.layers.get_mut(layer) {
            Some(rows) => rows.clone_from(&all),
            None => self.layers.push(all.clone()),
        }
        all
    }

    /// Counts tokens that every layer has been given.
    pub(crate) fn advance(&mut self, tokens: usize) {
        self.tokens += tokens;
    }
}

/// `new` behind the first `tokens` rows of `old`, in place where there is room.
fn append(old: Option<Tensor<2>>, tokens: usize, new: Tensor<2>) -> Tensor<2> {
    let [count, width] = new.dims();
    let end = tokens + count;
    let roomy = match old {
        Some(old) if old.dims()[0] >= end => old,
        Some(old) => {
            let room = (end - tokens).max(tokens / 2).max(GROWTH);
            let empty = Tensor::zeros([room, width], (&new.device(), new.dtype()));
            Tensor::cat(vec![old.narrow(0, 0, tokens), empty], 0)
        }
        None => Tensor::zeros([end + GROWTH, width], (&new.device(), new.dtype())),
    };
    roomy.slice_assign(s![tokens..end, ..], new)
}
