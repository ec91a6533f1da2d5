//! Files that are no models, and configurations that do not fit.

use models::tiny::TinyConfig;
use runtime_engine::EngineError;
use runtime_engine::llama::{self, CacheType, LlamaConfig};

use crate::support::{number, tiny_config};

#[test]
fn a_file_that_is_no_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let whole = models::tiny::llama(0);
    let files: [(&str, &[u8]); 3] =
        [("empty", b""), ("text", b"once upon a time"), ("half", &whole[..whole.len() / 2])];

    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let refused = llama::load(&LlamaConfig::new(&path));
        assert!(matches!(refused, Err(EngineError::File(_))), "{name}");
    }
    let missing = llama::load(&LlamaConfig::new(folder.path().join("missing")));
    assert!(matches!(missing, Err(EngineError::File(_))));
}

#[test]
fn numbers_that_do_not_fit_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    models::tiny::write_llama(&path, &TinyConfig::default()).unwrap();
    let load = |change: &dyn Fn(&mut LlamaConfig)| {
        let mut config = tiny_config(&path);
        change(&mut config);
        llama::load(&config).map(|_| ())
    };

    let too_small = load(&|config| config.cache_tokens = number(100));
    let too_large = load(&|config| config.context_tokens = number(5000));
    let too_coarse = load(&|config| {
        config.deterministic = true;
        config.micro_batch = number(63);
    });

    let blocks = load(&|config| config.cache_type = CacheType::Q8_0).unwrap_err().to_string();

    assert!(blocks.contains("heads are 16 values wide"), "{blocks}");
    assert!(matches!(too_small, Err(EngineError::TooSmall { field: "cache_tokens", .. })));
    assert!(matches!(too_large, Err(EngineError::TooLarge { field: "context_tokens", .. })));
    assert!(matches!(too_coarse, Err(EngineError::TooSmall { field: "micro_batch", .. })));
}
