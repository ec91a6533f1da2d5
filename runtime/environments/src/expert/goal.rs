//! What is to be done, read off the instruction.

/// One of the six task types, with its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Goal<'a> {
    /// The kind of thing that is wanted.
    pub(super) thing: &'a str,
    /// How many of it.
    pub(super) count: usize,
    /// What is to be done with it first.
    pub(super) change: Option<Change>,
    /// What it is wanted for.
    pub(super) end: End<'a>,
}

/// What a thing is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End<'a> {
    /// To lie in or on this kind of receptacle.
    Place(&'a str),
    /// To be looked at by the light of this kind of lamp.
    Lamp(&'a str),
}

/// What can be done with a thing besides carrying it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Clean,
    Heat,
    Cool,
}

impl Change {
    const ALL: [Self; 3] = [Self::Clean, Self::Heat, Self::Cool];

    /// What the action begins with.
    pub(super) fn verb(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Heat => "heat",
            Self::Cool => "cool",
        }
    }

    /// The kind of receptacle that does it.
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

    /// The change that leaves a thing so.
    fn of_state(state: &str) -> Option<Self> {
        match state {
            "hot" => Some(Self::Heat),
            state => Self::of_verb(state).filter(|change| *change != Self::Heat),
        }
    }
}

impl<'a> Goal<'a> {
    /// Reads an instruction; `None` where it is none of the six.
    pub(super) fn parse(instruction: &'a str) -> Option<Self> {
        let instruction = instruction.trim().trim_end_matches('.');
        let words: Vec<&str> = instruction.split_whitespace().collect();
        let place = |thing, place| Self { thing, count: 1, change: None, end: End::Place(place) };
        match words[..] {
            ["look", "at", thing, "under", "the", lamp]
            | ["examine", "the", thing, "with", "the", lamp] => {
                Some(Self { end: End::Lamp(lamp), ..place(thing, lamp) })
            }
            ["put", "two", thing, "in" | "on", to]
            | ["find", "two", thing, "and", "put", "them", "in" | "on", to] => {
                Some(Self { count: 2, ..place(thing, to) })
            }
            ["put", "a" | "some", thing, "in" | "on", to] => Some(place(thing, to)),
            ["put", "a" | "some", state, thing, "in" | "on", to] => {
                Some(Self { change: Some(Change::of_state(state)?), ..place(thing, to) })
            }
            [verb, "some", thing, "and", "put", "it", "in" | "on", to] => {
                Some(Self { change: Some(Change::of_verb(verb)?), ..place(thing, to) })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(instruction: &str, count: usize, change: Option<Change>, end: End<'_>) {
        let expected = Goal { thing: "mug", count, change, end };
        assert_eq!(Goal::parse(instruction), Some(expected), "{instruction}");
    }

    #[test]
    fn each_wording_of_the_six_types_is_read() {
        let desk = End::Place("desk");
        check("put a mug in desk", 1, None, desk);
        check("put some mug on desk.", 1, None, desk);
        check("look at mug under the desklamp", 1, None, End::Lamp("desklamp"));
        check("examine the mug with the desklamp", 1, None, End::Lamp("desklamp"));
        check("put a clean mug in desk", 1, Some(Change::Clean), desk);
        check("clean some mug and put it on desk", 1, Some(Change::Clean), desk);
        check("put a hot mug in desk", 1, Some(Change::Heat), desk);
        check("heat some mug and put it in desk", 1, Some(Change::Heat), desk);
        check("put a cool mug in desk", 1, Some(Change::Cool), desk);
        check("cool some mug and put it in desk", 1, Some(Change::Cool), desk);
        check("put two mug in desk", 2, None, desk);
        check("find two mug and put them in desk", 2, None, desk);
    }

    #[test]
    fn other_instructions_are_not_guessed() {
        for other in ["", "rest", "put a mug", "put a heat mug in desk", "slice some mug"] {
            assert_eq!(Goal::parse(other), None, "{other}");
        }
    }
}
