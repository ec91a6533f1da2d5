//! What a weights file must be: GGUF, manifests, tokenizer, chat template, adapters.
