//! Keys and values of a sequence's earlier tokens, in pages that sequences share.
//!
//! Of a page and a head, keys lie `[head_width][tokens]`, so that one vector has the same
//! number of sixteen keys; values lie `[tokens][head_width]`. Both are in half precision.

use std::sync::Arc;

use models::hyperparameters::Hyperparameters;

use crate::kernels::{Halves, LANES};

/// Tokens of a page.
pub(crate) const PAGE: usize = 32;
/// Vectors of a page's tokens.
pub(crate) const PAGE_VECTORS: usize = PAGE / LANES;

/// What a sequence has computed so far. It is valid under one adapter only.
///
/// A copy shares its pages; whoever writes to a shared page copies it first.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    pages: Vec<Arc<Page>>,
    tokens: usize,
}

impl Cache {
    /// The number of tokens in it.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// Forgets all but the first `tokens`.
    pub fn truncate(&mut self, tokens: usize) {
        self.tokens = self.tokens.min(tokens);
        self.pages.truncate(self.tokens.div_ceil(PAGE));
    }

    /// Makes room for tokens behind those that are there, in pages that nobody else has.
    pub(crate) fn reserve(&mut self, tokens: usize, size: PageSize) {
        let end = self.tokens + tokens;
        while self.pages.len() < end.div_ceil(PAGE) {
            self.pages.push(Arc::new(Page::new(size)));
        }
        for page in &mut self.pages[self.tokens / PAGE..] {
            Arc::make_mut(page);
        }
    }

    /// Counts tokens that every layer has been given.
    pub(crate) fn advance(&mut self, tokens: usize) {
        self.tokens += tokens;
    }

    /// Its pages, in order.
    pub(crate) fn pages(&self) -> &[Arc<Page>] {
        &self.pages
    }

    /// The pages that have been reserved for tokens, each with the first of its tokens.
    pub(crate) fn new_pages(&mut self) -> impl Iterator<Item = (usize, &mut Page)> {
        let first = self.tokens / PAGE;
        self.pages[first..].iter_mut().enumerate().map(move |(index, page)| {
            ((first + index) * PAGE, Arc::get_mut(page).expect("reserved pages are not shared"))
        })
    }
}

/// What a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PageSize {
    /// Layers.
    pub(crate) layers: usize,
    /// Heads of keys and values.
    pub(crate) kv_heads: usize,
    /// A multiple of sixteen.
    pub(crate) head_width: usize,
}

/// The keys and values of 32 tokens in all layers.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    size: PageSize,
    /// `[layers][kv_heads][keys, values][32 · head_width]`.
    halves: Vec<Halves>,
}

impl Page {
    fn new(size: PageSize) -> Self {
        let vectors = size.layers * size.kv_heads * 2 * size.head_vectors();
        Self { size, halves: vec![[0; LANES]; vectors] }
    }

    /// The keys `[head_width][2]` and values `[32][head_width / 16]` of a head.
    pub(crate) fn head(&self, layer: usize, kv_head: usize) -> (&[Halves], &[Halves]) {
        let vectors = self.size.head_vectors();
        let first = (layer * self.size.kv_heads + kv_head) * 2 * vectors;
        self.halves[first..][..2 * vectors].split_at(vectors)
    }

    /// The same, to write to.
    pub(crate) fn head_mut(
        &mut self,
        layer: usize,
        kv_head: usize,
    ) -> (&mut [Halves], &mut [Halves]) {
        let vectors = self.size.head_vectors();
        let first = (layer * self.size.kv_heads + kv_head) * 2 * vectors;
        self.halves[first..][..2 * vectors].split_at_mut(vectors)
    }
}

impl PageSize {
    /// What a page of a transformer holds.
    pub(crate) fn of(shape: &Hyperparameters) -> Self {
        let Hyperparameters { layers, kv_heads, head_width, .. } = *shape;
        Self { layers, kv_heads, head_width }
    }

    /// Vectors of a head's keys in a page, and of its values.
    fn head_vectors(self) -> usize {
        PAGE_VECTORS * self.head_width
    }

    /// Bytes of a page.
    pub(crate) fn bytes(self) -> usize {
        self.layers * self.kv_heads * 2 * self.head_vectors() * size_of::<Halves>()
    }
}
