//! Checks whether a model fits into a board's memory budget, before it is loaded.

use std::path::Path;

use anyhow::bail;
use models::gguf::Gguf;
use models::manifest::Manifest;
use runtime_engine::llama::{CacheType, LlamaConfig, MemoryEstimate, check_cache};

use super::{MemoryPart, llama};
use crate::board::Board;
use crate::loading::Loading;

/// Least useful context length: an episode needs more.
const CONTEXT_TOKENS_MIN: u32 = 512;

/// The bytes that a part of a model takes beside `taken` others; refused where the
/// board does not give them.
pub(super) fn reserve(
    path: &Path,
    loading: &Loading,
    part: MemoryPart,
    taken: u64,
) -> anyhow::Result<u64> {
    let Some(board) = &loading.board else { return Ok(0) };
    let gguf = Gguf::open(path)?;
    let config = llama::config(path, loading);
    let memory = MemoryEstimate::estimate(&gguf, &config)?;
    let left = board.memory_bytes().saturating_sub(taken);
    let needed = of_part(memory, part);
    if needed <= left {
        return Ok(needed);
    }
    bail!(
        "{} does not fit the board: it takes {} ({}), {} are left of {}; {}",
        path.display(),
        mb(needed),
        told(memory, part),
        mb(left),
        mb(board.memory_bytes()),
        what_fits(&gguf, &config, part, left)
    );
}

/// The memory of a model with one context on a board, in bytes.
pub fn on_board(path: &Path, board: &Board) -> anyhow::Result<u64> {
    let loading = Loading::on_board(board.clone());
    let config = llama::config(path, &loading);
    Ok(MemoryEstimate::estimate(&Gguf::open(path)?, &config)?.total())
}

/// The memory of a listed model with one context of the default length, in bytes.
pub(super) fn of_listed(manifest: &Manifest) -> u64 {
    let config = LlamaConfig::new(Path::new(&manifest.file));
    MemoryEstimate::of(&manifest.shape, manifest.bytes, &config).total()
}

fn of_part(memory: MemoryEstimate, part: MemoryPart) -> u64 {
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
fn what_fits(gguf: &Gguf, config: &LlamaConfig, part: MemoryPart, left: u64) -> String {
    let fits = |config: &LlamaConfig| {
        MemoryEstimate::estimate(gguf, config).is_ok_and(|memory| of_part(memory, part) <= left)
    };
    let parallel = config.cache_tokens.get() / config.context_tokens.get();
    let mut smaller = config.clone();
    smaller.cache_tokens = smaller.context_tokens;
    smaller.sequences_max = std::num::NonZeroU32::MIN;
    let mut how = "--parallel 1".to_owned();
    if parallel > 1 && fits(&smaller) {
        return format!("{how} would fit");
    }
    let quantized = CacheType::Q8_0;
    if smaller.cache_type != quantized && check_cache(gguf, quantized).is_ok() {
        smaller.cache_type = quantized;
        how += " and cache = \"q8_0\" in the board's file";
        if fits(&smaller) {
            return format!("{how} would fit");
        }
    }
    while smaller.context_tokens.get() / 2 >= CONTEXT_TOKENS_MIN {
        let half = smaller.context_tokens.get() / 2;
        let Ok(half) = half.try_into() else { break };
        (smaller.context_tokens, smaller.cache_tokens) = (half, half);
        if fits(&smaller) {
            return format!("{how} and --context {half} would fit");
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

    fn board(memory_mib: u32, context_tokens: u32) -> Board {
        let text = format!(
            "about = \"a test\"\nmemory_mib = {memory_mib}\nengine = \"llama\"\nthreads = 1\n\
             parallel = 2\ncontext_tokens = {context_tokens}\nmicro_batch = 64\ncache = \"f16\"\n"
        );
        toml::from_str(&text).unwrap()
    }

    fn tiny() -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), models::tiny::llama(0)).unwrap();
        file
    }

    #[test]
    fn what_fits_is_reserved() {
        let (file, board) = (tiny(), board(512, 256));
        let loading = Loading::on_board(board.clone());

        let model = reserve(file.path(), &loading, MemoryPart::Model, 0).unwrap();
        let adapter = reserve(file.path(), &loading, MemoryPart::Adapter, model).unwrap();

        assert_eq!(model, on_board(file.path(), &board).unwrap());
        assert!(0 < adapter && adapter < model);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_numbers_and_what_would() {
        let (file, loading) = (tiny(), Loading::on_board(board(48, 65_536)));

        let message = reserve(file.path(), &loading, MemoryPart::Model, 0).unwrap_err().to_string();

        assert!(message.contains("does not fit the board"), "{message}");
        assert!(message.contains("left of 50 MB"), "{message}");
        // Its heads are 16 wide, and do not fill the blocks of a cache of q8_0.
        assert!(!message.contains("q8_0") && message.ends_with("would fit"), "{message}");
    }

    #[test]
    fn what_is_taken_is_not_given_twice() {
        let (file, loading) = (tiny(), Loading::on_board(board(64, 256)));

        let message =
            reserve(file.path(), &loading, MemoryPart::Model, 60 << 20).unwrap_err().to_string();

        assert!(message.contains("smaller model"), "{message}");
    }
}
