//! Progress of an episode: the share of the goal's facts that are true.
//!
//! The goal says that some objects exist for which facts hold. For each choice
//! of objects that can meet it (those for which the facts that no action
//! changes hold), the facts that actions change are subgoals. Progress is the greatest
//! share of subgoals among the choices. Two kinds of facts are special:
//!
//! - `(inreceptacle o r)` with an object that can be picked up counts as two
//!   subgoals, taking `o` and putting it into `r`.
//! - `(inreceptacle o r)` with an object that cannot, such as a lamp on its desk, never
//!   changes, so it only restricts the choices of objects.

use super::join::{Binding, Conjunction, Fact, GameView, Join};
use super::rules::Rules;
use crate::facts::ObjectId;
use crate::objects::Objects;

/// Greatest number of choices of objects; ALFWorld's games have up to 800.
const CHOICES_MAX: usize = 4096;

/// The subgoals of a game, for each choice of objects.
#[derive(Clone, Debug, Default)]
pub struct Subgoals {
    choices: Vec<Vec<Subgoal>>,
    holds: Option<usize>,
}

/// A fact to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Subgoal {
    predicate: usize,
    pair: (ObjectId, ObjectId),
    /// Whether holding the object is enough.
    taking: bool,
    what: What,
}

/// The kind of a subgoal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Take,
    Put,
    Hold,
    Clean,
    Heat,
    Cool,
    Use,
    Stand,
    Other,
}

/// The choice of objects with the greatest share of reached subgoals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BestChoice {
    /// Its number.
    choice: usize,
    /// Number of reached subgoals.
    pub reached: usize,
    /// Number of subgoals.
    pub total: usize,
}

impl BestChoice {
    /// The share of reached subgoals; 0.0 if there are none.
    pub fn share(self) -> f32 {
        self.reached as f32 / self.total.max(1) as f32
    }
}

/// The reached subgoals of the best choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// The reached subgoals, as text.
    pub reached: Vec<String>,
    /// Number of subgoals.
    pub total: usize,
}

impl Subgoals {
    /// Finds the choices at the start of a game.
    pub fn new(rules: &Rules, goal: &[Conjunction], view: GameView<'_>) -> Self {
        let mut choices: Vec<Vec<Subgoal>> = Vec::new();
        for way in goal {
            let (changed, fixed) =
                way.facts.iter().partition::<Vec<Fact>, _>(|fact| rules.is_changed(fact.predicate));
            let fixed = Conjunction { facts: fixed, ..way.clone() };
            Join::plan(&fixed, view).run(view, &mut |binding| {
                let choice = choose(rules, &changed, view, binding);
                choices.extend(choice.filter(|choice| !choice.is_empty()));
                choices.len() < CHOICES_MAX
            });
        }
        choices.dedup();
        Self { choices, holds: rules.predicate("holds") }
    }

    /// The choice with the greatest share of reached subgoals, the first of equals.
    pub fn best(&self, view: GameView<'_>) -> BestChoice {
        let mut best = BestChoice::default();
        for (choice, subgoals) in self.choices.iter().enumerate() {
            let reached = subgoals.iter().filter(|one| self.holds(one, view)).count();
            let total = subgoals.len();
            // Shares are compared by their cross product: counts are small.
            if best.total == 0 || reached * best.total > best.reached * total {
                best = BestChoice { choice, reached, total };
            }
        }
        best
    }

    /// The reached subgoals of a choice, as text.
    pub fn reached(&self, best: BestChoice, view: GameView<'_>) -> Reached {
        let subgoals = self.choices.get(best.choice).map_or(&[][..], |subgoals| &subgoals[..]);
        let reached = subgoals.iter().filter(|one| self.holds(one, view));
        let reached = reached.map(|one| one.words(view.objects)).collect();
        Reached { reached, total: best.total }
    }

    fn holds(&self, subgoal: &Subgoal, view: GameView<'_>) -> bool {
        let is_held = || {
            self.holds.is_some_and(|holds| {
                !view.facts.known(holds).from_second(subgoal.pair.0).is_empty()
            })
        };
        view.facts.known(subgoal.predicate).contains(subgoal.pair) || (subgoal.taking && is_held())
    }
}

/// The subgoals of one choice; `None` if it can never meet the goal.
fn choose(
    rules: &Rules,
    changed: &[Fact],
    view: GameView<'_>,
    binding: &Binding,
) -> Option<Vec<Subgoal>> {
    let inside = rules.predicate("inreceptacle");
    let portable = rules.predicate("pickupable");
    let mut subgoals = Vec::new();
    for fact in changed {
        let pair = fact.pair(binding)?;
        let what = what(rules, fact.predicate);
        let subgoal = Subgoal { predicate: fact.predicate, pair, taking: false, what };
        if Some(fact.predicate) == inside {
            if portable
                .is_none_or(|portable| view.facts.known(portable).from_first(pair.0).is_empty())
            {
                if !view.facts.known(fact.predicate).contains(pair) {
                    return None;
                }
                continue;
            }
            subgoals.push(Subgoal { taking: true, what: What::Take, ..subgoal });
        }
        subgoals.push(subgoal);
    }
    // In the order in which they are usually reached.
    subgoals.sort_by_key(|subgoal| (subgoal.what == What::Put, subgoal.what != What::Take));
    Some(subgoals)
}

fn what(rules: &Rules, predicate: usize) -> What {
    const WORDS: [(&str, What); 7] = [
        ("inreceptacle", What::Put),
        ("holds", What::Hold),
        ("isclean", What::Clean),
        ("ishot", What::Heat),
        ("iscool", What::Cool),
        ("istoggled", What::Use),
        ("atlocation", What::Stand),
    ];
    let known = WORDS.iter().find(|(name, _)| rules.predicate(name) == Some(predicate));
    known.map_or(What::Other, |&(_, what)| what)
}

impl Subgoal {
    /// The subgoal as text, with the kinds of its objects.
    fn words(&self, objects: &Objects) -> String {
        let noun = |object: ObjectId| {
            let name = &objects.names[usize::from(object)];
            name.split(' ').next().unwrap_or_default()
        };
        let (first, second) = (noun(self.pair.0), noun(self.pair.1));
        match self.what {
            What::Take => format!("take {first}"),
            What::Put => format!("put {first} in/on {second}"),
            What::Hold => format!("hold {second}"),
            What::Clean => format!("clean {first}"),
            What::Heat => format!("heat {first}"),
            What::Cool => format!("cool {first}"),
            What::Use => format!("use {first}"),
            What::Stand => "stand at the right place".to_owned(),
            What::Other => format!("{first} {second}"),
        }
    }
}
