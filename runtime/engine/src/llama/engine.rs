//! Loading a model, and the handles to it.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, LazyLock, OnceLock};
use std::thread::JoinHandle;

use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::{LogOptions, send_logs_to_tracing};
use models::adapter::Adapter;
use models::checksum::sha256_file;
use models::gguf::Gguf;

use super::config::LlamaConfig;
use super::error::LlamaError;
use super::handle::LlamaHandle;
use super::prepared::Preparation;
use super::raw::Model;
use super::role::AdapterFile;
use super::worker::{Command, Worker};
use crate::prompt::{Vocabulary, with_sources};
use crate::schema::Schemas;

/// Commands that may wait for the worker; who sends more waits.
const COMMANDS_MAX: usize = 1024;

/// A loaded model. Actor and retrospective on one file are two handles to it.
///
/// The weights are freed when the engine and all its handles are gone.
#[derive(Clone)]
pub struct LlamaEngine {
    shared: Arc<Shared>,
}

/// What the engine and its handles have in common.
pub(crate) struct Shared {
    /// What the model was loaded with.
    pub(crate) config: Arc<LlamaConfig>,
    /// What prepares requests.
    pub(crate) preparation: Preparation,
    file_sha256: OnceLock<String>,
    worker: WorkerThread,
}

impl LlamaEngine {
    /// Checks and loads a model.
    #[tracing::instrument(skip_all, fields(path = %config.path.display()))]
    pub fn load(config: &LlamaConfig) -> Result<Self, LlamaError> {
        let gguf = Gguf::open(&config.path)?;
        let vocabulary = Vocabulary::from_gguf(&gguf)
            .map_err(|reason| LlamaError::Vocabulary { path: config.path.clone(), reason })?;
        drop(gguf);
        let vocabulary = Arc::new(vocabulary);
        let config = Arc::new(config.clone());
        let worker = WorkerThread::start(Arc::clone(&config), Arc::clone(&vocabulary))?;
        let schemas = Schemas::new(Arc::clone(&vocabulary));
        let context_tokens = config.context_tokens.get();
        let preparation = Preparation { vocabulary, schemas, context_tokens };
        let file_sha256 = OnceLock::new();
        Ok(Self { shared: Arc::new(Shared { config, preparation, file_sha256, worker }) })
    }

    /// A handle to the model, bare or with an adapter multiplied by a scale.
    ///
    /// Handles with the same adapter and scale share a context. The context is
    /// made with the first request, and freed, with its adapter, when its last
    /// handle is dropped.
    pub fn role(&self, adapter: Option<(&Path, f32)>) -> Result<LlamaHandle, LlamaError> {
        let adapter = adapter.map(|(path, scale)| self.check_adapter(path, scale)).transpose()?;
        let adapter_sha256 = adapter.as_ref().map(|file| file.sha256.clone());
        let (reply, answer) = sync_channel(1);
        self.shared.send(Command::Open { adapter, reply })?;
        let role = answer.recv().map_err(|_| LlamaError::Stopped)??;
        Ok(LlamaHandle::new(Arc::clone(&self.shared), role, adapter_sha256))
    }

    /// Refuses what was made for another model, before llama.cpp sees it.
    fn check_adapter(&self, path: &Path, scale: f32) -> Result<AdapterFile, LlamaError> {
        let refused = |reason: String| LlamaError::Adapter { path: path.to_owned(), reason };
        if !scale.is_finite() {
            return Err(refused(format!("its scale is {scale}")));
        }
        let fits = |adapter: &Adapter| {
            let base = Gguf::open(&self.shared.config.path)?;
            let sha256 = adapter.base_sha256.as_ref().map(|_| self.shared.file_sha256());
            adapter.check_base(&base, sha256)
        };
        let checked = Adapter::open(path).and_then(|adapter| fits(&adapter));
        checked.map_err(|error| refused(with_sources(&error)))?;
        let sha256 = sha256_file(path)?;
        Ok(AdapterFile { path: path.to_owned(), scale, sha256 })
    }
}

impl Shared {
    /// Sends a command to the worker.
    pub(crate) fn send(&self, command: Command) -> Result<(), LlamaError> {
        let commands = self.worker.commands.as_ref().ok_or(LlamaError::Stopped)?;
        commands.send(command).map_err(|_| LlamaError::Stopped)
    }

    /// sha256 of the model's file; empty where it can no longer be read.
    pub(crate) fn file_sha256(&self) -> &str {
        self.file_sha256.get_or_init(|| sha256_file(&self.config.path).unwrap_or_default())
    }
}

/// The worker and the way to it; stopped and joined when dropped.
struct WorkerThread {
    commands: Option<SyncSender<Command>>,
    thread: Option<JoinHandle<()>>,
}

impl WorkerThread {
    fn start(config: Arc<LlamaConfig>, vocabulary: Arc<Vocabulary>) -> Result<Self, LlamaError> {
        let (commands, inbox) = sync_channel(COMMANDS_MAX);
        let (loaded, answer) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("llama".to_owned())
            .spawn(move || work(&config, &vocabulary, &loaded, &inbox))?;
        answer.recv().map_err(|_| LlamaError::Stopped)??;
        Ok(Self { commands: Some(commands), thread: Some(thread) })
    }
}

impl Drop for WorkerThread {
    fn drop(&mut self) {
        drop(self.commands.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the worker has been reported where it happened.
            let _ = thread.join();
        }
    }
}

fn work(
    config: &Arc<LlamaConfig>,
    vocabulary: &Arc<Vocabulary>,
    loaded: &SyncSender<Result<(), LlamaError>>,
    inbox: &Receiver<Command>,
) {
    match load(config, vocabulary) {
        Ok(model) => {
            // Whoever loads waits for this.
            let _ = loaded.send(Ok(()));
            Worker::new(&Model::new(model), Arc::clone(config), Arc::clone(vocabulary)).run(inbox);
        }
        Err(error) => {
            let _ = loaded.send(Err(error));
        }
    }
}

fn load(config: &LlamaConfig, vocabulary: &Vocabulary) -> Result<LlamaModel, LlamaError> {
    let path = config.path.clone();
    let model = LlamaModel::load_from_file(backend(), &path, &LlamaModelParams::default())
        .map_err(|error| LlamaError::Load { path: path.clone(), reason: error.to_string() })?;
    if model.is_recurrent() || model.is_hybrid() {
        return Err(LlamaError::Recurrent { path });
    }
    let tokens = usize::try_from(model.n_vocab()).unwrap_or(0);
    if tokens != vocabulary.tokenizer.vocabulary_len() {
        let found = vocabulary.tokenizer.vocabulary_len();
        let reason = format!("it has {tokens} rows of logits for {found} tokens");
        return Err(LlamaError::Load { path, reason });
    }
    config.check(model.n_ctx_train())?;
    Ok(model)
}

/// llama.cpp, made ready once a process. Its log goes to `tracing`.
pub(crate) fn backend() -> &'static LlamaBackend {
    static BACKEND: LazyLock<LlamaBackend> = LazyLock::new(|| {
        send_logs_to_tracing(LogOptions::default());
        // Where something else in this process has made it ready, the proof is
        // all that is missing.
        LlamaBackend::init().unwrap_or_else(|_| LlamaBackend {})
    });
    &BACKEND
}
