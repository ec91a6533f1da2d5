//! Checks whether a model fits into a board's memory budget, before it is loaded.

use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::path::Path;

use anyhow::bail;
use models::gguf::Gguf;
use runtime_engine::MemoryEstimate;

use super::{Estimate, MemoryPart};
use crate::board::{Board, CacheFormat};
use crate::loading::Loading;

/// Least useful context length: an episode needs more.
const CONTEXT_TOKENS_MIN: u32 = 512;

/// The bytes that a part of a model takes beside `taken` others; refused where the
/// board does not give them.
pub(super) fn reserve(
    estimate: Estimate,
    path: &Path,
    loading: &Loading,
    part: MemoryPart,
    taken: u64,
) -> anyhow::Result<u64> {
    let Some(board) = &loading.board else { return Ok(0) };
    let gguf = Gguf::open(path)?;
    let memory = estimate(&gguf, path, loading)?;
    let left = board.memory_bytes().saturating_sub(taken);
    let needed = of_part(memory, part);
    if needed <= left {
        return Ok(needed);
    }
    let fits = |smaller: &Loading| {
        estimate(&gguf, path, smaller).is_ok_and(|memory| of_part(memory, part) <= left)
    };
    bail!(
        "{} does not fit the board: it takes {} ({}), {} are left of {}; {}",
        path.display(),
        mb(needed),
        told(memory, part),
        mb(left),
        mb(board.memory_bytes()),
        what_fits(loading, board, fits)
    );
}

pub(super) fn of_part(memory: MemoryEstimate, part: MemoryPart) -> u64 {
    match part {
        MemoryPart::Model => memory.total(),
        MemoryPart::Adapter => memory.context(),
    }
}

fn told(memory: MemoryEstimate, part: MemoryPart) -> String {
    let context = format!("cache {}, compute {}", mb(memory.cache), mb(memory.compute));
    match part {
        MemoryPart::Model => {
            format!("weights {}, {context}, the rest {}", mb(memory.weights), mb(memory.rest))
        }
        MemoryPart::Adapter => format!("a context for its adapter: {context}"),
    }
}

/// A message with the first smaller setting that fits.
fn what_fits(loading: &Loading, board: &Board, fits: impl Fn(&Loading) -> bool) -> String {
    let mut smaller = Loading { parallel: NonZeroU32::MIN, ..loading.clone() };
    let mut how = "--parallel 1".to_owned();
    if loading.parallel > smaller.parallel && fits(&smaller) {
        return format!("{how} would fit");
    }
    // An engine that stores nothing in this form refuses it, or takes as much as before.
    let mut in_bytes = board.clone();
    in_bytes.cache = CacheFormat::Q8_0;
    let quantized = Loading { board: Some(in_bytes), ..smaller.clone() };
    if board.cache != CacheFormat::Q8_0 && fits(&quantized) && !fits(&smaller) {
        return format!("{how} and cache = \"q8_0\" in the board's file would fit");
    }
    while smaller.context_tokens.get() / 2 >= CONTEXT_TOKENS_MIN {
        let Ok(half) = (smaller.context_tokens.get() / 2).try_into() else { break };
        smaller.context_tokens = half;
        if fits(&smaller) {
            let _ = write!(how, " and --context {half}");
            return format!("{how} would fit");
        }
    }
    "no context fits: take a smaller quantization or a smaller model".to_owned()
}

/// Bytes as text in MB.
fn mb(bytes: u64) -> String {
    format!("{:.0} MB", bytes as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines;

    fn board(engine: &str, memory_mib: u32, context_tokens: u32) -> Board {
        let text = format!(
            "about = \"a test\"\nmemory_mib = {memory_mib}\nengine = \"{engine}\"\nthreads = 1\n\
             parallel = 2\ncontext_tokens = {context_tokens}\nmicro_batch = 64\ncache = \"f16\"\n"
        );
        toml::from_str(&text).unwrap()
    }

    fn tiny() -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), models::tiny::llama(0)).unwrap();
        file
    }

    const ENGINES: [&str; 2] = ["llama", "native"];

    fn reserved(board: Board, part: MemoryPart, taken: u64) -> anyhow::Result<u64> {
        engines::reserve(tiny().path(), &Loading::on_board(board), part, taken)
    }

    #[test]
    fn what_fits_is_reserved() {
        for engine in ENGINES {
            let board = board(engine, 512, 256);

            let model = reserved(board.clone(), MemoryPart::Model, 0).unwrap();
            let adapter = reserved(board.clone(), MemoryPart::Adapter, model).unwrap();

            assert_eq!(model, engines::on_board(tiny().path(), &board).unwrap());
            assert!(0 < adapter && adapter < model, "{engine}: {adapter} of {model}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_numbers_and_what_would() {
        for engine in ENGINES {
            let board = board(engine, 48, 65_536);

            let message = reserved(board, MemoryPart::Model, 0).unwrap_err().to_string();

            assert!(message.contains("does not fit the board"), "{message}");
            assert!(message.contains("left of 50 MB"), "{message}");
            // Its heads are 16 wide, and do not fill the blocks of a cache of q8_0.
            assert!(!message.contains("q8_0") && message.ends_with("would fit"), "{message}");
        }
    }

    #[test]
    fn what_is_taken_is_not_given_twice() {
        for engine in ENGINES {
            let taken = reserved(board(engine, 64, 256), MemoryPart::Model, 60 << 20);

            let message = taken.unwrap_err().to_string();
            assert!(message.contains("smaller model"), "{message}");
        }
    }
}
