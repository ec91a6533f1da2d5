//! Functions missing from llama-cpp-2's safe API: loading and freeing adapters while contexts
//! live, and llama.cpp's build information.
//!
//! Its `lora_adapter_init` wants `&mut LlamaModel`, which no caller has while a
//! context borrows the model, and nothing frees an adapter before its model.
//! llama.cpp itself allows both: loading and freeing change the model's set of
//! adapters, which contexts read only while they build a graph, that is within
//! a call on a context. [`RawModel`] stays on one thread, and so do the contexts that
//! borrow it, so no such call runs meanwhile.

use std::ffi::{CStr, CString};
use std::marker::PhantomData;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::LazyLock;

use llama_cpp_2::model::{LlamaLoraAdapter, LlamaModel};
use llama_cpp_sys_2::{
    ggml_version, llama_adapter_lora, llama_adapter_lora_free, llama_adapter_lora_init,
    llama_model, llama_print_system_info,
};

// The casts below rely on both wrappers being one pointer, as their
// `repr(transparent)` in llama-cpp-2 =0.1.160 says.
const _: () = assert!(size_of::<LlamaModel>() == size_of::<NonNull<llama_model>>());
const _: () = assert!(size_of::<LlamaLoraAdapter>() == size_of::<NonNull<llama_adapter_lora>>());

/// A model that stays, together with its contexts, on the thread that loaded it.
///
/// The pointer in the marker makes it neither `Send` nor `Sync`.
#[derive(Debug)]
pub(crate) struct RawModel {
    model: LlamaModel,
    _one_thread: PhantomData<*const ()>,
}

impl RawModel {
    /// Ties a model to this thread.
    pub(crate) fn new(model: LlamaModel) -> Self {
        Self { model, _one_thread: PhantomData }
    }

    /// The model of llama-cpp-2.
    pub(crate) fn get(&self) -> &LlamaModel {
        &self.model
    }
}

/// An adapter in memory, freed when dropped.
#[derive(Debug)]
pub(crate) struct RawAdapter<'model> {
    wrapper: LlamaLoraAdapter,
    _model: PhantomData<&'model RawModel>,
}

impl<'model> RawAdapter<'model> {
    /// Loads the adapter at `path`; `None` if llama.cpp refuses it, with the reason in
    /// its log.
    pub(crate) fn load(model: &'model RawModel, path: &Path) -> Option<Self> {
        let path = CString::new(path.to_str()?).ok()?;
        // SAFETY: `LlamaModel` is `repr(transparent)` over a non-null pointer to
        // the model, so reading a pointer from its place yields that pointer.
        let model =
            unsafe { std::ptr::from_ref(model.get()).cast::<NonNull<llama_model>>().read() };
        // SAFETY: the model lives for `'model`, the path ends in a zero byte,
        // and no other call on the model runs (see the module's comment).
        let adapter = unsafe { llama_adapter_lora_init(model.as_ptr(), path.as_ptr()) };
        let adapter = NonNull::new(adapter)?;
        // SAFETY: `LlamaLoraAdapter` is `repr(transparent)` over a non-null
        // pointer to an adapter and has no `Drop`; the sizes are equal.
        let wrapper =
            unsafe { std::mem::transmute_copy::<NonNull<llama_adapter_lora>, _>(&adapter) };
        Some(Self { wrapper, _model: PhantomData })
    }

    /// The adapter of llama-cpp-2 to attach to a context, which must be dropped first.
    pub(crate) fn wrapper(&mut self) -> &mut LlamaLoraAdapter {
        &mut self.wrapper
    }
}

impl Drop for RawAdapter<'_> {
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

/// The version of ggml in this build.
pub(super) fn version() -> String {
    // SAFETY: it returns a string constant.
    let version = unsafe { CStr::from_ptr(ggml_version()) };
    version.to_string_lossy().into_owned()
}

/// The kernels of this build for each device: `CPU : AVX2 = 1 | FMA = 1 | …`.
/// Backends must be loaded.
pub(super) fn system_info() -> &'static str {
    static INFO: LazyLock<String> = LazyLock::new(|| {
        // SAFETY: llama.cpp writes one string of its own anew in each call and returns it; this
        // is the only call in this process, and the string is copied before anything else.
        let info = unsafe { CStr::from_ptr(llama_print_system_info()) };
        info.to_string_lossy().into_owned()
    });
    &INFO
}
