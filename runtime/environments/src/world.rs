//! What a world is: tasks, and environments to play them in.

use std::error::Error;
use std::num::NonZeroU32;

use runtime_core::environment::Environment;
use runtime_core::reflection::ReflectionStore;
use runtime_core::task::Task;

use crate::selection::TaskSelection;
use crate::split::{Purpose, Split};

/// A source of tasks, and of environments to play them in.
pub trait World: Send + Sync {
    /// What options and results call it.
    fn name(&self) -> &'static str;

    /// What [`TaskSelection::split`] may be, the easiest of a purpose first.
    fn splits(&self) -> Vec<Split>;

    /// The split that is meant, or an error that lists them; case does not matter.
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

    /// What the tasks of a split are for.
    fn purpose(&self, split: &str) -> Result<Purpose, WorldError> {
        Ok(self.split(split)?.purpose)
    }

    /// The split that is meant where none is named.
    fn default_split(&self) -> &'static str;

    /// Steps of an episode at most, where nobody says, in tasks of `split`.
    fn default_steps_max(&self, split: &str) -> u32;

    /// The tasks that a run takes; the same selection gives the same tasks in
    /// the same order.
    fn tasks(&self, selection: &TaskSelection) -> Result<Vec<Task>, WorldError>;

    /// An environment for one worker. All of them share the world's data.
    fn environment(&self) -> Box<dyn Playable + Send>;

    /// How many can play at once; `None` where nothing limits them.
    fn workers_max(&self) -> Option<NonZeroU32> {
        None
    }

    /// Where the world itself keeps reflections, where it does.
    fn archive(&self) -> Option<Box<dyn ReflectionStore + Send>> {
        None
    }

    /// Makes the world safe to be left alone, however playing ended; returns what there is to
    /// say of it. Whatever the world owns does the same without a word when it is dropped.
    fn leave(&self) -> Option<String> {
        None
    }
}

/// An environment that can also be looked at from outside, as a person who
/// plays it would.
pub trait Playable: Environment {
    /// How the episode stands.
    fn standing(&self) -> Standing;
}

/// How an episode stands, by the world's own count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Points now.
    pub score: i64,
    /// Most points there are.
    pub score_max: i64,
    /// Whether the goal is met.
    pub won: bool,
    /// Whether the episode is over.
    pub done: bool,
}

/// Why a world cannot give what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// There is no such world.
    #[error("there is no environment {name:?}{}; there are {}", did_you_mean(.nearest.as_ref()), .known.join(", "))]
    UnknownWorld {
        /// What was asked for.
        name: String,
        /// The one most like it.
        nearest: Option<String>,
        /// All of them.
        known: Vec<String>,
    },
    /// The world has no such split.
    #[error("{world} has no split {split:?}{}; there are {}", did_you_mean(.nearest.as_ref()), .known.join(", "))]
    UnknownSplit {
        /// The world.
        world: &'static str,
        /// What was asked for.
        split: String,
        /// The one most like it.
        nearest: Option<String>,
        /// All of them.
        known: Vec<String>,
    },
    /// The split is there to judge by.
    #[error("{split} of {world} is there to judge by, and must not be learned from; learn from {}", .train.join(", "))]
    NotTrain {
        /// The world.
        world: &'static str,
        /// What was asked for.
        split: String,
        /// What may be learned from.
        train: Vec<String>,
    },
    /// The world needs data and was given no folder.
    #[error("{0} needs a data folder; none was given")]
    NoData(&'static str),
    /// What only this world can lack: its data, its device.
    #[error(transparent)]
    Own(Box<dyn Error + Send + Sync>),
}

/// The split to learn from that is meant; the first where none is named.
///
/// Training, validation and test tasks never mix, so others are an error.
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

/// The word most like `word`, where one is like it at all.
pub(crate) fn nearest(word: &str, known: &[String]) -> Option<String> {
    let likeness = |other: &String| strsim::jaro_winkler(&word.to_ascii_lowercase(), other);
    let best = known.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
    (likeness(best) > 0.7).then(|| best.clone())
}

fn did_you_mean(nearest: Option<&String>) -> String {
    nearest.map_or_else(String::new, |nearest| format!(", did you mean {nearest}?"))
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
