//! A reward model on a loaded model: an adapter, and a row over hidden states.

use std::path::Path;
use std::sync::Arc;

use models::adapter::Adapter;
use runtime_core::model::{Generation, LanguageModel, ModelError, ModelIdentity, RewardModel};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::handle::Handle;

/// Scores answers by what they are likely to earn. Clones share the weights.
#[derive(Clone)]
pub struct RewardHandle {
    handle: Handle,
    row: Arc<[f32]>,
}

impl RewardHandle {
    /// The reward model of an adapter that `rebound-train` made in the stage
    /// `reward-model`; others are refused.
    pub fn open(engine: &Engine, path: &Path) -> Result<Self, EngineError> {
        let refused = |reason: String| EngineError::Adapter { path: path.to_owned(), reason };
        let adapter = Adapter::open(path)
            .map_err(|error| refused(runtime_core::error::with_sources(&error)))?;
        let row = adapter.reward_row().ok_or_else(|| {
            refused("it is no reward model: it has no rebound.adapter.reward_row".to_owned())
        })?;
        Ok(Self { row: row.into(), handle: engine.role(Some((path, 1.0)))? })
    }

    /// Which weights score.
    pub fn identity(&self) -> ModelIdentity {
        self.handle.identity()
    }
}

impl RewardModel for RewardHandle {
    /// The row's product with the state that the answer's last token was predicted from.
    fn score(&mut self, answer: &Generation) -> Result<f32, ModelError> {
        let mut ids = answer.prompt_ids.clone();
        ids.extend(answer.tokens.iter().map(|token| token.id));
        ids.pop();
        let state = self.handle.state(&ids)?;
        if state.len() != self.row.len() {
            let (row, width) = (self.row.len(), state.len());
            let reason = format!("the reward model's row has {row} numbers, a state has {width}");
            return Err(ModelError::Engine(reason));
        }
        Ok(state.iter().zip(&*self.row).map(|(x, weight)| x * weight).sum())
    }
}
