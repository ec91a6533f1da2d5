//! Finds the objects for which a conjunction of facts holds.
//!
//! A join is planned once for each game, with the most selective fact first, and run at
//! every step. This makes listing the admissible actions cheap.

mod condition;

use crate::facts::{Facts, NOTHING, ObjectId, ObjectPair, Relation};
use crate::objects::Objects;
use condition::value;

pub use condition::{Conjunction, Fact, Term, Test, TypedVariable};

/// Greatest number of variables of one action or goal, quantified ones included.
pub const SLOTS_MAX: usize = 24;
/// Greatest number of parameters of one action.
pub const PARAMETERS_MAX: usize = 8;
/// Marks an unbound variable.
pub const UNBOUND: ObjectId = ObjectId::MAX;

/// The objects of the variables.
pub type Binding = [ObjectId; SLOTS_MAX];

/// A conjunction in the order of its evaluation.
#[derive(Clone, Debug)]
pub struct Join {
    steps: Vec<JoinStep>,
    kinds: [Option<usize>; SLOTS_MAX],
}

#[derive(Clone, Debug)]
enum JoinStep {
    Fact(Fact),
    Test(Test),
    Each(usize),
}

/// The facts and objects over which joins and tests are evaluated.
#[derive(Clone, Copy)]
pub struct GameView<'a> {
    /// The true facts.
    pub facts: &'a Facts,
    /// The objects.
    pub objects: &'a Objects,
}

/// One alternative of an action's precondition.
#[derive(Debug)]
pub struct Alternative {
    /// Finds the objects.
    pub join: Join,
    /// The condition.
    pub conjunction: Conjunction,
    /// Whether the action may have no effect for some objects, which must then be
    /// checked.
    pub may_be_idle: bool,
}

impl Join {
    /// Plans the order of a conjunction by the number of facts in `view`.
    pub fn plan(conjunction: &Conjunction, view: GameView<'_>) -> Self {
        let mut join = Join { steps: Vec::new(), kinds: [None; SLOTS_MAX] };
        let mut bound = [true; SLOTS_MAX];
        for slot in &conjunction.slots {
            join.kinds[slot.slot] = slot.kind;
            bound[slot.slot] = false;
        }
        let mut facts = conjunction.facts.clone();
        let mut tests = conjunction.tests.clone();
        loop {
            let (ready, waiting) = tests.into_iter().partition(|test| is_bound(test, &bound));
            join.steps.extend(Vec::into_iter(ready).map(JoinStep::Test));
            tests = waiting;
            let cheapest = (0..facts.len()).min_by_key(|&place| cost(facts[place], &bound, view));
            if let Some(place) = cheapest {
                let fact = facts.remove(place);
                for term in fact.terms {
                    if let Term::Slot(slot) = term {
                        bound[slot] = true;
                    }
                }
                join.steps.push(JoinStep::Fact(fact));
            } else if let Some(slot) = bound.iter().position(|bound| !bound) {
                bound[slot] = true;
                join.steps.push(JoinStep::Each(slot));
            } else {
                return join;
            }
        }
    }

    /// Calls `found` for every binding until it returns false; returns whether it never
    /// returned false.
    pub fn run(&self, view: GameView<'_>, found: &mut dyn FnMut(&Binding) -> bool) -> bool {
        JoinRun { join: self, view, binding: [UNBOUND; SLOTS_MAX], found }.meet(0)
    }
}

/// The state of a running join.
struct JoinRun<'a> {
    join: &'a Join,
    view: GameView<'a>,
    binding: Binding,
    found: &'a mut dyn FnMut(&Binding) -> bool,
}

impl JoinRun<'_> {
    /// Finds all bindings for the steps from `start` on; false if `found` ended the run.
    fn meet(&mut self, start: usize) -> bool {
        match self.join.steps.get(start) {
            None => (self.found)(&self.binding),
            Some(JoinStep::Test(test)) => {
                !test.holds(self.view, &self.binding) || self.meet(start + 1)
            }
            Some(&JoinStep::Each(slot)) => {
                let objects = self.view.objects;
                let go_on = objects.of_kind(self.join.kinds[slot]).all(|object| {
                    self.binding[slot] = object;
                    self.meet(start + 1)
                });
                self.binding[slot] = UNBOUND;
                go_on
            }
            Some(&JoinStep::Fact(fact)) => self.meet_fact(start, fact),
        }
    }

    fn meet_fact(&mut self, start: usize, fact: Fact) -> bool {
        let facts = self.view.facts;
        let relation = facts.known(fact.predicate);
        match fact.terms.map(|term| value(term, &self.binding)) {
            [None, _] | [_, None] => true,
            [Some(UNBOUND), Some(UNBOUND)] => {
                relation.pairs().iter().all(|&pair| self.meet_pair(start, fact, pair))
            }
            [Some(UNBOUND), Some(second)] => relation
                .from_second(second)
                .iter()
                .all(|&(second, first)| self.meet_pair(start, fact, (first, second))),
            [Some(first), Some(UNBOUND)] => {
                relation.from_first(first).iter().all(|&pair| self.meet_pair(start, fact, pair))
            }
            [Some(first), Some(second)] => {
                !relation.contains((first, second)) || self.meet(start + 1)
            }
        }
    }

    /// Binds the fact at `start` to a pair and continues with the next step.
    fn meet_pair(&mut self, start: usize, fact: Fact, pair: ObjectPair) -> bool {
        let before = self.binding;
        let mut fits = true;
        for (term, object) in fact.terms.into_iter().zip([pair.0, pair.1]) {
            fits = fits
                && match term {
                    Term::Slot(slot) if self.binding[slot] == UNBOUND => {
                        self.binding[slot] = object;
                        self.view.objects.fits(self.join.kinds[slot], object)
                    }
                    term => value(term, &self.binding) == Some(object),
                };
        }
        let go_on = !fits || self.meet(start + 1);
        self.binding = before;
        go_on
    }
}

/// Whether every variable that the test does not bind itself is bound.
fn is_bound(test: &Test, bound: &[bool; SLOTS_MAX]) -> bool {
    let term_is_bound = |term: &Term| match term {
        Term::Slot(slot) => bound[*slot],
        Term::Object(_) | Term::Absent => true,
    };
    match test {
        Test::All(parts) | Test::Any(parts) => parts.iter().all(|part| is_bound(part, bound)),
        Test::Not(part) => is_bound(part, bound),
        Test::Fact(fact) => fact.terms.iter().all(term_is_bound),
        Test::Equal(one, other) => term_is_bound(one) && term_is_bound(other),
        Test::Exists(slots, part) => {
            let mut bound = *bound;
            for slot in slots {
                bound[slot.slot] = true;
            }
            is_bound(part, &bound)
        }
    }
}

/// The estimated number of pairs of a fact once the `bound` variables are known; at least
/// one for facts that change.
fn cost(fact: Fact, bound: &[bool; SLOTS_MAX], view: GameView<'_>) -> usize {
    let is_free = |term: Term| matches!(term, Term::Slot(slot) if !bound[slot]);
    let relation: &Relation = view.facts.known(fact.predicate);
    let pairs = relation.pairs().len().max(1);
    match fact.terms.map(is_free) {
        [false, false] => 0,
        [false, true] => pairs.div_ceil(distinct(relation.pairs().iter().map(|pair| pair.0))),
        [true, false] if fact.terms[1] != Term::Object(NOTHING) => {
            let mut seconds: Vec<_> = relation.pairs().iter().map(|pair| pair.1).collect();
            seconds.sort_unstable();
            pairs.div_ceil(distinct(seconds.into_iter()))
        }
        _ => pairs,
    }
}

/// Number of different numbers in a sorted sequence, at least 1.
fn distinct(sorted: impl Iterator<Item = ObjectId>) -> usize {
    let mut last = None;
    sorted.filter(|&object| last.replace(object) != Some(object)).count().max(1)
}
