//! The right-hand sides of TextWorld's context-sensitive grammar.
//!
//! ```text
//! #rule#                          the text of the rule
//! {r.name}                        a property of the object `r`
//! {r.name or r.id | p(r:kind)}    the same for each way to bind the query
//! [{o.indefinite + ' ' + o.name | p(o:kind, r:kind) & q(o:kind)}]
//!                                 the same, as a list
//! ```

use std::collections::HashMap;

use super::error::GrammarError;

/// A part of a text.
#[derive(Clone, Debug)]
pub enum Symbol {
    /// A literal text.
    Text(String),
    /// The text of the rule of this number.
    Rule(usize),
    /// One item for each binding, concatenated.
    Each(Each),
    /// One item for each binding, as a list.
    List(Each),
}

/// An item with the query that binds its variables; without a query it occurs once.
#[derive(Clone, Debug)]
pub struct Each {
    /// The item.
    pub item: SymbolItem,
    /// The query.
    pub given: Option<Query>,
}

/// The text for one binding.
#[derive(Clone, Debug)]
pub enum SymbolItem {
    /// The text of the rule of this number.
    Rule(usize),
    /// The first alternative that is not empty; each is a concatenation.
    Value(Vec<Vec<ValuePart>>),
}

/// One part of a concatenation.
#[derive(Clone, Debug)]
pub enum ValuePart {
    /// A literal.
    Text(String),
    /// The name of the object of the variable with this number.
    Name(usize),
    /// The id of that object in the PDDL problem.
    Id(usize),
    /// Its indefinite article.
    Article,
}

/// Facts that must hold together.
pub type Query = Vec<QueryAtom>;

/// One fact of a query.
#[derive(Clone, Debug)]
pub struct QueryAtom {
    /// The predicate's number; `None` if the domain lacks it, so it never holds.
    pub predicate: Option<usize>,
    /// Whether the fact must have been made false by an action.
    pub denied: bool,
    /// Placeholders by number, at most two.
    pub placeholders: Vec<usize>,
}

/// A variable of queries: its name together with its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    /// The name, without a question mark.
    pub name: String,
    /// The type of its objects.
    pub kind: String,
    /// The number of the variable of this name.
    pub variable: usize,
}

/// The numbering of a grammar's names.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    /// Predicates of the domain.
    pub predicates: HashMap<String, usize>,
    /// Rules; one that is used may lack productions.
    pub rules: Vec<String>,
    /// Variables of queries.
    pub placeholders: Vec<Placeholder>,
    /// Variables of values: the placeholders' names.
    pub variables: Vec<String>,
}

impl Lexicon {
    /// The number of a rule.
    pub fn rule(&mut self, name: &str) -> usize {
        number(&mut self.rules, name.to_owned())
    }

    /// The number of a variable.
    pub fn variable(&mut self, name: &str) -> usize {
        number(&mut self.variables, name.to_owned())
    }

    /// The number of a placeholder.
    pub fn placeholder(&mut self, name: &str, kind: &str) -> usize {
        let variable = self.variable(name);
        let placeholder = Placeholder { name: name.to_owned(), kind: kind.to_owned(), variable };
        number(&mut self.placeholders, placeholder)
    }
}

fn number<T: PartialEq>(words: &mut Vec<T>, word: T) -> usize {
    words.iter().position(|known| *known == word).unwrap_or_else(|| {
        words.push(word);
        words.len() - 1
    })
}

/// Reads a right-hand side. Like the reference's parser, it skips leading blanks, and drops
/// the rest of the text after the first part that is not a symbol, which occurs in
/// ALFWorld's grammar.
pub fn parse(text: &str, lexicon: &mut Lexicon) -> Result<Vec<Symbol>, GrammarError> {
    let mut rest = text.trim_start();
    let mut symbols = Vec::new();
    while let Some((symbol, after)) = parse_symbol(rest, lexicon)? {
        symbols.push(symbol);
        rest = after.trim_start_matches('\t');
    }
    Ok(symbols)
}

/// The first symbol of a text and the rest; `None` if the text does not begin with one.
fn parse_symbol<'a>(
    text: &'a str,
    lexicon: &mut Lexicon,
) -> Result<Option<(Symbol, &'a str)>, GrammarError> {
    let Some(first) = text.chars().next() else {
        return Ok(None);
    };
    let said = |literal: &str| Symbol::Text(literal.replace("\\n", "\n"));
    Ok(match first {
        '#' => {
            text[1..].split_once('#').map(|(name, after)| (Symbol::Rule(lexicon.rule(name)), after))
        }
        '[' => {
            let each = text[1..].trim_start_matches('\t').strip_prefix('{');
            let each = each.and_then(|each| each.split_once('}'));
            let list = each.and_then(|(each, after)| {
                Some((each, after.trim_start_matches('\t').strip_prefix(']')?))
            });
            match list {
                Some((each, after)) => Some((Symbol::List(parse_each(each, lexicon)?), after)),
                None => None,
            }
        }
        '{' => match text[1..].split_once('}') {
            Some((each, after)) => Some((Symbol::Each(parse_each(each, lexicon)?), after)),
            None => None,
        },
        '"' => text[1..].split_once('"').map(|(literal, after)| (said(literal), after)),
        ';' | '|' | '<' | '>' | ']' | '}' => None,
        _ => {
            let end = text.find([';', '|', '"', '<', '>', '[', ']', '#', '{', '}']);
            let (literal, after) = text.split_at(end.unwrap_or(text.len()));
            Some((said(literal), after))
        }
    })
}

fn parse_each(text: &str, lexicon: &mut Lexicon) -> Result<Each, GrammarError> {
    let (item, given) = match text.split_once('|') {
        Some((item, given)) => (item.trim(), Some(parse_query(given, lexicon)?)),
        None => (text.trim(), None),
    };
    let item = match item.strip_prefix('#').and_then(|item| item.strip_suffix('#')) {
        Some(rule) => SymbolItem::Rule(lexicon.rule(rule)),
        None => SymbolItem::Value(
            item.split(" or ").map(|sum| parse_sum(sum, lexicon)).collect::<Result<_, _>>()?,
        ),
    };
    Ok(Each { item, given })
}

/// Reads `'text' + variable.property + variable`.
fn parse_sum(text: &str, lexicon: &mut Lexicon) -> Result<Vec<ValuePart>, GrammarError> {
    let mut rest = text.trim();
    let mut parts = Vec::new();
    loop {
        let malformed = || GrammarError::Value(text.to_owned());
        let quote = rest.chars().next().filter(|letter| matches!(letter, '\'' | '"'));
        let (part, after) = if let Some(quote) = quote {
            let (literal, after) = rest[1..].split_once(quote).ok_or_else(malformed)?;
            (ValuePart::Text(literal.to_owned()), after)
        } else {
            let (word, after) = rest.split_at(rest.find('+').unwrap_or(rest.len()));
            let (variable, property) = word.trim().split_once('.').unwrap_or((word.trim(), "name"));
            let variable = lexicon.variable(variable);
            let part = match property {
                "name" => ValuePart::Name(variable),
                "id" => ValuePart::Id(variable),
                "indefinite" => ValuePart::Article,
                _ => return Err(malformed()),
            };
            (part, after)
        };
        parts.push(part);
        let after = after.trim_start();
        if after.is_empty() {
            return Ok(parts);
        }
        rest = after.strip_prefix('+').ok_or_else(malformed)?.trim_start();
    }
}

/// Reads `predicate(name:kind, …) & not_predicate(…)`.
pub fn parse_query(text: &str, lexicon: &mut Lexicon) -> Result<Query, GrammarError> {
    text.split('&').map(|atom| parse_query_atom(atom.trim(), lexicon)).collect()
}

fn parse_query_atom(text: &str, lexicon: &mut Lexicon) -> Result<QueryAtom, GrammarError> {
    let malformed = || GrammarError::Query(text.to_owned());
    let (name, terms) = text.split_once('(').ok_or_else(malformed)?;
    let terms = terms.strip_suffix(')').ok_or_else(malformed)?.trim();
    let terms = terms.split(',').map(str::trim).filter(|term| !term.is_empty());
    let placeholders: Vec<usize> = terms
        .map(|term| {
            let (name, kind) = term.split_once(':').unwrap_or((term, term));
            lexicon.placeholder(name.trim(), kind.trim())
        })
        .collect();
    if placeholders.len() > crate::pddl::ARITY_MAX {
        return Err(malformed());
    }
    let (name, denied) = match name.strip_prefix("not_") {
        Some(name) => (name, true),
        None => (name, false),
    };
    Ok(QueryAtom { predicate: lexicon.predicates.get(name).copied(), denied, placeholders })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_over_a_query_is_read() {
        let mut lexicon = Lexicon::default();
        lexicon.predicates.insert("in".to_owned(), 4);

        let symbols =
            parse("\nSee [{o.indefinite + ' ' + o.name | not_in(o:thing, r:box)}].", &mut lexicon)
                .unwrap();

        let [Symbol::Text(start), Symbol::List(each), Symbol::Text(end)] = &symbols[..] else {
            panic!("{symbols:?}")
        };
        assert_eq!((start.as_str(), end.as_str()), ("See ", "."));
        let atom = &each.given.as_ref().unwrap()[0];
        assert_eq!((atom.predicate, atom.denied), (Some(4), true));
        assert_eq!(lexicon.placeholders[atom.placeholders[1]].kind, "box");
    }

    #[test]
    fn what_follows_no_symbol_is_dropped() {
        for (text, count) in [("a } b", 1), ("a < b", 1), ("a #open", 1), ("{x} [{x}", 2), ("", 0)]
        {
            assert_eq!(parse(text, &mut Lexicon::default()).unwrap().len(), count, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_said_is_refused() {
        for text in ["{x.colour}", "{x | p(y}", "{'open}", "{x | p(a, b, c)}"] {
            assert!(parse(text, &mut Lexicon::default()).is_err(), "{text}");
        }
    }
}
