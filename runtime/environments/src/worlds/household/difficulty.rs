//! How hard a household is: every number that makes it so.
//!
//! `easy` is fitted to a model of 135 million parameters whose answers are
//! constrained to the admissible actions; `hard` comes near ALFWorld's size.

use std::ops::RangeInclusive;

/// What is to be done; named as in ALFWorld.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
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

impl Kind {
    /// ALFWorld's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Place => "pick_and_place_simple",
            Kind::Light => "look_at_obj_in_light",
            Kind::Clean => "pick_clean_then_place_in_recep",
            Kind::Heat => "pick_heat_then_place_in_recep",
            Kind::Cool => "pick_cool_then_place_in_recep",
            Kind::Two => "pick_two_obj_and_place",
        }
    }
}

/// How large a household is and what may be asked in it.
#[derive(Debug)]
pub struct Difficulty {
    /// As splits name it.
    pub name: &'static str,
    /// What tasks ask for, in turn.
    pub kinds: &'static [Kind],
    /// Pieces of furniture.
    pub receptacles: RangeInclusive<u64>,
    /// Of a hundred pieces that could be closed, how many are let in. What a
    /// task needs is always let in.
    pub closed_percent: u64,
    /// Things that the task does not need.
    pub distractors: RangeInclusive<u64>,
    /// Of those, how many may lie in one place.
    pub distractors_together: usize,
    /// Steps of an episode at most, where nobody says.
    pub steps_max: u32,
}

/// Every difficulty, the easiest first.
pub const DIFFICULTIES: [Difficulty; 3] = [
    Difficulty {
        name: "easy",
        kinds: &[Kind::Place],
        receptacles: 3..=3,
        closed_percent: 0,
        distractors: 0..=0,
        distractors_together: 1,
        steps_max: 20,
    },
    Difficulty {
        name: "medium",
        kinds: &[Kind::Place, Kind::Light, Kind::Clean, Kind::Heat, Kind::Cool, Kind::Place],
        receptacles: 6..=8,
        closed_percent: 40,
        distractors: 3..=5,
        distractors_together: 2,
        steps_max: 30,
    },
    Difficulty {
        name: "hard",
        kinds: &[Kind::Place, Kind::Light, Kind::Clean, Kind::Heat, Kind::Cool, Kind::Two],
        receptacles: 12..=20,
        closed_percent: 100,
        distractors: 10..=16,
        distractors_together: 4,
        steps_max: 50,
    },
];
