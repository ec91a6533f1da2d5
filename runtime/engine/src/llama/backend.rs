//! llama.cpp itself, once a process.

use std::sync::LazyLock;

use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::{LogOptions, send_logs_to_tracing};

/// llama.cpp, made ready once a process. Its log goes to `tracing`.
pub(crate) fn backend() -> &'static LlamaBackend {
    static BACKEND: LazyLock<LlamaBackend> = LazyLock::new(|| {
        send_logs_to_tracing(LogOptions::default());
        #[cfg(feature = "llama-dynamic")]
        super::kernels::load();
        // Where something else in this process has made it ready, the proof is
        // all that is missing.
        LlamaBackend::init().unwrap_or_else(|_| LlamaBackend {})
    });
    &BACKEND
}
