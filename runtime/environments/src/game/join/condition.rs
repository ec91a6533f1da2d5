//! Conditions over objects: facts, and tests over bound variables.

use super::{Binding, GameView};
use crate::facts::{ObjectId, ObjectPair};

/// A variable, or an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// The variable of this number.
    Slot(usize),
    /// This object.
    Object(ObjectId),
    /// An object that the game does not have: no fact holds for it.
    Absent,
}

/// A predicate over terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its number.
    pub predicate: usize,
    /// Its terms, [`NOTHING`](crate::facts::NOTHING) if it takes fewer than two.
    pub terms: [Term; 2],
}

/// A variable with the kind of its objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypedVariable {
    /// Its number.
    pub slot: usize,
    /// The kind; `None` is a kind without objects.
    pub kind: Option<usize>,
}

/// A condition over bound variables.
#[derive(Clone, Debug)]
pub enum Test {
    /// Every part holds.
    All(Vec<Test>),
    /// One part holds.
    Any(Vec<Test>),
    /// The part does not hold.
    Not(Box<Test>),
    /// The fact holds.
    Fact(Fact),
    /// Both are one object.
    Equal(Term, Term),
    /// Some objects make the part hold.
    Exists(Vec<TypedVariable>, Box<Test>),
}

/// Facts and tests that must hold together, and the variables in them.
#[derive(Clone, Debug, Default)]
pub struct Conjunction {
    /// The facts that must be true.
    pub facts: Vec<Fact>,
    /// The tests, each evaluated once its variables are bound.
    pub tests: Vec<Test>,
    /// All variables.
    pub slots: Vec<TypedVariable>,
}

/// The object of a term; `None` if the game does not have it.
pub(super) fn value(term: Term, binding: &Binding) -> Option<ObjectId> {
    match term {
        Term::Slot(slot) => Some(binding[slot]),
        Term::Object(object) => Some(object),
        Term::Absent => None,
    }
}

impl Fact {
    /// The fact's objects; `None` if the game lacks one of them.
    pub fn pair(&self, binding: &Binding) -> Option<ObjectPair> {
        Some((value(self.terms[0], binding)?, value(self.terms[1], binding)?))
    }
}

impl Test {
    /// Whether the test holds for bound variables.
    pub fn holds(&self, view: GameView<'_>, binding: &Binding) -> bool {
        match self {
            Test::All(parts) => parts.iter().all(|part| part.holds(view, binding)),
            Test::Any(parts) => parts.iter().any(|part| part.holds(view, binding)),
            Test::Not(part) => !part.holds(view, binding),
            Test::Fact(fact) => fact
                .pair(binding)
                .is_some_and(|pair| view.facts.known(fact.predicate).contains(pair)),
            Test::Equal(one, other) => value(*one, binding) == value(*other, binding),
            Test::Exists(slots, part) => exists(slots, part, view, binding),
        }
    }
}

fn exists(slots: &[TypedVariable], part: &Test, view: GameView<'_>, binding: &Binding) -> bool {
    let Some((slot, rest)) = slots.split_first() else {
        return part.holds(view, binding);
    };
    let mut binding = *binding;
    view.objects.of_kind(slot.kind).any(|object| {
        binding[slot.slot] = object;
        exists(rest, part, view, &binding)
    })
}
