//! A context and the adapter it has: what one handle talks to.

use std::sync::Arc;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::{KvCacheType, LlamaContextParams};
use llama_cpp_sys_2::{LLAMA_FLASH_ATTN_TYPE_AUTO, LLAMA_FLASH_ATTN_TYPE_DISABLED};
use runtime_core::model::ModelError;

use super::config::{CacheType, LlamaConfig};
use super::context::Context;
use super::raw::{Adapter, Model};
use super::state;
use crate::error::EngineError;
use crate::prepared::{Prepared, Reply};
use crate::ticket::Event;
use crate::worker::{AdapterFile, Role, ScoreJob};
use models::vocabulary::Vocabulary;

/// What one handle talks to: at most one context, made when it is first needed.
pub(crate) struct LlamaRole<'model> {
    // Before the adapter, since fields are dropped in this order.
    context: Option<Context<'model>>,
    /// A context of its own for hidden states: llama.cpp gives them or logits.
    states: Option<LlamaContext<'model>>,
    adapter: Option<(Adapter<'model>, AdapterFile)>,
    model: &'model Model,
    config: Arc<LlamaConfig>,
    vocabulary: Arc<Vocabulary>,
}

impl<'model> LlamaRole<'model> {
    /// Loads the adapter, if any; makes no context yet.
    pub(crate) fn open(
        model: &'model Model,
        config: Arc<LlamaConfig>,
        vocabulary: Arc<Vocabulary>,
        adapter: Option<AdapterFile>,
    ) -> Result<Self, EngineError> {
        let adapter = adapter
            .map(|file| match Adapter::load(model, &file.path) {
                Some(adapter) => Ok((adapter, file)),
                None => Err(EngineError::Adapter {
                    path: file.path,
                    reason: "llama.cpp refused it; its log says why".to_owned(),
                }),
            })
            .transpose()?;
        Ok(Self { context: None, states: None, adapter, model, config, vocabulary })
    }

    /// The context; made now if there is none.
    fn context(&mut self) -> Result<&mut Context<'model>, ModelError> {
        if self.context.is_none() {
            self.context = Some(self.new_context()?);
        }
        self.context.as_mut().ok_or_else(|| ModelError::Engine("no context".to_owned()))
    }

    /// llama.cpp's context, under the adapter.
    #[tracing::instrument(skip_all, fields(adapter = self.adapter_file().map(|file| &file.sha256)))]
    fn new_llama(
        &mut self,
        params: LlamaContextParams,
    ) -> Result<LlamaContext<'model>, ModelError> {
        let failed = |error: String| ModelError::Engine(format!("no context: {error}"));
        let backend = super::engine::backend();
        let mut llama = self
            .model
            .get()
            .new_context(backend, params)
            .map_err(|error| failed(error.to_string()))?;
        if let Some((adapter, file)) = &mut self.adapter {
            llama
                .lora_adapter_set(adapter.wrapper(), file.scale)
                .map_err(|error| failed(error.to_string()))?;
        }
        Ok(llama)
    }

    fn new_context(&mut self) -> Result<Context<'model>, ModelError> {
        let llama = self.new_llama(params(&self.config))?;
        let sha256 = self.adapter_file().map(|file| file.sha256.clone());
        let (config, vocabulary) = (Arc::clone(&self.config), Arc::clone(&self.vocabulary));
        Ok(Context::new(llama, self.model.get(), config, vocabulary, sha256))
    }
}

impl Role for LlamaRole<'_> {
    fn adapter_file(&self) -> Option<&AdapterFile> {
        self.adapter.as_ref().map(|(_, file)| file)
    }

    fn is_busy(&self) -> bool {
        self.context.as_ref().is_some_and(|context| !context.is_idle())
    }

    fn submit(&mut self, prepared: Prepared, reply: Reply) {
        match self.context() {
            Ok(context) => context.submit(prepared, reply),
            Err(error) => reply.send(Event::Done(Err(error))),
        }
    }

    fn submit_score(&mut self, job: ScoreJob) {
        match self.context() {
            Ok(context) => context.submit_score(job),
            Err(error) => {
                // Who asked may have gone.
                let _ = job.reply.send(Err(error));
            }
        }
    }

    fn state(&mut self, ids: &[u32]) -> Result<Vec<f32>, ModelError> {
        if self.states.is_none() {
            self.states = Some(self.new_llama(state::params(params(&self.config), &self.config))?);
        }
        let states = self.states.as_mut();
        let states = states.ok_or_else(|| ModelError::Engine("no context".to_owned()))?;
        state::last(states, ids, &self.config)
    }

    fn step(&mut self) {
        if let Some(context) = &mut self.context {
            context.step();
        }
    }
}

fn params(config: &LlamaConfig) -> LlamaContextParams {
    let threads = i32::try_from(config.threads.get()).unwrap_or(i32::MAX);
    let cache_type = match config.cache_type {
        CacheType::F32 => KvCacheType::F32,
        CacheType::F16 => KvCacheType::F16,
        CacheType::Q8_0 => KvCacheType::Q8_0,
    };
    // llama.cpp's flash attention rounds to half precision, whatever the cache
    // holds, and skips the cells of other sequences, which the plain one computes.
    let flash_attention = match config.cache_type {
        CacheType::F32 => LLAMA_FLASH_ATTN_TYPE_DISABLED,
        CacheType::F16 | CacheType::Q8_0 => LLAMA_FLASH_ATTN_TYPE_AUTO,
    };
    LlamaContextParams::default()
        .with_n_ctx(Some(config.cache_tokens))
        .with_n_batch(config.micro_batch.get())
        .with_n_ubatch(config.micro_batch.get())
        .with_n_seq_max(config.slots())
        .with_kv_unified(true)
        .with_swa_full(true)
        .with_n_threads(threads)
        .with_n_threads_batch(threads)
        .with_type_k(cache_type)
        .with_type_v(cache_type)
        .with_no_perf(true)
        .with_flash_attention_policy(flash_attention)
}
