//! Adapters loaded and freed while contexts live: what llama-cpp-2's safe API
//! does not offer.
//!
//! Its `lora_adapter_init` wants `&mut LlamaModel`, which no caller has while a
//! context borrows the model, and nothing frees an adapter before its model.
//! llama.cpp itself allows both: loading and freeing change the model's set of
//! adapters, which contexts read only while they build a graph, that is within
//! a call on a context. An engine makes all its calls on one thread, so no such
//! call runs meanwhile.

use std::ffi::CString;
use std::path::Path;
use std::ptr::NonNull;

use llama_cpp_2::model::{LlamaLoraAdapter, LlamaModel};
use llama_cpp_sys_2::{
    llama_adapter_lora, llama_adapter_lora_free, llama_adapter_lora_init, llama_model,
};

// The casts below rely on both wrappers being one pointer, as their
// `repr(transparent)` in llama-cpp-2 =0.1.160 says.
const _: () = assert!(size_of::<LlamaModel>() == size_of::<NonNull<llama_model>>());
const _: () = assert!(size_of::<LlamaLoraAdapter>() == size_of::<NonNull<llama_adapter_lora>>());

/// An adapter in memory, freed when dropped.
///
/// It neither is `Send` nor borrows its model mutably: whoever loads it stays
/// on one thread with all contexts of the model.
#[derive(Debug)]
pub(crate) struct Adapter<'model> {
    wrapper: LlamaLoraAdapter,
    _thread_and_model: std::marker::PhantomData<(*const (), &'model LlamaModel)>,
}

impl<'model> Adapter<'model> {
    /// Loads the adapter at `path`; `None` where llama.cpp refuses it, with the
    /// reason in its log.
    ///
    /// Must be called on the thread that makes all calls on `model` and its
    /// contexts.
    pub(crate) fn load(model: &'model LlamaModel, path: &Path) -> Option<Self> {
        let path = CString::new(path.to_str()?).ok()?;
        // SAFETY: `LlamaModel` is `repr(transparent)` over a non-null pointer to
        // the model, so reading a pointer from its place yields that pointer.
        let model = unsafe { std::ptr::from_ref(model).cast::<NonNull<llama_model>>().read() };
        // SAFETY: the model lives for `'model`, the path ends in a zero byte,
        // and no other call on the model runs (see the module's comment).
        let adapter = unsafe { llama_adapter_lora_init(model.as_ptr(), path.as_ptr()) };
        let adapter = NonNull::new(adapter)?;
        // SAFETY: `LlamaLoraAdapter` is `repr(transparent)` over a non-null
        // pointer to an adapter and has no `Drop`; the sizes are equal.
        let wrapper =
            unsafe { std::mem::transmute_copy::<NonNull<llama_adapter_lora>, _>(&adapter) };
        Some(Self { wrapper, _thread_and_model: std::marker::PhantomData })
    }

    /// What a context attaches. The context must be dropped before the adapter.
    pub(crate) fn wrapper(&mut self) -> &mut LlamaLoraAdapter {
        &mut self.wrapper
    }
}

impl Drop for Adapter<'_> {
    fn drop(&mut self) {
        // SAFETY: as in `load`, the wrapper's place holds the pointer.
        let adapter = unsafe {
            std::ptr::from_ref(&self.wrapper).cast::<NonNull<llama_adapter_lora>>().read()
        };
        // SAFETY: the adapter came from `llama_adapter_lora_init`, is freed once,
        // before its model, which outlives `self`, and after every context that
        // it was attached to: `Role` declares its context before its adapter.
        unsafe { llama_adapter_lora_free(adapter.as_ptr()) };
    }
}
