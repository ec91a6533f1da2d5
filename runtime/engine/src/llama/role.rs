//! A context of llama.cpp with its adapter and its requests.

use std::sync::Arc;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::{KvCacheType, LlamaContextParams};
use llama_cpp_sys_2::{LLAMA_FLASH_ATTN_TYPE_AUTO, LLAMA_FLASH_ATTN_TYPE_DISABLED};
use runtime_core::model::ModelError;

use super::backend::backend;
use super::config::{CacheType, LlamaConfig};
use super::context::Context;
use super::grammar::GrammarGuide;
use super::raw::{RawAdapter, RawModel};
use super::state;
use crate::error::EngineError;
use crate::guide::Guide;
use crate::prepared::{PreparedGuide, PreparedRequest};
use crate::queue::{Queue, QueueSettings};
use crate::reply::{ReplySender, TicketMessage};
use crate::shared::ModelFile;
use crate::worker::{AdapterRole, CheckedAdapter, ScoreJob};
use models::held::HeldFile;
use models::vocabulary::Vocabulary;

/// llama.cpp under one adapter. Its context is created at the first request.
pub(crate) struct LlamaRole<'model> {
    // Before the adapter, since fields are dropped in this order.
    queue: Option<Queue<Context<'model>>>,
    /// A second context for hidden states: a context returns either them or logits.
    states: Option<LlamaContext<'model>>,
    adapter: Option<(RawAdapter<'model>, CheckedAdapter)>,
    model: &'model RawModel,
    config: Arc<LlamaConfig>,
    vocabulary: Arc<Vocabulary>,
    file: Arc<HeldFile>,
}

impl<'model> LlamaRole<'model> {
    /// Loads the adapter, if any, without creating a context.
    pub(crate) fn open(
        model: &'model RawModel,
        config: Arc<LlamaConfig>,
        from: ModelFile,
        adapter: Option<CheckedAdapter>,
    ) -> Result<Self, EngineError> {
        let adapter = adapter
            .map(|checked| match RawAdapter::load(model, &checked.file.place()) {
                Some(adapter) => Ok((adapter, checked)),
                None => Err(EngineError::Adapter {
                    path: checked.file.path().to_owned(),
                    reason: "llama.cpp refused it; its log says why".to_owned(),
                }),
            })
            .transpose()?;
        let ModelFile { vocabulary, file } = from;
        Ok(Self { queue: None, states: None, adapter, model, config, vocabulary, file })
    }

    /// The queue of the context, which is created if there is none.
    fn queue(&mut self) -> Result<&mut Queue<Context<'model>>, ModelError> {
        if self.queue.is_none() {
            let llama = self.new_llama(params(&self.config))?;
            let cache = Context::new(llama, &self.config);
            self.queue = Some(Queue::new(cache, self.queue_settings()));
        }
        self.queue.as_mut().ok_or_else(|| ModelError::Engine("no context".to_owned()))
    }

    fn queue_settings(&self) -> QueueSettings {
        QueueSettings {
            vocabulary: Arc::clone(&self.vocabulary),
            adapter_sha256: self.adapter_file().map(|file| file.sha256.clone()),
            context_tokens: self.config.context_tokens.get(),
            live_max: self.config.live_max(),
            batch_tokens: self.config.micro_batch.get(),
            deterministic: self.config.deterministic,
            file: Some(Arc::clone(&self.file)),
        }
    }

    fn guide(&self, prepared: PreparedGuide) -> Result<Box<dyn Guide>, ModelError> {
        Ok(match prepared {
            PreparedGuide::Ready(guide) => guide,
            PreparedGuide::Grammar(text) => {
                Box::new(GrammarGuide::new(self.model.get(), Arc::clone(&self.vocabulary), &text)?)
            }
        })
    }

    /// A new context of llama.cpp with the adapter.
    #[tracing::instrument(skip_all, fields(adapter = self.adapter_file().map(|file| &file.sha256)))]
    fn new_llama(
        &mut self,
        params: LlamaContextParams,
    ) -> Result<LlamaContext<'model>, ModelError> {
        let failed = |error: String| ModelError::Engine(format!("no context: {error}"));
        let mut llama = self
            .model
            .get()
            .new_context(backend(), params)
            .map_err(|error| failed(error.to_string()))?;
        if let Some((adapter, file)) = &mut self.adapter {
            llama
                .lora_adapter_set(adapter.wrapper(), file.scale)
                .map_err(|error| failed(error.to_string()))?;
        }
        Ok(llama)
    }
}

impl AdapterRole for LlamaRole<'_> {
    fn adapter_file(&self) -> Option<&CheckedAdapter> {
        self.adapter.as_ref().map(|(_, file)| file)
    }

    fn is_busy(&self) -> bool {
        self.queue.as_ref().is_some_and(Queue::is_busy)
    }

    fn submit(&mut self, PreparedRequest { question, guide }: PreparedRequest, reply: ReplySender) {
        let guide = self.guide(guide);
        match guide.and_then(|guide| Ok((guide, self.queue()?))) {
            Ok((guide, queue)) => queue.submit(question, guide, reply),
            Err(error) => reply.send(TicketMessage::Done(Err(error))),
        }
    }

    fn submit_score(&mut self, job: ScoreJob) {
        match self.queue() {
            Ok(queue) => queue.submit_score(job),
            Err(error) => {
                // The caller may no longer wait for it.
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
        if let Some(queue) = &mut self.queue {
            queue.step();
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
