//! The state that an engine, its handles and its tickets share: the worker thread.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use models::gguf::{GgufError, SOURCE_KEY};
use models::held::HeldFile;
use models::vocabulary::Vocabulary;

use crate::error::EngineError;
use crate::prepared::Preparation;
use crate::schema::Schemas;
use crate::worker::{RoleId, Weights, Worker, WorkerCommand};

/// Greatest number of commands that wait for the worker; further senders block.
const COMMANDS_MAX: usize = 1024;

/// The state that an engine shares with its handles.
pub(crate) struct EngineState {
    /// The model's file.
    pub(crate) file: Arc<HeldFile>,
    /// Prepares requests.
    pub(crate) preparation: Preparation,
    file_sha256: OnceLock<String>,
    /// SHA-256 of the original model, if the file names it.
    pub(crate) source_sha256: Option<String>,
    worker: WorkerThread,
}

/// What a model is loaded from.
pub(crate) struct ModelFile {
    /// The vocabulary.
    pub(crate) vocabulary: Arc<Vocabulary>,
    /// The file, held open.
    pub(crate) file: Arc<HeldFile>,
}

/// A role that is closed when its last handle and ticket are dropped.
pub(crate) struct OpenRole {
    /// The model.
    pub(crate) shared: Arc<EngineState>,
    /// The role.
    pub(crate) id: RoleId,
}

impl EngineState {
    /// Reads a file's vocabulary, starts the worker thread, and waits until it has loaded
    /// the weights.
    pub(crate) fn start<W: Weights>(
        path: &Path,
        context_tokens: u32,
        load: impl FnOnce(&ModelFile) -> Result<W, EngineError> + Send + 'static,
    ) -> Result<Self, EngineError> {
        let file = Arc::new(
            HeldFile::open(path)
                .map_err(|source| GgufError::Io { file: path.display().to_string(), source })?,
        );
        let gguf = file.gguf()?;
        models::check::head(&gguf)?;
        let vocabulary = Vocabulary::from_gguf(&gguf)
            .map_err(|source| EngineError::Vocabulary { path: path.to_owned(), source })?;
        let source_sha256 = gguf.text(SOURCE_KEY).map(str::to_owned);
        drop(gguf);
        let vocabulary = Arc::new(vocabulary);
        let for_worker = ModelFile { vocabulary: Arc::clone(&vocabulary), file: Arc::clone(&file) };
        let worker = WorkerThread::start(move || load(&for_worker))?;
        file.check()?;
        let schemas = Schemas::new(Arc::clone(&vocabulary));
        let preparation = Preparation { vocabulary, schemas, context_tokens };
        let file_sha256 = OnceLock::new();
        Ok(Self { file, preparation, file_sha256, source_sha256, worker })
    }

    /// Sends a command to the worker.
    pub(crate) fn send(&self, command: WorkerCommand) -> Result<(), EngineError> {
        let commands = self.worker.commands.as_ref().ok_or(EngineError::Stopped)?;
        commands.send(command).map_err(|_| EngineError::Stopped)
    }

    /// Notes the SHA-256 of a file, which must be this one.
    pub(crate) fn note_sha256(&self, file: &HeldFile, sha256: &str) -> Result<(), EngineError> {
        if !self.file.is_same(file) {
            return Err(EngineError::Replaced { path: self.file.path().to_owned() });
        }
        let _ = self.file_sha256.set(sha256.to_owned());
        Ok(())
    }

    /// SHA-256 of the model's file; empty if the file can no longer be read.
    pub(crate) fn file_sha256(&self) -> &str {
        self.file_sha256.get_or_init(|| self.file.sha256().unwrap_or_default())
    }
}

/// The worker thread and its channel; stopped and joined when dropped.
struct WorkerThread {
    commands: Option<SyncSender<WorkerCommand>>,
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
            // A panic of the worker was already reported by its thread.
            let _ = thread.join();
        }
    }
}

fn work<W: Weights>(
    load: impl FnOnce() -> Result<W, EngineError>,
    loaded: &SyncSender<Result<(), EngineError>>,
    inbox: &Receiver<WorkerCommand>,
) {
    // The caller waits for this message.
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

impl Drop for OpenRole {
    fn drop(&mut self) {
        // A worker that has ended has freed everything.
        let _ = self.shared.send(WorkerCommand::Close(self.id));
    }
}
