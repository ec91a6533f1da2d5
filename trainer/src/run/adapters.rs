//! The adapters that a run reads before its first step.

use models_decoder::adapter::Adapter;
use models_decoder::decoder::Decoder;

use crate::config::TrainConfig;
use crate::error::TrainError;
use crate::factors::{self, Parent};

/// The adapters that a run's file names.
pub(super) struct RunAdapters {
    /// What training goes on from: the parent's factors, or new ones.
    pub(super) initial: Adapter,
    /// The parent's SHA-256, if there is one.
    pub(super) parent_sha256: Option<String>,
    /// The SHA-256 of each set of prompts that the parent learned under.
    pub(super) prompts_sha256: Vec<String>,
    /// The reward model: an adapter and its row.
    pub(super) reward_model: Option<(Adapter, Vec<f32>)>,
    /// What `reference = "start"` means; `None` for the base.
    pub(super) start: Option<Adapter>,
    /// What the run's identity says of them, a line each.
    pub(super) identity: String,
}

impl RunAdapters {
    /// Reads them, for this base.
    pub(super) fn read(
        config: &TrainConfig,
        decoder: &Decoder,
        base_sha256: &str,
    ) -> Result<Self, TrainError> {
        let read = |path| factors::of_parent(path, decoder, &config.adapter, base_sha256);
        let mut identity = String::new();
        let mut name =
            |key: &str, sha256: &str| identity += &["# ", key, " = ", sha256, "\n"].concat();
        let (initial, parent_sha256, prompts_sha256) = match &config.parent {
            None => (factors::initial(decoder, &config.adapter, config.seed)?, None, Vec::new()),
            Some(parent) => {
                let Parent { adapter, sha256, prompts_sha256 } = read(parent)?;
                name("parent_sha256", &sha256);
                (adapter, Some(sha256), prompts_sha256)
            }
        };
        let mut reward_model = None;
        if let Some(path) = &config.data.reward_model {
            let (adapter, row, sha256) = factors::of_reward_model(path, decoder, base_sha256)?;
            name("reward_model_sha256", &sha256);
            reward_model = Some((adapter, row));
        }
        let mut start = None;
        if let Some(path) = &config.start {
            let Parent { adapter, sha256, .. } = read(path)?;
            name("start_sha256", &sha256);
            start = Some(adapter);
        }
        Ok(Self { initial, parent_sha256, prompts_sha256, reward_model, start, identity })
    }
}
