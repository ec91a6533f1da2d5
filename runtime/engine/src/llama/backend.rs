//! Initialization of llama.cpp, once for each process.

use std::sync::LazyLock;

use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::{LogOptions, send_logs_to_tracing};

/// llama.cpp, initialized at the first call. Its log goes to `tracing`.
pub(crate) fn backend() -> &'static LlamaBackend {
    static BACKEND: LazyLock<LlamaBackend> = LazyLock::new(|| {
        send_logs_to_tracing(LogOptions::default());
        #[cfg(feature = "llama-dynamic")]
        super::kernels::load();
        // An error means that llama.cpp was initialized before in this process; only
        // the token that proves it is missing.
        LlamaBackend::init().unwrap_or_else(|_| LlamaBackend {})
    });
    &BACKEND
}
