//! PDDL's conditions and effects, with unresolved names.

use super::error::PddlError;
use super::sexpr::Sexpr;

/// A variable with its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name: with a question mark for a variable, without for an object.
    pub name: String,
    /// The type; `object` if none is written.
    pub kind: String,
}

/// A predicate or an equality over terms. A term that starts with a question
/// mark is a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atom {
    /// `=` for an equality.
    pub predicate: String,
    /// As many as the predicate takes.
    pub terms: Vec<String>,
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Every part holds; empty is true.
    All(Vec<Condition>),
    /// One part holds; empty is false.
    Any(Vec<Condition>),
    /// The part does not hold.
    Not(Box<Condition>),
    /// Some objects make the part hold.
    Exists(Vec<Parameter>, Box<Condition>),
    /// All objects make the part hold.
    ForAll(Vec<Parameter>, Box<Condition>),
    /// The fact is true.
    Atom(Atom),
}

/// An effect: one fact that an action makes true or false.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Variables that the effect runs over, besides the action's own.
    pub for_all: Vec<Parameter>,
    /// The condition, evaluated before the action; true if none is written.
    pub when: Condition,
    /// The fact.
    pub atom: Atom,
    /// Whether the fact becomes true.
    pub adds: bool,
}

/// Reads `a b - kind c - kind …`.
pub fn parse_typed_list(items: &[Sexpr<'_>]) -> Result<Vec<Parameter>, PddlError> {
    let mut read = Vec::new();
    let mut untyped = 0;
    let mut words = items
        .iter()
        .map(|item| item.word().ok_or_else(|| PddlError::form("a name in a typed list", item)));
    while let Some(word) = words.next() {
        let word = word?;
        if word == "-" {
            let kind = words.next().ok_or(PddlError::MissingType)??;
            for parameter in &mut read[untyped..] {
                let parameter: &mut Parameter = parameter;
                kind.clone_into(&mut parameter.kind);
            }
            untyped = read.len();
        } else {
            read.push(Parameter { name: word.to_owned(), kind: "object".to_owned() });
        }
    }
    Ok(read)
}

/// Reads a precondition or goal. `()` is true.
pub fn parse_condition(item: &Sexpr<'_>) -> Result<Condition, PddlError> {
    if item.list().is_some_and(<[_]>::is_empty) {
        return Ok(Condition::All(Vec::new()));
    }
    let (head, rest) = item.form().ok_or_else(|| PddlError::form("a condition", item))?;
    let parts = || rest.iter().map(parse_condition).collect::<Result<Vec<_>, _>>();
    let quantified = || match rest {
        [variables, part] => {
            let variables = variables
                .list()
                .ok_or_else(|| PddlError::form("a list of variables", variables))?;
            Ok((parse_typed_list(variables)?, Box::new(parse_condition(part)?)))
        }
        _ => Err(PddlError::form("variables and one condition", item)),
    };
    match (head, rest) {
        ("and", _) => Ok(Condition::All(parts()?)),
        ("or", _) => Ok(Condition::Any(parts()?)),
        ("not", [part]) => Ok(Condition::Not(Box::new(parse_condition(part)?))),
        ("imply", [premise, conclusion]) => Ok(Condition::Any(vec![
            Condition::Not(Box::new(parse_condition(premise)?)),
            parse_condition(conclusion)?,
        ])),
        ("exists", _) => quantified().map(|(variables, part)| Condition::Exists(variables, part)),
        ("forall", _) => quantified().map(|(variables, part)| Condition::ForAll(variables, part)),
        _ => Ok(Condition::Atom(parse_atom(item)?)),
    }
}

/// Reads `(predicate term …)`.
pub fn parse_atom(item: &Sexpr<'_>) -> Result<Atom, PddlError> {
    let (head, rest) = item.form().ok_or_else(|| PddlError::form("a fact", item))?;
    let terms = rest
        .iter()
        .map(|term| term.word().map(str::to_owned))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| PddlError::form("a fact over names", item))?;
    Ok(Atom { predicate: head.to_owned(), terms })
}

/// Appends the facts that an effect changes; costs are ignored.
pub fn parse_effect(
    item: &Sexpr<'_>,
    for_all: &[Parameter],
    when: &Condition,
    effects: &mut Vec<Effect>,
) -> Result<(), PddlError> {
    let (head, rest) = item.form().ok_or_else(|| PddlError::form("an effect", item))?;
    let change = |atom, adds| Effect { for_all: for_all.to_vec(), when: when.clone(), atom, adds };
    match (head, rest) {
        ("and", _) => {
            for part in rest {
                parse_effect(part, for_all, when, effects)?;
            }
        }
        ("increase", _) => {}
        ("not", [fact]) => effects.push(change(parse_atom(fact)?, false)),
        ("when", [condition, part]) => {
            let both = Condition::All(vec![when.clone(), parse_condition(condition)?]);
            parse_effect(part, for_all, &both, effects)?;
        }
        ("forall", [variables, part]) => {
            let variables = variables
                .list()
                .ok_or_else(|| PddlError::form("a list of variables", variables))?;
            let all = [for_all, &parse_typed_list(variables)?].concat();
            parse_effect(part, &all, when, effects)?;
        }
        _ => effects.push(change(parse_atom(item)?, true)),
    }
    Ok(())
}
