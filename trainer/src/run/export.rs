//! Exports a run's adapter as a file, with metadata about its training.
//!
//! | key | value |
//! | --- | --- |
//! | `rebound.adapter.stage` | the stage's name |
//! | `rebound.adapter.rank` | u64 |
//! | `rebound.adapter.seed` | u64 |
//! | `rebound.adapter.steps` | u64, optimizer steps of the run; one that strayed ends with the factors of two fewer |
//! | `rebound.adapter.config_sha256` | of the run's file, and its parent's SHA-256 |
//! | `rebound.adapter.parent_sha256` | of the adapter that training went on from; absent for a new one |
//! | `rebound.adapter.permuted` | u64, the seed of `data.reflections.permute`: learned from rewards that were not its reflections'; absent otherwise |
//! | `rebound.adapter.reward_row` | f32 array `[width]`, a reward model's row over the state that the last token was predicted from; other stages have none |
//! | `rebound.adapter.prompts_sha256` | text array, of the records' sets of prompts and those of the parent; absent if none is known |
//! | `rebound.adapter.validation_loss` | f32, mean nat a learned token; absent without validation samples |

use std::path::PathBuf;

use models::adapter::{PROMPTS_KEY, REWARD_ROW_KEY};
use models::checksum;
use models::gguf::{Array, Value};
use trainer_contract::folder::{ADAPTER, METRICS};

use super::TrainingRun;
use crate::error::TrainError;
use crate::stages::method::LossInputs;
use crate::{factors, metrics};

impl TrainingRun {
    /// Writes the adapter as it stands, and its SHA-256 beside it; returns where.
    pub fn export(&self) -> Result<PathBuf, TrainError> {
        let metadata = self.metadata()?;
        let new = factors::export(&self.adapter, &self.decoder, &self.base.sha256, metadata)?;
        let path = self.out.join(ADAPTER);
        // Beside an adapter lies its own checksum or none.
        let _ = std::fs::remove_file(checksum::side_file(&path));
        models::adapter::write(&path, &new)?;
        let recorded =
            checksum::sha256_file(&path).and_then(|sha256| checksum::record(&path, &sha256));
        recorded
            .map_err(|source| TrainError::Write { file: checksum::side_file(&path), source })?;
        Ok(path)
    }

    fn metadata(&self) -> Result<Vec<(String, Value)>, TrainError> {
        let text = |text: String| Some(Value::from(text.as_str()));
        let config_sha256 = models::checksum::sha256_bytes(self.of.config.as_bytes());
        let keys = [
            ("stage", text(self.config.stage.name())),
            ("rank", Some(Value::U64(self.config.adapter.rank as u64))),
            ("seed", Some(Value::U64(self.config.seed))),
            ("steps", Some(Value::U64(self.done))),
            ("config_sha256", text(config_sha256)),
            ("parent_sha256", self.parent_sha256.clone().and_then(text)),
            ("permuted", self.permutation().map(Value::U64)),
            ("validation_loss", self.measured_validation_loss()?.map(Value::F32)),
        ];
        let named =
            |(key, value): (&str, Option<_>)| Some((format!("rebound.adapter.{key}"), value?));
        let row = self.reward_row()?.map(|row| (REWARD_ROW_KEY.to_owned(), row));
        let prompts: Vec<String> = self.dataset.prompts_sha256.iter().cloned().collect();
        let prompts = (!prompts.is_empty()).then_some(Value::Array(Array::Text(prompts)));
        let prompts = prompts.map(|prompts| (PROMPTS_KEY.to_owned(), prompts));
        Ok(keys.into_iter().filter_map(named).chain(row).chain(prompts).collect())
    }

    /// The seed that rewards were permuted by.
    fn permutation(&self) -> Option<u64> {
        self.config.data.reflections.as_ref().and_then(|wanted| wanted.permute)
    }

    /// The row of a reward model; an error before its first step.
    fn reward_row(&self) -> Result<Option<Value>, TrainError> {
        if self.config.stage.method().reads() != LossInputs::LastStates {
            return Ok(None);
        }
        let nothing = || TrainError::Empty("the reward model has made no step yet".to_owned());
        let state = self.state.as_ref().ok_or_else(nothing)?;
        Ok(Some(Value::Array(Array::F32(state.critic.clone()))))
    }

    /// The validation loss of the adapter as it stands: the one that its step
    /// measured, or else measured now.
    fn measured_validation_loss(&self) -> Result<Option<f32>, TrainError> {
        let journal = || metrics::read(&self.out.join(METRICS));
        let of_step = match &self.last {
            Some(last) => Some(last.clone()),
            None => journal().into_iter().rfind(|metrics| metrics.step == self.done),
        };
        match of_step.and_then(|metrics| metrics.validation_loss) {
            Some(loss) => Ok(Some(loss)),
            None => self.validation_loss(),
        }
    }
}
