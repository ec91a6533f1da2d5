//! The interface of worlds: tasks, and environments to play them in.

use std::error::Error;
use std::num::NonZeroU32;

use runtime_core::environment::Environment;
use runtime_core::reflection::ReflectionStore;
use runtime_core::task::{Task, TaskTraits};

use crate::selection::TaskSelection;
use crate::split::{Purpose, Split};

/// A source of tasks, and of environments to play them in.
pub trait World: Send + Sync {
    /// The name in options and results.
    fn name(&self) -> &'static str;

    /// The splits, of each purpose the easiest first.
    fn splits(&self) -> Vec<Split>;

    /// The split of this name, ignoring case, or an error that lists all splits.
    fn split(&self, name: &str) -> Result<Split, WorldError> {
        let splits = self.splits();
        if let Some(found) = splits.iter().find(|split| split.name.eq_ignore_ascii_case(name)) {
            return Ok(found.clone());
        }
        let known: Vec<String> = splits.into_iter().map(|split| split.name).collect();
        Err(WorldError::UnknownSplit {
            world: self.name(),
            split: name.to_owned(),
            nearest: nearest(name, &known),
            known,
        })
    }

    /// The purpose of a split.
    fn purpose(&self, split: &str) -> Result<Purpose, WorldError> {
        Ok(self.split(split)?.purpose)
    }

    /// The default split.
    fn default_split(&self) -> &str;

    /// The default of the greatest number of steps in an episode, in tasks of `split`.
    fn default_steps_max(&self, split: &str) -> u32;

    /// The selected tasks; the same selection gives the same tasks in the same order.
    fn tasks(&self, selection: &TaskSelection) -> Result<Vec<Task>, WorldError>;

    /// An environment for one worker. All of them share the world's data.
    fn environment(&self) -> Box<dyn Playable + Send>;

    /// Greatest number of environments that can play in parallel; `None` is unlimited.
    fn workers_max(&self) -> Option<NonZeroU32> {
        None
    }

    /// The truth about a task as advice: what a perfect reflection would say, in the sentence
    /// forms of [`advise`](crate::expert::advise). For measuring only; no agent may see it.
    ///
    /// `None` where the world cannot tell.
    fn truth(&self, _task: &Task) -> Option<String> {
        None
    }

    /// What the world says of a task for the analysis of runs.
    fn traits(&self, _task: &Task) -> TaskTraits {
        TaskTraits::default()
    }

    /// The world's own store of reflections, if it has one.
    fn archive(&self) -> Option<Box<dyn ReflectionStore + Send>> {
        None
    }

    /// Puts the world into a safe state after a run; returns a message about it, if any.
    /// Dropping the world does the same without a message.
    fn leave(&self) -> Option<String> {
        None
    }
}

/// An environment with a score, as a person who plays it sees it.
pub trait Playable: Environment {
    /// The score of the episode so far.
    fn standing(&self) -> GameScore;
}

/// The score of an episode, as the world itself counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GameScore {
    /// Number of points now.
    pub score: i64,
    /// Greatest number of points.
    pub score_max: i64,
    /// Whether the goal is met.
    pub won: bool,
    /// Whether the episode is over.
    pub done: bool,
}

/// Why a world or its tasks cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// There is no such world.
    #[error("there is no environment {name:?}{}; there are {}", did_you_mean(.nearest.as_ref()), .known.join(", "))]
    UnknownWorld {
        /// The requested name.
        name: String,
        /// The most similar known name.
        nearest: Option<String>,
        /// All known names.
        known: Vec<String>,
    },
    /// The world has no such split.
    #[error("{world} has no split {split:?}{}; there are {}", did_you_mean(.nearest.as_ref()), .known.join(", "))]
    UnknownSplit {
        /// The world.
        world: &'static str,
        /// The requested name.
        split: String,
        /// The most similar known name.
        nearest: Option<String>,
        /// All known names.
        known: Vec<String>,
    },
    /// The split is not for training.
    #[error("{split} of {world} is not for training; train on {}", .train.join(", "))]
    NotTrain {
        /// The world.
        world: &'static str,
        /// The requested name.
        split: String,
        /// The splits for training.
        train: Vec<String>,
    },
    /// The world needs data and was given no folder.
    #[error("{0} needs a data folder; none was given")]
    NoData(&'static str),
    /// An error of this world only: its data, its device.
    #[error(transparent)]
    Own(Box<dyn Error + Send + Sync>),
}

/// The training split of this name, or the first one if `None`.
///
/// Splits of another purpose are an error.
pub fn train_split(world: &dyn World, split: Option<&str>) -> Result<String, WorldError> {
    let may_teach = |split: &Split| split.purpose == Purpose::Train;
    let train = world.splits().into_iter().filter(may_teach).map(|split| split.name);
    let train: Vec<String> = train.collect();
    let asked = split.or(train.first().map(String::as_str));
    let split = world.split(asked.unwrap_or("train"))?;
    if may_teach(&split) {
        return Ok(split.name);
    }
    Err(WorldError::NotTrain { world: world.name(), split: split.name, train })
}

/// The known word most similar to `word`, if one is similar.
pub(crate) fn nearest(word: &str, known: &[String]) -> Option<String> {
    let likeness = |other: &String| strsim::jaro_winkler(&word.to_ascii_lowercase(), other);
    let best = known.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
    (likeness(best) > 0.7).then(|| best.clone())
}

fn did_you_mean(nearest: Option<&String>) -> String {
    nearest.map_or_else(String::new, |nearest| format!(", did you mean {nearest}?"))
}

/// An error with its causes.
pub(crate) fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Checks every split of a world, and that the default is one to choose by.
    pub(crate) fn check_purposes(world: &dyn World, expected: &[(&str, Purpose)]) {
        let found = world.splits();
        let found: Vec<_> = found.iter().map(|split| (&*split.name, split.purpose)).collect();
        assert_eq!(found, expected);
        for (split, purpose) in expected {
            assert_eq!(world.purpose(&split.to_uppercase()).unwrap(), *purpose);
            assert_eq!(
                train_split(world, Some(split)).is_ok(),
                *purpose == Purpose::Train,
                "{split}"
            );
        }
        assert_eq!(world.purpose(world.default_split()).unwrap(), Purpose::Validation);
        assert!(matches!(world.purpose("elsewhere"), Err(WorldError::UnknownSplit { .. })));
    }
}
