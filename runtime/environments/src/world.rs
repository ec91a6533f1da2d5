//! The worlds by name, and what a program asks of each.

use std::num::NonZeroU32;
use std::path::PathBuf;

use runtime_core::environment::Environment;
use runtime_core::reflection::Archive;
use runtime_core::task::Task;

use crate::alfworld::{Alfworld, AlfworldError, AlfworldOptions};
use crate::household::Household;
use crate::node::{Node, NodeError, NodeOptions};
use crate::selection::TaskSelection;
use crate::split::{Purpose, Split};

/// Every world, as [`open`] takes it.
pub const WORLDS: [&str; 3] = ["alfworld", "household", "node"];

/// A source of tasks, and of environments to play them in.
pub trait World: Send + Sync {
    /// What [`open`] calls it.
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
    fn archive(&self) -> Option<Box<dyn Archive + Send>> {
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

/// What a world may need to be opened.
#[derive(Clone, Debug, Default)]
pub struct EnvironmentOptions {
    /// The folder with benchmark data.
    pub data: Option<PathBuf>,
    /// How ALFWorld is played.
    pub alfworld: AlfworldOptions,
    /// Where a node is, and what it is to be brought to.
    pub node: NodeOptions,
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
    /// ALFWorld's data cannot be used.
    #[error(transparent)]
    Alfworld(#[from] AlfworldError),
    /// The node cannot be played on.
    #[error(transparent)]
    Node(#[from] NodeError),
}

/// Opens a world by its name; case does not matter.
pub fn open(name: &str, options: &EnvironmentOptions) -> Result<Box<dyn World>, WorldError> {
    match name.to_ascii_lowercase().as_str() {
        "alfworld" => {
            let data = options.data.as_deref().ok_or(WorldError::NoData("alfworld"))?;
            Ok(Box::new(Alfworld::new(data, options.alfworld)))
        }
        "household" => Ok(Box::new(Household)),
        "node" => Ok(Box::new(Node::open(&options.node)?)),
        _ => {
            let known: Vec<String> = WORLDS.map(str::to_owned).into();
            Err(WorldError::UnknownWorld {
                name: name.to_owned(),
                nearest: nearest(name, &known),
                known,
            })
        }
    }
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
fn nearest(word: &str, known: &[String]) -> Option<String> {
    let likeness = |other: &String| strsim::jaro_winkler(&word.to_ascii_lowercase(), other);
    let best = known.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
    (likeness(best) > 0.7).then(|| best.clone())
}

fn did_you_mean(nearest: Option<&String>) -> String {
    nearest.map_or_else(String::new, |nearest| format!(", did you mean {nearest}?"))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;

    use super::*;
    use Purpose::{Test, Train, Validation};

    /// Checks every split of a world, and that the default is one to choose by.
    pub(crate) fn check_purposes(world: &dyn World, expected: &[(&str, Purpose)]) {
        let found = world.splits();
        let found: Vec<_> = found.iter().map(|split| (&*split.name, split.purpose)).collect();
        assert_eq!(found, expected);
        for (split, purpose) in expected {
            assert_eq!(world.purpose(&split.to_uppercase()).unwrap(), *purpose);
            assert_eq!(train_split(world, Some(split)).is_ok(), *purpose == Train, "{split}");
        }
        assert_eq!(world.purpose(world.default_split()).unwrap(), Validation);
        assert!(matches!(world.purpose("elsewhere"), Err(WorldError::UnknownSplit { .. })));
    }

    #[test]
    fn every_split_has_its_purpose() {
        let alfworld = Alfworld::new(Path::new("/nowhere"), AlfworldOptions::default());
        check_purposes(
            &alfworld,
            &[("train", Train), ("valid_seen", Validation), ("valid_unseen", Test)],
        );
        check_purposes(
            &Household,
            &[
                ("train/easy", Train),
                ("train/medium", Train),
                ("train/hard", Train),
                ("validation/easy", Validation),
                ("validation/medium", Validation),
                ("validation/hard", Validation),
                ("test/easy", Test),
                ("test/medium", Test),
                ("test/hard", Test),
            ],
        );
    }

    #[test]
    fn names_ignore_case_and_typing_errors_are_guessed() {
        let options = EnvironmentOptions::default();
        assert_eq!(open("HouseHold", &options).unwrap().name(), "household");
        let unknown = open("alfwrld", &options).map(|_| ()).unwrap_err().to_string();
        assert!(unknown.contains("did you mean alfworld?"), "{unknown}");
        assert!(unknown.contains("household"), "{unknown}");
        assert!(matches!(open("alfworld", &options), Err(WorldError::NoData(_))));
    }

    #[test]
    fn an_unknown_split_lists_the_known() {
        let problem = Household.split("tets/easy").unwrap_err().to_string();
        assert!(problem.contains("did you mean test/easy?"), "{problem}");
        assert_eq!(Household.split("Test/Easy").unwrap(), Split::new("test/easy", Test));
    }

    #[test]
    fn only_train_splits_may_be_learned_from() {
        let world = &Household;
        assert_eq!(train_split(world, None).unwrap(), "train/easy");
        assert_eq!(train_split(world, Some("Train/Hard")).unwrap(), "train/hard");
        for split in ["validation/easy", "test/hard"] {
            let problem = train_split(world, Some(split)).unwrap_err().to_string();
            assert!(problem.contains(split) && problem.contains("train/medium"), "{problem}");
        }
        assert!(matches!(train_split(world, Some("tarin")), Err(WorldError::UnknownSplit { .. })));
    }
}
