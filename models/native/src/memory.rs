//! What a transformer takes of memory, before it is loaded.

use models::gguf::Gguf;
use models::hyperparameters::Hyperparameters;

use crate::cache::{PAGE, PageSize};
use crate::kernels::product::Quantized;
use crate::packed::Packed;
use crate::stored::BLOCK;
use crate::transformer;

/// Tokens that the keys and values of a sequence grow by.
pub const PAGE_TOKENS: usize = PAGE;

/// Copies of a row of logits: as vectors, as a row, and what is drawn from.
const LOGITS_COPIES: usize = 4;
/// Rows of a part that attention rounds up by, at most.
const TILE_ROWS: usize = crate::batch::TILE - 1;

/// Bytes of a file's weights in the form of the kernels.
pub fn weight_bytes(gguf: &Gguf) -> usize {
    let head = gguf.tensor(transformer::HEAD).map(|_| transformer::EMBEDDINGS);
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let bytes = gguf.tensors().iter().map(|tensor| match tensor.ne[..] {
        // Embeddings are looked up in the file, unless they are the head as well.
        _ if head == Some(tensor.name.as_str()) => 0,
        [columns, rows] => Packed::bytes_of(tensor.kind, [size(rows), size(columns)]),
        _ => size(tensor.elements()) * size_of::<f32>(),
    });
    bytes.sum()
}

/// Bytes of the keys and values of a sequence of so many tokens.
pub fn cache_bytes(shape: &Hyperparameters, tokens: usize) -> usize {
    tokens.div_ceil(PAGE) * PageSize::of(shape).bytes()
}

/// Bytes of a batch of so many rows while it is computed, of which `logits` have logits.
pub fn batch_bytes(shape: &Hyperparameters, rows: usize, logits: usize) -> usize {
    let (width, queries) = (shape.width, shape.heads * shape.head_width);
    let heads = queries + 2 * shape.kv_heads * shape.head_width;
    // The residual stream, what is normed and what is added to it; gates and what goes up;
    // angles of two kinds; heads, and twice what comes out of attention.
    let numbers = 3 * width + 2 * shape.feed_forward + 2 * shape.head_width + heads + 2 * queries;
    let quantized = width.max(shape.feed_forward).max(queries) / BLOCK * size_of::<Quantized>();
    let of_row = numbers * size_of::<f32>() + quantized;
    let tiles = TILE_ROWS * logits * queries * size_of::<f32>();
    rows * of_row + tiles + logits * LOGITS_COPIES * shape.vocabulary * size_of::<f32>()
}
