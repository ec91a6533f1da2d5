//! A loaded model, independent of the engine, and the handles to it.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use models::adapter::{Adapter, AdapterError};
use models::held::HeldFile;
use runtime_core::error::with_sources;

use crate::error::EngineError;
use crate::handle::Handle;
use crate::shared::{EngineState, ModelFile};
use crate::worker::{CheckedAdapter, Weights, WorkerCommand};

/// A loaded model. An actor and a retrospective with the same file are two handles to it.
///
/// The weights are freed when the engine and all its handles are gone.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<EngineState>,
}

impl Engine {
    /// Starts a thread that loads a file's weights, and waits until they are loaded.
    pub(crate) fn start<W: Weights>(
        path: &Path,
        context_tokens: u32,
        load: impl FnOnce(&ModelFile) -> Result<W, EngineError> + Send + 'static,
    ) -> Result<Self, EngineError> {
        Ok(Self { shared: Arc::new(EngineState::start(path, context_tokens, load)?) })
    }

    /// A handle to the model, without or with an adapter and its scale.
    ///
    /// Handles with the same adapter and scale share a cache. The cache is allocated
    /// at the first request, and freed with its adapter when the last handle is
    /// dropped.
    pub fn role(&self, adapter: Option<(&Path, f32)>) -> Result<Handle, EngineError> {
        let adapter = adapter.map(|(path, scale)| self.check_adapter(path, scale)).transpose()?;
        let adapter_sha256 = adapter.as_ref().map(|file| file.sha256.clone());
        let (reply, answer) = sync_channel(1);
        self.shared.send(WorkerCommand::Open { adapter, reply })?;
        let role = answer.recv().map_err(|_| EngineError::Stopped)??;
        Ok(Handle::new(Arc::clone(&self.shared), role, adapter_sha256))
    }

    /// The file's SHA-256; empty if the file can no longer be read.
    pub fn sha256(&self) -> &str {
        self.shared.file_sha256()
    }

    /// Says the SHA-256 of a file that was opened before, so that it is not read for it once more; an
    /// error if another file was loaded.
    pub fn note_sha256(&self, file: &HeldFile, sha256: &str) -> Result<(), EngineError> {
        self.shared.note_sha256(file, sha256)
    }

    /// The adapter file, if it was made for this model.
    fn check_adapter(&self, path: &Path, scale: f32) -> Result<CheckedAdapter, EngineError> {
        let refused = |reason: String| EngineError::Adapter { path: path.to_owned(), reason };
        if !scale.is_finite() {
            return Err(refused(format!("its scale is {scale}")));
        }
        let file = Arc::new(HeldFile::open(path)?);
        let fits = |adapter: &Adapter| {
            let base = self.shared.file.gguf()?;
            let sha256 = adapter.base_sha256.as_ref().map(|_| self.shared.file_sha256());
            adapter.check_base(&base, sha256)
        };
        let opened = file.gguf().map_err(AdapterError::from).and_then(Adapter::from_gguf);
        let checked = opened.and_then(|adapter| fits(&adapter));
        checked.map_err(|error| refused(with_sources(&error)))?;
        let sha256 = file.sha256()?;
        Ok(CheckedAdapter { file, scale, sha256 })
    }
}
