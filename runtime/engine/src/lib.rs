//! Language models on GGUF files.
