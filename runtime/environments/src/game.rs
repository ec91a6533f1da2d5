//! A compiled text game: a PDDL domain and a TextWorld grammar, which games share, and
//! one problem.
//!
//! ```text
//! domain + grammar ─► Rules ┐
//!                  problem ─┴─► Game ─► Play ◄─ commands
//! ```
//!
//! The semantics are those of TextWorld, which runs Fast Downward: see `play`. This
//! module is independent of any world.

pub mod error;
pub mod join;
pub mod rules;
pub mod compile;
pub mod template;
pub mod subgoals;
pub mod play;

use std::sync::Arc;

use crate::facts::{Facts, NOTHING, ObjectPair, Relation};
use crate::objects::{OBJECTS_MAX, Objects};
use crate::pddl::condition::Atom;
use crate::pddl::{ActionSchema, Problem};
use compile::{Compiler, FactChange};
pub use error::GameError;
pub use join::{Alternative, PARAMETERS_MAX};
use join::{Conjunction, GameView, Join};
pub use rules::Rules;
use subgoals::Subgoals;
use template::{Parameters, Template};

/// One problem under its rules.
#[derive(Debug)]
pub struct Game {
    /// The domain and grammar, shared with other games.
    pub rules: Arc<Rules>,
    /// The objects.
    pub objects: Objects,
    /// The facts at the start.
    pub start: Facts,
    /// The actions, in the order of the domain.
    pub actions: Vec<GameAction>,
    /// The alternatives of the goal.
    pub goal: Vec<Join>,
    /// Whether each predicate occurs in the goal or in subgoals.
    pub decisive: Vec<bool>,
    /// The subgoals, which measure progress.
    pub subgoals: Subgoals,
    /// The kind of objects of each placeholder of the grammar.
    pub placeholder_kinds: Vec<Option<usize>>,
    /// The text of the task, if the grammar does not contain it.
    pub task: Option<String>,
}

/// A compiled action.
#[derive(Debug)]
pub struct GameAction {
    /// The domain's name of it, in lower case.
    pub name: String,
    /// The placeholders of its parameters.
    pub placeholders: Vec<usize>,
    /// Its command, if that does not depend on facts.
    pub template: Option<Template>,
    /// The alternatives of its precondition.
    pub alternatives: Vec<Alternative>,
    /// Its effects.
    pub changes: Vec<FactChange>,
}

impl Game {
    /// Compiles a problem. `task` replaces the grammar's text of the task.
    pub fn new(
        rules: Arc<Rules>,
        problem: &Problem,
        task: Option<String>,
    ) -> Result<Self, GameError> {
        if problem.objects.len() + rules.domain.constants.len() >= OBJECTS_MAX {
            return Err(GameError::TooManyObjects(problem.objects.len()));
        }
        let mut objects = Objects::new(&rules.domain, &problem.objects);
        let start = start_facts(&rules, &mut objects, &problem.facts)?;
        let view = GameView { facts: &start, objects: &objects };
        let actions = rules
            .domain
            .actions
            .iter()
            .map(|action| compile_action(&rules, action, view))
            .collect::<Result<Vec<_>, _>>()?;
        let goal = Compiler::new(&rules.predicates, &objects).alternatives(&problem.goal)?;
        let subgoals = Subgoals::new(&rules, &goal, view);
        let placeholders = &rules.grammar.lexicon.placeholders;
        Ok(Self {
            goal: goal.iter().map(|way| Join::plan(way, view)).collect(),
            decisive: decisive_predicates(&rules, &goal),
            subgoals,
            placeholder_kinds: placeholders.iter().map(|known| objects.kind(&known.kind)).collect(),
            actions,
            start,
            objects,
            rules,
            task,
        })
    }
}

/// The facts at the start; also names the objects.
fn start_facts(rules: &Rules, objects: &mut Objects, facts: &[Atom]) -> Result<Facts, GameError> {
    let mut pairs: Vec<Vec<ObjectPair>> = vec![Vec::new(); rules.predicates.len()];
    let mut mentioned = vec![false; objects.ids.len()];
    for atom in facts {
        let &(predicate, arity) = rules
            .predicates
            .get(&atom.predicate)
            .ok_or_else(|| GameError::UnknownPredicate(atom.predicate.clone()))?;
        if arity != atom.terms.len() {
            let predicate = atom.predicate.clone();
            return Err(GameError::Terms { predicate, found: atom.terms.len() });
        }
        let mut pair = [NOTHING; 2];
        for (object, name) in pair.iter_mut().zip(&atom.terms) {
            *object = objects.number(name).ok_or_else(|| GameError::UnknownObject(name.clone()))?;
            mentioned[usize::from(*object)] = true;
        }
        pairs[predicate].push((pair[0], pair[1]));
    }
    objects.name(&mentioned);
    Ok(Facts::new(pairs.into_iter().map(Relation::new).collect()))
}

fn compile_action(
    rules: &Rules,
    action: &ActionSchema,
    view: GameView<'_>,
) -> Result<GameAction, GameError> {
    let mut compiler = Compiler::new(&rules.predicates, view.objects);
    let parameters = compiler.declare(&action.parameters)?;
    let mut conjunctions = compiler.alternatives(&action.precondition)?;
    let changes: Vec<FactChange> =
        action.effects.iter().map(|effect| compiler.change(effect)).collect::<Result<_, _>>()?;
    for one in &mut conjunctions {
        one.slots.extend(&parameters);
    }
    let alternatives: Vec<Alternative> = conjunctions
        .into_iter()
        .map(|conjunction| Alternative {
            join: Join::plan(&conjunction, view),
            may_be_idle: changes.iter().all(|change| may_be_idle(change, &changes, &conjunction)),
            conjunction,
        })
        .collect();
    let lexicon = &rules.grammar.lexicon;
    let placeholders = action.parameters.iter().map(|parameter| {
        let name = parameter.name.trim_start_matches('?');
        let known = lexicon.placeholders.iter();
        known.enumerate().find(|(_, known)| known.name == name && known.kind == parameter.kind)
    });
    let placeholders: Vec<usize> = placeholders.flatten().map(|(number, _)| number).collect();
    let variables: Vec<usize> =
        placeholders.iter().map(|&number| lexicon.placeholders[number].variable).collect();
    let known = Parameters {
        placeholders: &placeholders,
        variables: &variables,
        alternatives: &alternatives,
    };
    let template = template::simplify(&rules.grammar.actions[&action.name].template, &known);
    Ok(GameAction { name: action.name.clone(), placeholders, template, alternatives, changes })
}

/// Whether a change may have no effect for some objects: it adds a fact of the precondition,
/// or removes a fact that another change adds.
fn may_be_idle(change: &FactChange, changes: &[FactChange], conjunction: &Conjunction) -> bool {
    let predicate = change.fact.predicate;
    if change.adds {
        conjunction.facts.iter().any(|fact| fact.predicate == predicate)
    } else {
        changes.iter().any(|other| other.adds && other.fact.predicate == predicate)
    }
}

fn decisive_predicates(rules: &Rules, goal: &[Conjunction]) -> Vec<bool> {
    // A test may read any predicate, so with one all predicates count. An equality reads
    // none.
    let looks_around = |test: &join::Test| match test {
        join::Test::Not(part) => !matches!(**part, join::Test::Equal(..)),
        test => !matches!(test, join::Test::Equal(..)),
    };
    let anywhere = goal.iter().flat_map(|way| &way.tests).any(looks_around);
    let mut decisive = vec![anywhere; rules.predicates.len()];
    for fact in goal.iter().flat_map(|way| &way.facts) {
        decisive[fact.predicate] = true;
    }
    if let Some(holds) = rules.predicate("holds") {
        decisive[holds] = true;
    }
    decisive
}
