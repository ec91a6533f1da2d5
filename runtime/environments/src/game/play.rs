//! One episode of a game, as TextWorld plays it.
//!
//! - A command counts only if it is one of the admissible ones, letter by
//!   letter, after the blanks around it are cut. Anything else gets `Nothing
//!   happens.` and changes nothing.
//! - An action is admissible if its precondition holds and it could change something:
//!   Fast Downward drops actions whose effects are part of their precondition, so the
//!   actor cannot go to where it is.
//! - A fact that an action both adds and removes becomes true.
//! - The game continues after it is won, and the goal may become false again.

use std::cell::{Cell, OnceCell};
use std::sync::Arc;

use crate::facts::{Facts, ObjectId, ObjectPair};
use crate::game::join::{Binding, GameView, SLOTS_MAX, UNBOUND};
use crate::game::subgoals::Reached;
use crate::game::template::say;
use crate::game::{Alternative, Game, PARAMETERS_MAX};
use crate::text::GrammarError;
use crate::text::generation::TextGenerator;
use crate::text::symbol::Symbol;

/// The reference's observation after a command that is not admissible.
pub const NOTHING_HAPPENS: &str = "Nothing happens.";

/// A game being played.
#[derive(Debug)]
pub struct GameState {
    game: Arc<Game>,
    facts: Facts,
    won: bool,
    progress: f32,
    reached: Reached,
    commands: OnceCell<Commands>,
}

/// The admissible commands of one moment.
#[derive(Debug, Default)]
struct Commands {
    /// The texts of all commands, concatenated.
    text: String,
    instances: Vec<Instance>,
}

/// An action with its arguments.
#[derive(Clone, Copy, Debug)]
struct Instance {
    action: usize,
    arguments: [ObjectId; PARAMETERS_MAX],
    /// Where the command starts and ends in the text.
    command: (usize, usize),
}

impl GameState {
    /// Starts a game.
    pub fn new(game: Arc<Game>) -> Self {
        let facts = game.start.clone();
        let mut play = Self {
            game,
            facts,
            won: false,
            progress: 0.0,
            reached: Reached::default(),
            commands: OnceCell::new(),
        };
        play.judge();
        play
    }

    /// The game.
    pub fn game(&self) -> &Arc<Game> {
        &self.game
    }

    /// Whether the goal is met now.
    pub fn won(&self) -> bool {
        self.won
    }

    /// Whether the game can no longer be won: the fact `lost` is true of someone.
    pub fn lost(&self) -> bool {
        let lost = self.game.rules.predicate("lost");
        lost.is_some_and(|lost| !self.facts.known(lost).pairs().is_empty())
    }

    /// The greatest share of subgoals so far; 1.0 once the game was won.
    pub fn progress(&self) -> f32 {
        self.progress
    }

    /// The subgoals that were reached when progress was greatest.
    pub fn reached(&self) -> &Reached {
        &self.reached
    }

    /// The first observation.
    pub fn intro(&self) -> Result<String, GrammarError> {
        self.tell_rule(self.game.rules.grammar.intro)
    }

    /// The instruction.
    pub fn instruction(&self) -> Result<String, GrammarError> {
        self.tell_rule(self.game.rules.grammar.task)
    }

    /// The admissible commands, sorted and without duplicates.
    pub fn admissible(&self) -> Result<Vec<String>, GrammarError> {
        let commands = self.commands()?;
        let mut listed: Vec<&str> =
            commands.instances.iter().map(|instance| commands.said(instance)).collect();
        listed.sort_unstable();
        listed.dedup();
        Ok(listed.into_iter().map(str::to_owned).collect())
    }

    /// Carries out a command and returns the observation.
    pub fn step(&mut self, command: &str) -> Result<String, GrammarError> {
        let command = command.trim_matches(is_blank);
        let commands = self.commands()?;
        let found = commands.instances.iter().find(|instance| commands.said(instance) == command);
        let Some(&instance) = found else {
            return Ok(NOTHING_HAPPENS.to_owned());
        };
        self.apply(&instance);
        let action = &self.game.actions[instance.action];
        let teller = self.teller();
        let mut scope = teller.scope_of(&action.placeholders, &instance.arguments);
        let mut said = String::new();
        teller.tell(
            &self.game.rules.grammar.actions[&action.name].feedback,
            &mut scope,
            &mut said,
        )?;
        Ok(said)
    }

    fn view(&self) -> GameView<'_> {
        GameView { facts: &self.facts, objects: &self.game.objects }
    }

    fn teller(&self) -> TextGenerator<'_> {
        TextGenerator {
            grammar: &self.game.rules.grammar,
            facts: &self.facts,
            objects: &self.game.objects,
            placeholder_kinds: &self.game.placeholder_kinds,
            task: self.game.task.as_deref(),
            symbols: Cell::new(0),
        }
    }

    fn tell_rule(&self, rule: usize) -> Result<String, GrammarError> {
        let teller = self.teller();
        let mut said = String::new();
        teller.tell(&[Symbol::Rule(rule)], &mut teller.scope(), &mut said)?;
        Ok(said)
    }

    /// The admissible commands, computed at the first call after a step.
    fn commands(&self) -> Result<&Commands, GrammarError> {
        if let Some(commands) = self.commands.get() {
            return Ok(commands);
        }
        let listed = self.list_commands()?;
        Ok(self.commands.get_or_init(|| listed))
    }

    fn list_commands(&self) -> Result<Commands, GrammarError> {
        let teller = self.teller();
        let mut commands = Commands::default();
        commands.text.reserve(1024);
        let mut scope = teller.scope();
        for (number, action) in self.game.actions.iter().enumerate() {
            let template = &self.game.rules.grammar.actions[&action.name].template;
            scope.clear();
            let mut problem = None;
            for alternative in &action.alternatives {
                alternative.join.run(self.view(), &mut |binding| {
                    if alternative.may_be_idle && self.is_idle(number, alternative, binding) {
                        return true;
                    }
                    let mut arguments = [UNBOUND; PARAMETERS_MAX];
                    let count = action.placeholders.len();
                    arguments[..count].copy_from_slice(&binding[..count]);
                    let start = commands.text.len();
                    if let Some(template) = &action.template {
                        say(template, &arguments, &self.game.objects, &mut commands.text);
                    } else {
                        teller.rebind(&mut scope, &action.placeholders, &arguments);
                        problem = teller.tell(template, &mut scope, &mut commands.text).err();
                    }
                    let command = (start, commands.text.len());
                    commands.instances.push(Instance { action: number, arguments, command });
                    problem.is_none()
                });
            }
            if let Some(problem) = problem {
                return Err(problem);
            }
        }
        Ok(commands)
    }

    /// Whether an action would have no effect.
    fn is_idle(&self, action: usize, alternative: &Alternative, binding: &Binding) -> bool {
        let changes = &self.game.actions[action].changes;
        changes.iter().all(|change| {
            let pair = change.fact.pair(binding);
            let same = |fact: &crate::game::join::Fact| {
                fact.predicate == change.fact.predicate && fact.pair(binding) == pair
            };
            if change.adds {
                alternative.conjunction.facts.iter().any(same)
            } else {
                changes.iter().any(|other| other.adds && same(&other.fact))
            }
        })
    }

    fn apply(&mut self, instance: &Instance) {
        let mut added = Vec::new();
        let mut taken = Vec::new();
        let mut binding = [UNBOUND; SLOTS_MAX];
        binding[..PARAMETERS_MAX].copy_from_slice(&instance.arguments);
        let game = Arc::clone(&self.game);
        for change in &game.actions[instance.action].changes {
            let list = if change.adds { &mut added } else { &mut taken };
            self.find_changes(change, 0, &mut binding, list);
        }
        taken.retain(|change| !added.contains(change));
        let decides =
            |changes: &[(usize, ObjectPair)]| changes.iter().any(|one| game.decisive[one.0]);
        let decisive = decides(&added) || decides(&taken);
        for (predicate, pair) in taken {
            self.facts.deny(predicate, pair);
        }
        for (predicate, pair) in added {
            self.facts.add(predicate, pair);
        }
        self.commands.take();
        if decisive {
            self.judge();
        }
    }

    /// Appends the facts that `change` makes true or false, for all objects of its
    /// variables.
    fn find_changes(
        &self,
        change: &crate::game::compile::FactChange,
        depth: usize,
        binding: &mut Binding,
        found: &mut Vec<(usize, ObjectPair)>,
    ) {
        if let Some(slot) = change.for_all.get(depth) {
            for object in self.game.objects.of_kind(slot.kind) {
                binding[slot.slot] = object;
                self.find_changes(change, depth + 1, binding, found);
            }
        } else if change.when.holds(self.view(), binding) {
            found.extend(change.fact.pair(binding).map(|pair| (change.fact.predicate, pair)));
        }
    }

    /// Updates whether the game is won, and the progress.
    fn judge(&mut self) {
        let view = self.view();
        let won = self.game.goal.iter().any(|way| !way.run(view, &mut |_| false));
        let best = self.game.subgoals.best(view);
        let share = if won { 1.0 } else { best.share() };
        let is_first = self.reached.total == 0 && best.total > 0;
        if share > self.progress || is_first {
            self.reached = self.game.subgoals.reached(best, view);
            self.progress = share;
        }
        self.won = won;
    }
}

impl Commands {
    fn said(&self, instance: &Instance) -> &str {
        &self.text[instance.command.0..instance.command.1]
    }
}

/// Whether Python's `str.strip` removes this character.
fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{1c}'..='\u{1f}')
}
