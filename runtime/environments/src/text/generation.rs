//! Generates the text of a grammar's rule: selects the production whose condition holds,
//! and binds its variables.

use std::cell::Cell;

use crate::facts::{Facts, NOTHING, ObjectId, ObjectPair, Relation};
use crate::objects::Objects;
use crate::text::symbol::{Each, QueryAtom, Symbol, SymbolItem, ValuePart};
use crate::text::{GrammarError, TextGrammar};

/// Marks an unbound placeholder or variable.
const UNBOUND: ObjectId = ObjectId::MAX;
/// Greatest number of symbols in one text, which bounds hostile grammars.
const SYMBOLS_MAX: u32 = 200_000;
/// Greatest nesting of rules.
const DEPTH_MAX: u32 = 64;

/// The objects of the placeholders and variables of a grammar.
#[derive(Clone, Debug)]
pub struct Scope {
    placeholders: Vec<ObjectId>,
    variables: Vec<ObjectId>,
}

/// Generates texts from a grammar and the facts of a game.
pub struct TextGenerator<'a> {
    /// The grammar.
    pub grammar: &'a TextGrammar,
    /// The facts.
    pub facts: &'a Facts,
    /// The objects with their names.
    pub objects: &'a Objects,
    /// The kind of objects of each placeholder.
    pub placeholder_kinds: &'a [Option<usize>],
    /// The game's own text for the rule of the task, if any.
    pub task: Option<&'a str>,
    /// Number of symbols so far.
    pub symbols: Cell<u32>,
}

impl Scope {
    /// Unbinds all placeholders and variables.
    pub fn clear(&mut self) {
        self.placeholders.fill(UNBOUND);
        self.variables.fill(UNBOUND);
    }

    /// The word of a variable's object; empty if the variable is unbound.
    fn word<'w>(&self, words: &'w [String], variable: usize) -> &'w str {
        words.get(usize::from(self.variables[variable])).map_or("", String::as_str)
    }
}

impl TextGenerator<'_> {
    /// A scope in which nothing is bound.
    pub fn scope(&self) -> Scope {
        Scope {
            placeholders: vec![UNBOUND; self.grammar.lexicon.placeholders.len()],
            variables: vec![UNBOUND; self.grammar.lexicon.variables.len()],
        }
    }

    /// A scope in which `placeholders` are bound to `arguments`.
    pub fn scope_of(&self, placeholders: &[usize], arguments: &[ObjectId]) -> Scope {
        let mut scope = self.scope();
        self.rebind(&mut scope, placeholders, arguments);
        scope
    }

    /// Binds `placeholders` to other `arguments`.
    pub fn rebind(&self, scope: &mut Scope, placeholders: &[usize], arguments: &[ObjectId]) {
        for (&placeholder, &object) in placeholders.iter().zip(arguments) {
            scope.placeholders[placeholder] = object;
            scope.variables[self.variable(placeholder)] = object;
        }
    }

    /// Appends the text of `symbols`.
    pub fn tell(
        &self,
        symbols: &[Symbol],
        scope: &mut Scope,
        said: &mut String,
    ) -> Result<(), GrammarError> {
        self.tell_at(0, symbols, scope, said)
    }

    fn tell_at(
        &self,
        depth: u32,
        symbols: &[Symbol],
        scope: &mut Scope,
        said: &mut String,
    ) -> Result<(), GrammarError> {
        for symbol in symbols {
            match symbol {
                Symbol::Text(text) => said.push_str(text),
                Symbol::Rule(rule) => self.tell_rule(depth + 1, *rule, scope, said)?,
                Symbol::Each(each) => drop(self.tell_items(depth, each, scope, said)?),
                Symbol::List(each) => self.tell_list(depth, each, scope, said)?,
            }
        }
        Ok(())
    }

    /// Appends the items; returns where each ends.
    fn tell_items(
        &self,
        depth: u32,
        each: &Each,
        scope: &mut Scope,
        said: &mut String,
    ) -> Result<Vec<usize>, GrammarError> {
        let mut ends = Vec::new();
        let mut tell = |scope: &mut Scope| {
            match &each.item {
                SymbolItem::Rule(rule) => self.tell_rule(depth + 1, *rule, scope, said)?,
                SymbolItem::Value(sums) => self.tell_value(sums, scope, said),
            }
            ends.push(said.len());
            Ok(true)
        };
        match &each.given {
            None => tell(scope)?,
            Some(query) => self.bindings(query, scope, &mut tell)?,
        };
        Ok(ends)
    }

    fn tell_list(
        &self,
        depth: u32,
        each: &Each,
        scope: &mut Scope,
        said: &mut String,
    ) -> Result<(), GrammarError> {
        let rules = self.grammar.list;
        let mut start = said.len();
        let ends = self.tell_items(depth, each, scope, said)?;
        if ends.is_empty() {
            return self.tell_rule(depth + 1, rules.empty, scope, said);
        }
        if ends.len() == 1 {
            return Ok(());
        }
        // Several items are written again with separators.
        let items = said.clone();
        said.truncate(start);
        for (place, &end) in ends.iter().enumerate() {
            if place > 0 {
                let is_last = place == ends.len() - 1;
                let between = if is_last { rules.last_separator } else { rules.separator };
                self.tell_rule(depth + 1, between, scope, said)?;
            }
            said.push_str(&items[start..end]);
            start = end;
        }
        Ok(())
    }

    fn tell_rule(
        &self,
        depth: u32,
        rule: usize,
        scope: &mut Scope,
        said: &mut String,
    ) -> Result<(), GrammarError> {
        let name = || self.grammar.lexicon.rules[rule].clone();
        self.symbols.set(self.symbols.get() + 1);
        if depth > DEPTH_MAX || self.symbols.get() > SYMBOLS_MAX {
            return Err(GrammarError::Endless(name()));
        }
        if let Some(task) = self.task.filter(|_| rule == self.grammar.task) {
            said.push_str(task);
            return Ok(());
        }
        for production in &self.grammar.productions[rule] {
            let mut fits = production.condition.is_empty();
            if !fits {
                self.bindings(&production.condition, scope, &mut |_| {
                    fits = true;
                    Ok(false)
                })?;
            }
            if fits {
                return self.tell_at(depth, &production.symbols, scope, said);
            }
        }
        Err(GrammarError::Silent(name()))
    }

    fn tell_value(&self, sums: &[Vec<ValuePart>], scope: &Scope, said: &mut String) {
        let start = said.len();
        for sum in sums {
            for part in sum {
                match part {
                    ValuePart::Text(text) => said.push_str(text),
                    ValuePart::Article => said.push('a'),
                    ValuePart::Name(variable) => {
                        said.push_str(scope.word(&self.objects.names, *variable));
                    }
                    ValuePart::Id(variable) => {
                        said.push_str(scope.word(&self.objects.ids, *variable));
                    }
                }
            }
            if said.len() > start {
                return;
            }
        }
    }

    /// Calls `found` for each way to meet the query, in the order of the facts,
    /// until it returns false. No two placeholders stand for one object.
    fn bindings(
        &self,
        query: &[QueryAtom],
        scope: &mut Scope,
        found: &mut dyn FnMut(&mut Scope) -> Result<bool, GrammarError>,
    ) -> Result<bool, GrammarError> {
        let Some((atom, rest)) = query.split_first() else {
            return found(scope);
        };
        let Some(predicate) = atom.predicate else {
            return Ok(true);
        };
        let relation =
            if atom.denied { self.facts.denied(predicate) } else { self.facts.known(predicate) };
        let bound = |place: usize| {
            atom.placeholders
                .get(place)
                .map_or(NOTHING, |&placeholder| scope.placeholders[placeholder])
        };
        let (first, second) = (bound(0), bound(1));
        for &pair in candidates(relation, first, second) {
            let pair = if first == UNBOUND && second != UNBOUND { (pair.1, pair.0) } else { pair };
            let mut undo = [(usize::MAX, UNBOUND); 2];
            let fits = self.bind(atom, pair, scope, &mut undo);
            let go_on = if fits { self.bindings(rest, scope, found) } else { Ok(true) };
            for (placeholder, variable_before) in undo {
                if placeholder != usize::MAX {
                    scope.placeholders[placeholder] = UNBOUND;
                    scope.variables[self.variable(placeholder)] = variable_before;
                }
            }
            if !go_on? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Binds the atom's placeholders to `pair`; returns whether that is possible.
    fn bind(
        &self,
        atom: &QueryAtom,
        pair: ObjectPair,
        scope: &mut Scope,
        undo: &mut [(usize, ObjectId); 2],
    ) -> bool {
        for ((&placeholder, object), undo) in
            atom.placeholders.iter().zip([pair.0, pair.1]).zip(undo)
        {
            let standing = scope.placeholders[placeholder];
            if standing == UNBOUND {
                let taken = scope.placeholders.contains(&object);
                if taken || !self.objects.fits(self.placeholder_kinds[placeholder], object) {
                    return false;
                }
                let variable = self.variable(placeholder);
                *undo = (placeholder, scope.variables[variable]);
                scope.placeholders[placeholder] = object;
                scope.variables[variable] = object;
            } else if standing != object {
                return false;
            }
        }
        true
    }

    fn variable(&self, placeholder: usize) -> usize {
        self.grammar.lexicon.placeholders[placeholder].variable
    }
}

/// The pairs that may match, turned round where only the second is bound.
fn candidates(relation: &Relation, first: ObjectId, second: ObjectId) -> &[ObjectPair] {
    if first != UNBOUND {
        relation.from_first(first)
    } else if second != UNBOUND {
        relation.from_second(second)
    } else {
        relation.pairs()
    }
}
