//! A loaded model, whatever computes it, and the handles to it.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use models::adapter::Adapter;
use models::checksum::sha256_file;
use models::gguf::Gguf;
use models::vocabulary::Vocabulary;
use runtime_core::error::with_sources;

use crate::error::EngineError;
use crate::handle::Handle;
use crate::prepared::Preparation;
use crate::schema::Schemas;
use crate::worker::{AdapterFile, Command, Weights, Worker};

/// Commands that may wait for the worker; who sends more waits.
const COMMANDS_MAX: usize = 1024;

/// A loaded model. Actor and retrospective on one file are two handles to it.
///
/// The weights are freed when the engine and all its handles are gone.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

/// What the engine and its handles have in common.
pub(crate) struct Shared {
    /// The model's file.
    pub(crate) path: PathBuf,
    /// What prepares requests.
    pub(crate) preparation: Preparation,
    file_sha256: OnceLock<String>,
    worker: WorkerThread,
}

impl Engine {
    /// Reads a file's vocabulary and starts a thread that loads its weights and
    /// computes with them; waits until they are loaded.
    pub(crate) fn start<W: Weights>(
        path: &Path,
        context_tokens: u32,
        load: impl FnOnce(&Arc<Vocabulary>) -> Result<W, EngineError> + Send + 'static,
    ) -> Result<Self, EngineError> {
        let gguf = Gguf::open(path)?;
        let vocabulary = Vocabulary::from_gguf(&gguf)
            .map_err(|source| EngineError::Vocabulary { path: path.to_owned(), source })?;
        drop(gguf);
        let vocabulary = Arc::new(vocabulary);
        let for_worker = Arc::clone(&vocabulary);
        let worker = WorkerThread::start(move || load(&for_worker))?;
        let schemas = Schemas::new(Arc::clone(&vocabulary));
        let preparation = Preparation { vocabulary, schemas, context_tokens };
        let file_sha256 = OnceLock::new();
        Ok(Self {
            shared: Arc::new(Shared { path: path.into(), preparation, file_sha256, worker }),
        })
    }

    /// A handle to the model, bare or with an adapter multiplied by a scale.
    ///
    /// Handles with the same adapter and scale share a cache. The cache is made
    /// with the first request, and freed, with its adapter, when its last handle is
    /// dropped.
    pub fn role(&self, adapter: Option<(&Path, f32)>) -> Result<Handle, EngineError> {
        let adapter = adapter.map(|(path, scale)| self.check_adapter(path, scale)).transpose()?;
        let adapter_sha256 = adapter.as_ref().map(|file| file.sha256.clone());
        let (reply, answer) = sync_channel(1);
        self.shared.send(Command::Open { adapter, reply })?;
        let role = answer.recv().map_err(|_| EngineError::Stopped)??;
        Ok(Handle::new(Arc::clone(&self.shared), role, adapter_sha256))
    }

    /// Refuses what was made for another model, before the engine sees it.
    fn check_adapter(&self, path: &Path, scale: f32) -> Result<AdapterFile, EngineError> {
        let refused = |reason: String| EngineError::Adapter { path: path.to_owned(), reason };
        if !scale.is_finite() {
            return Err(refused(format!("its scale is {scale}")));
        }
        let fits = |adapter: &Adapter| {
            let base = Gguf::open(&self.shared.path)?;
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
    pub(crate) fn send(&self, command: Command) -> Result<(), EngineError> {
        let commands = self.worker.commands.as_ref().ok_or(EngineError::Stopped)?;
        commands.send(command).map_err(|_| EngineError::Stopped)
    }

    /// sha256 of the model's file; empty where it can no longer be read.
    pub(crate) fn file_sha256(&self) -> &str {
        self.file_sha256.get_or_init(|| sha256_file(&self.path).unwrap_or_default())
    }
}

/// The worker and the way to it; stopped and joined when dropped.
struct WorkerThread {
    commands: Option<SyncSender<Command>>,
    thread: Option<JoinHandle<()>>,
}

impl WorkerThread {
    fn start<W: Weights>(
        load: impl FnOnce() -> Result<W, EngineError> + Send + 'static,
    ) -> Result<Self, EngineError> {
        let (commands, inbox) = sync_channel(COMMANDS_MAX);
        let (loaded, answer) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || work(load, &loaded, &inbox))?;
        answer.recv().map_err(|_| EngineError::Stopped)??;
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

fn work<W: Weights>(
    load: impl FnOnce() -> Result<W, EngineError>,
    loaded: &SyncSender<Result<(), EngineError>>,
    inbox: &Receiver<Command>,
) {
    // Whoever loads waits for what is sent.
    match load() {
        Ok(weights) => {
            let _ = loaded.send(Ok(()));
            Worker::new(&weights).run(inbox);
        }
        Err(error) => {
            let _ = loaded.send(Err(error));
        }
    }
}
