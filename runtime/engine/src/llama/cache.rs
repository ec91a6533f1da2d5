//! Applies edits of the sequence table to llama.cpp's cache.

use llama_cpp_2::context::LlamaContext;

use super::sequences::Edit;

/// Applies one edit.
///
/// # Panics
///
/// If a position does not fit: a context has fewer than 2^31 cells.
pub(crate) fn edit(llama: &mut LlamaContext<'_>, edit: Edit) {
    let carried_out = match edit {
        Edit::Remove { slot, from } => {
            llama.kv_cache_seq_rm(number(slot), Some(position(from)), None)
        }
        Edit::Share { from, to, tokens } => {
            llama.kv_cache_seq_cp(number(from), number(to), Some(0), Some(position(tokens)))
        }
    };
    carried_out.expect("positions fit, and an attention cache can remove any of them");
}

/// A sequence or position as llama.cpp's integer type.
///
/// # Panics
///
/// If the number does not fit: a context has fewer than 2^31 cells.
pub(crate) fn number(count: usize) -> i32 {
    i32::try_from(count).expect("a context has fewer than 2^31 cells")
}

fn position(count: usize) -> u32 {
    u32::try_from(count).expect("a context has fewer than 2^31 cells")
}
