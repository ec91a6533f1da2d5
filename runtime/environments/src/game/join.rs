//! Finds the objects for which a conjunction of facts holds.
//!
//! A join is planned once a game, the most selective fact first, and run at
//! every step: it is what makes listing the admissible actions cheap.

mod condition;

use crate::facts::{Facts, NOTHING, ObjectId, Pair, Relation};
use crate::objects::Objects;
use condition::value;

pub use condition::{Conjunction, Fact, Slot, Term, Test};

/// Variables that one action or goal may have, quantified ones included.
pub const SLOTS_MAX: usize = 24;
/// Most objects that one action may be done with.
pub const PARAMETERS_MAX: usize = 8;
/// Marks a slot that stands for nothing yet.
pub const UNBOUND: ObjectId = ObjectId::MAX;

/// Whom the variables stand for.
pub type Binding = [ObjectId; SLOTS_MAX];

/// A conjunction in the order in which it is met.
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

/// What joins and tests are run over.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// What is true.
    pub facts: &'a Facts,
    /// What there is.
    pub objects: &'a Objects,
}

/// One way to be allowed an action.
#[derive(Debug)]
pub struct Alternative {
    /// Finds the objects.
    pub join: Join,
    /// What it asks for.
    pub conjunction: Conjunction,
    /// Whether some objects make the action change nothing, so that it must be
    /// looked into.
    pub may_be_idle: bool,
}

impl Join {
    /// Orders a conjunction, judging by how many facts there are in `view`.
    pub fn plan(conjunction: &Conjunction, view: View<'_>) -> Self {
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

    /// Calls `found` for every binding until it returns false; says whether it
    /// never did.
    pub fn run(&self, view: View<'_>, found: &mut dyn FnMut(&Binding) -> bool) -> bool {
        Run { join: self, view, binding: [UNBOUND; SLOTS_MAX], found }.meet(0)
    }
}

/// A join being run.
struct Run<'a> {
    join: &'a Join,
    view: View<'a>,
    binding: Binding,
    found: &'a mut dyn FnMut(&Binding) -> bool,
}

impl Run<'_> {
    /// Meets the steps from `start` on in every way; false once it is to end.
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

    /// Binds the fact at `start` to a pair and goes on.
    fn meet_pair(&mut self, start: usize, fact: Fact, pair: Pair) -> bool {
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

/// About how many pairs a fact has once `bound` variables are known. Facts that
/// come and go count as one at least.
fn cost(fact: Fact, bound: &[bool; SLOTS_MAX], view: View<'_>) -> usize {
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

/// How many different numbers a sorted sequence has, at least 1.
fn distinct(sorted: impl Iterator<Item = ObjectId>) -> usize {
    let mut last = None;
    sorted.filter(|&object| last.replace(object) != Some(object)).count().max(1)
}
