//! Calls that differ a little from known ones, each value by its type.

use serde_json::{Number, Value, json};

use super::super::python::ProgramCall;
use crate::draws::Draws;

/// What numbers may be beyond the greatest given one, as a factor.
const BEYOND: i64 = 2;
/// Longest list or text beyond the longest given one, in items or characters.
const LONGER: usize = 4;

/// What the given calls are made of, by type.
#[derive(Debug, Default)]
pub(super) struct Pool {
    whole: Vec<i64>,
    fractions: Vec<f64>,
    texts: Vec<String>,
    letters: Vec<char>,
    items_max: usize,
}

impl Pool {
    /// Of all arguments of these calls.
    pub(super) fn of(calls: &[ProgramCall]) -> Self {
        let mut pool = Self::default();
        calls.iter().flat_map(|call| &call.arguments.0).for_each(|value| pool.add(value));
        pool.letters.sort_unstable();
        pool.letters.dedup();
        pool
    }

    fn add(&mut self, value: &Value) {
        match value {
            Value::Number(number) => match number.as_i64() {
                Some(whole) => self.whole.push(whole),
                None => self.fractions.extend(number.as_f64()),
            },
            Value::String(text) => {
                self.letters.extend(text.chars());
                self.items_max = self.items_max.max(text.chars().count());
                self.texts.push(text.clone());
            }
            Value::Array(items) => {
                self.items_max = self.items_max.max(items.len());
                for item in items {
                    self.add(item);
                }
            }
            Value::Object(told) => {
                for of in told.values() {
                    self.add(of);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn greatest(&self) -> i64 {
        self.whole.iter().map(|whole| whole.saturating_abs()).max().unwrap_or(0)
    }

    /// A whole number near those given.
    fn whole(&self, from: i64, draws: &mut Draws) -> i64 {
        let bound = self.greatest().saturating_mul(BEYOND).saturating_add(2).min(1 << 52);
        let width = usize::try_from(2 * bound + 1).unwrap_or(usize::MAX);
        let other = i64::try_from(draws.below(width)).unwrap_or(0) - bound;
        let near = [from.saturating_add(1), from.saturating_sub(1), from.saturating_neg(), other];
        match draws.below(near.len() + 1) {
            at if at < near.len() => near[at],
            _ if self.whole.is_empty() => other,
            _ => draws.one_of(&self.whole),
        }
    }

    fn letter(&self, draws: &mut Draws) -> Option<char> {
        (!self.letters.is_empty()).then(|| draws.one_of(&self.letters))
    }
}

/// Changes one or two arguments of a call.
pub(super) fn call(call: &mut ProgramCall, draws: &mut Draws, pool: &Pool) {
    let arguments = &mut call.arguments.0;
    if arguments.is_empty() {
        return;
    }
    for _ in 0..=draws.below(2) {
        let at = draws.below(arguments.len());
        change(&mut arguments[at], draws, pool);
    }
}

fn change(value: &mut Value, draws: &mut Draws, pool: &Pool) {
    match value {
        Value::Null => {}
        Value::Bool(is) => *is = !*is,
        Value::Number(number) => *number = changed_number(number, draws, pool),
        Value::String(text) => *text = changed_text(text, draws, pool),
        Value::Array(items) => change_items(items, draws, pool),
        Value::Object(told) => {
            let Some((kind, of)) = told.iter_mut().next() else { return };
            match (kind.as_str(), of) {
                // As long as it was: what each of its places means is the function's.
                ("t", Value::Array(items)) if !items.is_empty() => {
                    let at = draws.below(items.len());
                    change(&mut items[at], draws, pool);
                }
                ("d", Value::Array(pairs)) => change_pairs(pairs, draws, pool),
                ("s" | "z", Value::Array(items)) => {
                    change_items(items, draws, pool);
                    let mut seen: Vec<Value> = Vec::new();
                    items.retain(|item| {
                        !seen.contains(item) && {
                            seen.push(item.clone());
                            true
                        }
                    });
                }
                _ => {}
            }
        }
    }
}

fn changed_number(number: &Number, draws: &mut Draws, pool: &Pool) -> Number {
    if let Some(whole) = number.as_i64() {
        return pool.whole(whole, draws).into();
    }
    let from = number.as_f64().unwrap_or(0.0);
    let other = if pool.fractions.is_empty() { from } else { draws.one_of(&pool.fractions) };
    let changed = [from + 1.0, from - 1.0, from / 2.0, from * 2.0, other, from.midpoint(other)];
    // Few digits, as people write them.
    let changed = (draws.one_of(&changed) * 1e4).round() / 1e4;
    Number::from_f64(changed).unwrap_or_else(|| number.clone())
}

fn changed_text(text: &str, draws: &mut Draws, pool: &Pool) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let at = draws.below(letters.len() + 1).min(letters.len());
    match draws.below(6) {
        0 if at < letters.len() => drop(letters.remove(at)),
        1 if at < letters.len() => letters.insert(at, letters[at]),
        2 if at < letters.len() => {
            letters[at] = pool.letter(draws).unwrap_or(letters[at]);
        }
        3 if letters.len() < pool.items_max + LONGER => {
            letters.splice(at..at, pool.letter(draws));
        }
        4 if at < letters.len() => {
            let other = draws.below(letters.len());
            letters.swap(at, other);
        }
        _ if !pool.texts.is_empty() => return pool.texts[draws.below(pool.texts.len())].clone(),
        _ => {}
    }
    letters.into_iter().collect()
}

fn change_items(items: &mut Vec<Value>, draws: &mut Draws, pool: &Pool) {
    let at = draws.below(items.len() + 1).min(items.len());
    match draws.below(5) {
        0 if at < items.len() => drop(items.remove(at)),
        1 if at < items.len() && items.len() < pool.items_max + LONGER => {
            let mut item = items[at].clone();
            change(&mut item, draws, pool);
            items.insert(at, item);
        }
        2 if at < items.len() => {
            let other = draws.below(items.len());
            items.swap(at, other);
        }
        _ if at < items.len() => change(&mut items[at], draws, pool),
        // An empty list says nothing of what belongs in it; numbers do most often.
        _ if items.is_empty() && !pool.whole.is_empty() => {
            items.push(json!(draws.one_of(&pool.whole)));
        }
        _ => {}
    }
}

fn change_pairs(pairs: &mut Vec<Value>, draws: &mut Draws, pool: &Pool) {
    if pairs.is_empty() {
        return;
    }
    let at = draws.below(pairs.len());
    if draws.below(3) == 0 {
        pairs.remove(at);
    } else if let Some(value) = pairs[at].get_mut(1) {
        change(value, draws, pool);
    }
}
