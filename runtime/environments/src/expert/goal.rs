//! The goal of an instruction.

/// A goal of one of the six task types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HouseholdGoal<'a> {
    /// The kind of thing.
    pub(super) thing: &'a str,
    /// Number of things.
    pub(super) count: usize,
    /// The change that must be made to the thing first.
    pub(super) change: Option<Treatment>,
    /// Where the thing must end up.
    pub(super) end: Destination<'a>,
}

/// Where a thing must end up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Destination<'a> {
    /// In or on this kind of receptacle.
    Place(&'a str),
    /// In the hand, by the light of this kind of lamp.
    Lamp(&'a str),
}

/// A change that can be made to a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Treatment {
    Clean,
    Heat,
    Cool,
}

impl Treatment {
    const ALL: [Self; 3] = [Self::Clean, Self::Heat, Self::Cool];

    /// The first word of the action.
    pub(super) fn verb(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Heat => "heat",
            Self::Cool => "cool",
        }
    }

    /// The kind of receptacle that makes the change.
    pub(super) fn tool(self) -> &'static str {
        match self {
            Self::Clean => "sinkbasin",
            Self::Heat => "microwave",
            Self::Cool => "fridge",
        }
    }

    /// The change of this verb.
    pub(super) fn of_verb(verb: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.verb() == verb)
    }

    /// The change after which a thing has this state.
    fn of_state(state: &str) -> Option<Self> {
        match state {
            "hot" => Some(Self::Heat),
            state => Self::of_verb(state).filter(|change| *change != Self::Heat),
        }
    }
}

impl<'a> HouseholdGoal<'a> {
    /// The goal of an instruction; `None` if it is not of the six task types.
    pub(super) fn parse(instruction: &'a str) -> Option<Self> {
        let instruction = instruction.trim().trim_end_matches('.');
        let words: Vec<&str> = instruction.split_whitespace().collect();
        let place =
            |thing, place| Self { thing, count: 1, change: None, end: Destination::Place(place) };
        match words[..] {
            ["look", "at", thing, "under", "the", lamp]
            | ["examine", "the", thing, "with", "the", lamp] => {
                Some(Self { end: Destination::Lamp(lamp), ..place(thing, lamp) })
            }
            ["put", "two", thing, "in" | "on", to]
            | ["find", "two", thing, "and", "put", "them", "in" | "on", to] => {
                Some(Self { count: 2, ..place(thing, to) })
            }
            ["put", "a" | "some", thing, "in" | "on", to] => Some(place(thing, to)),
            ["put", "a" | "some", state, thing, "in" | "on", to] => {
                Some(Self { change: Some(Treatment::of_state(state)?), ..place(thing, to) })
            }
            [verb, "some", thing, "and", "put", "it", "in" | "on", to] => {
                Some(Self { change: Some(Treatment::of_verb(verb)?), ..place(thing, to) })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(instruction: &str, count: usize, change: Option<Treatment>, end: Destination<'_>) {
        let expected = HouseholdGoal { thing: "mug", count, change, end };
        assert_eq!(HouseholdGoal::parse(instruction), Some(expected), "{instruction}");
    }

    #[test]
    fn each_wording_of_the_six_types_is_read() {
        let desk = Destination::Place("desk");
        check("put a mug in desk", 1, None, desk);
        check("put some mug on desk.", 1, None, desk);
        check("look at mug under the desklamp", 1, None, Destination::Lamp("desklamp"));
        check("examine the mug with the desklamp", 1, None, Destination::Lamp("desklamp"));
        check("put a clean mug in desk", 1, Some(Treatment::Clean), desk);
        check("clean some mug and put it on desk", 1, Some(Treatment::Clean), desk);
        check("put a hot mug in desk", 1, Some(Treatment::Heat), desk);
        check("heat some mug and put it in desk", 1, Some(Treatment::Heat), desk);
        check("put a cool mug in desk", 1, Some(Treatment::Cool), desk);
        check("cool some mug and put it in desk", 1, Some(Treatment::Cool), desk);
        check("put two mug in desk", 2, None, desk);
        check("find two mug and put them in desk", 2, None, desk);
    }

    #[test]
    fn other_instructions_are_not_guessed() {
        for other in ["", "rest", "put a mug", "put a heat mug in desk", "slice some mug"] {
            assert_eq!(HouseholdGoal::parse(other), None, "{other}");
        }
    }
}
