//! The difficulties of households, with all their numbers.
//!
//! `easy` is fitted to a model of 135 million parameters whose answers are
//! constrained to the admissible actions; `hard` comes near ALFWorld's size.
//!
//! In `wishes` and `repairs` a house keeps a secret, which an agent learns only by an attempt
//! that fails and ends the game. The limit leaves steps enough to search the whole house.

use std::ops::RangeInclusive;

/// The task types of ALFWorld.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaskKind {
    /// Put a thing somewhere.
    Place,
    /// Hold a thing where a lamp is lit.
    Light,
    /// Clean a thing, then put it somewhere.
    Clean,
    /// Heat a thing, then put it somewhere.
    Heat,
    /// Cool a thing, then put it somewhere.
    Cool,
    /// Put two things of a kind somewhere.
    Two,
}

impl TaskKind {
    /// ALFWorld's name.
    pub fn name(self) -> &'static str {
        match self {
            TaskKind::Place => "pick_and_place_simple",
            TaskKind::Light => "look_at_obj_in_light",
            TaskKind::Clean => "pick_clean_then_place_in_recep",
            TaskKind::Heat => "pick_heat_then_place_in_recep",
            TaskKind::Cool => "pick_cool_then_place_in_recep",
            TaskKind::Two => "pick_two_obj_and_place",
        }
    }
}

/// What a house hides until an attempt reveals it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// Of so many receptacles of the wanted kind, only one counts.
    Wish(RangeInclusive<u64>),
    /// Of so many appliances that could change the thing, only one works.
    Repair(RangeInclusive<u64>),
}

/// A difficulty: the size of a household and its task types.
#[derive(Debug)]
pub struct Difficulty {
    /// The name in splits.
    pub name: &'static str,
    /// The task types, which alternate.
    pub kinds: &'static [TaskKind],
    /// Number of pieces of furniture; those that a secret is about count as one.
    pub receptacles: RangeInclusive<u64>,
    /// Percentage of drawn pieces with doors that are accepted. Pieces that the task needs
    /// are always accepted.
    pub closed_percent: u64,
    /// Number of things that the task does not need.
    pub distractors: RangeInclusive<u64>,
    /// Greatest number of these in one place.
    pub distractors_together: usize,
    /// What its houses hide, if anything.
    pub secret: Option<Secret>,
    /// The default of the greatest number of steps in an episode.
    pub steps_max: u32,
}

/// Every difficulty. Seeds are drawn by place, so new ones go to the end.
pub const DIFFICULTIES: [Difficulty; 5] = [
    Difficulty {
        name: "easy",
        kinds: &[TaskKind::Place],
        receptacles: 3..=3,
        closed_percent: 0,
        distractors: 0..=0,
        distractors_together: 1,
        secret: None,
        steps_max: 20,
    },
    Difficulty {
        name: "medium",
        kinds: &[
            TaskKind::Place,
            TaskKind::Light,
            TaskKind::Clean,
            TaskKind::Heat,
            TaskKind::Cool,
            TaskKind::Place,
        ],
        receptacles: 6..=8,
        closed_percent: 40,
        distractors: 3..=5,
        distractors_together: 2,
        secret: None,
        steps_max: 30,
    },
    Difficulty {
        name: "hard",
        kinds: &[
            TaskKind::Place,
            TaskKind::Light,
            TaskKind::Clean,
            TaskKind::Heat,
            TaskKind::Cool,
            TaskKind::Two,
        ],
        receptacles: 12..=20,
        closed_percent: 100,
        distractors: 10..=16,
        distractors_together: 4,
        secret: None,
        steps_max: 50,
    },
    Difficulty {
        name: "wishes",
        kinds: &[TaskKind::Place],
        receptacles: 3..=3,
        closed_percent: 0,
        distractors: 1..=2,
        distractors_together: 1,
        secret: Some(Secret::Wish(4..=6)),
        steps_max: 15,
    },
    Difficulty {
        name: "repairs",
        kinds: &[TaskKind::Clean, TaskKind::Heat, TaskKind::Cool],
        receptacles: 4..=4,
        closed_percent: 0,
        distractors: 1..=2,
        distractors_together: 1,
        secret: Some(Secret::Repair(4..=6)),
        steps_max: 25,
    },
];
