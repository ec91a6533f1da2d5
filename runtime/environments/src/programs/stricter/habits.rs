//! What all given calls have in common, which calls like them keep: the domain of a function, as far
//! as its tests show it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::python::ProgramCall;

/// Something that holds of the arguments of a call.
#[derive(Clone, Copy, Debug)]
enum Habit {
    /// The numbers within an argument are at least this.
    AtLeast(usize, i8),
    /// Lists, texts and the like within an argument are not empty, the argument itself among them.
    Filled(usize),
    /// Numbers of a list stand in their order.
    Rising(usize),
    /// Or in the opposite one.
    Falling(usize),
    /// No item of a list stands twice.
    Distinct(usize),
    /// The lists in a list are equally long.
    Rows(usize),
    /// Two arguments are equally long.
    SameLength(usize, usize),
    /// A number is at most as great as another argument is long.
    WithinLength(usize, usize),
    /// A number is at most another one.
    AtMost(usize, usize),
    /// A text has letters of the given ones alone.
    Letters(usize),
    /// An argument has one of the types that it is given with, in all its parts.
    Kinds(usize),
}

/// The habits of some calls.
#[derive(Debug)]
pub(super) struct Habits {
    all: Vec<Habit>,
    letters: Vec<BTreeSet<char>>,
    kinds: Vec<BTreeSet<String>>,
}

impl Habits {
    /// Those of all these calls.
    pub(super) fn of(calls: &[ProgramCall]) -> Self {
        let width = calls.iter().map(|call| call.arguments.0.len()).max().unwrap_or(0);
        let gathered = |at: usize| calls.iter().filter_map(move |call| call.arguments.0.get(at));
        let mut known = Self {
            all: Vec::new(),
            letters: (0..width).map(|at| gathered(at).flat_map(letters).collect()).collect(),
            kinds: (0..width).map(|at| gathered(at).flat_map(kinds).collect()).collect(),
        };
        let holds = |habit: &Habit| calls.iter().all(|call| known.holds(*habit, &call.arguments.0));
        known.all = possible(width).filter(holds).collect();
        known
    }

    /// Whether a call has them.
    pub(super) fn has(&self, arguments: &[Value]) -> bool {
        self.all.iter().all(|habit| self.holds(*habit, arguments))
    }

    /// Where an argument is left out or of another type a habit holds.
    fn holds(&self, habit: Habit, arguments: &[Value]) -> bool {
        let argument = |at: usize| arguments.get(at).unwrap_or(&Value::Null);
        let length = |at: usize| parts(argument(at)).map(|parts| parts.len());
        let of_both =
            |one: usize, other: usize| argument(one).as_f64().zip(argument(other).as_f64());
        match habit {
            Habit::AtLeast(at, least) => {
                numbers(argument(at)).iter().all(|number| *number >= f64::from(least))
            }
            Habit::Filled(at) => is_filled(argument(at)),
            Habit::Rising(at) => ordered(argument(at), |left, right| left <= right),
            Habit::Falling(at) => ordered(argument(at), |left, right| left >= right),
            Habit::Distinct(at) => {
                let parts = parts(argument(at)).unwrap_or_default();
                parts.iter().collect::<BTreeSet<_>>().len() == parts.len()
            }
            Habit::Rows(at) => {
                let rows = argument(at).as_array().into_iter().flatten();
                rows.filter_map(|row| Some(row.as_array()?.len())).collect::<BTreeSet<_>>().len()
                    < 2
            }
            Habit::SameLength(one, other) => {
                length(one).zip(length(other)).is_none_or(|(one, other)| one == other)
            }
            Habit::WithinLength(number, list) => argument(number)
                .as_f64()
                .zip(length(list))
                .is_none_or(|(number, length)| number <= length as f64),
            Habit::AtMost(one, other) => {
                of_both(one, other).is_none_or(|(one, other)| one <= other)
            }
            Habit::Letters(at) => self
                .letters
                .get(at)
                .is_none_or(|known| letters(argument(at)).iter().all(|one| known.contains(one))),
            Habit::Kinds(at) => self
                .kinds
                .get(at)
                .is_none_or(|known| kinds(argument(at)).iter().all(|kind| known.contains(kind))),
        }
    }
}

/// All that could be a habit of so many arguments.
fn possible(width: usize) -> impl Iterator<Item = Habit> {
    let of_one = (0..width).flat_map(|at| {
        [
            Habit::AtLeast(at, 0),
            Habit::AtLeast(at, 1),
            Habit::AtLeast(at, 2),
            Habit::Filled(at),
            Habit::Rising(at),
            Habit::Falling(at),
            Habit::Distinct(at),
            Habit::Rows(at),
            Habit::Letters(at),
            Habit::Kinds(at),
        ]
    });
    let pairs = (0..width).flat_map(move |one| (0..width).map(move |other| (one, other)));
    let of_two = pairs.filter(|(one, other)| one != other).flat_map(|(one, other)| {
        [Habit::SameLength(one, other), Habit::WithinLength(one, other), Habit::AtMost(one, other)]
    });
    of_one.chain(of_two)
}

/// The items of a list, tuple, set or dictionary, or the letters of a text.
fn parts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(text.chars().map(String::from).collect()),
        Value::Array(items) => Some(items.iter().map(Value::to_string).collect()),
        Value::Object(told) => parts(told.values().next()?).filter(|_| !told.contains_key("i")),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// What a value consists of: itself, or what is within it.
fn within<'a>(value: &'a Value, visit: &mut dyn FnMut(&'a Value)) {
    visit(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| within(item, visit)),
        Value::Object(told) => told.values().for_each(|of| within(of, visit)),
        _ => {}
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    let mut numbers = Vec::new();
    within(value, &mut |part| numbers.extend(part.as_f64()));
    numbers
}

fn letters(value: &Value) -> BTreeSet<char> {
    let mut letters = BTreeSet::new();
    within(value, &mut |part| letters.extend(part.as_str().unwrap_or_default().chars()));
    letters
}

fn is_filled(value: &Value) -> bool {
    let mut is_filled = true;
    within(value, &mut |part| is_filled &= parts(part).is_none_or(|parts| !parts.is_empty()));
    is_filled
}

/// The types within a value, each with how deep it lies.
fn kinds(value: &Value) -> Vec<String> {
    fn add(value: &Value, place: &str, kinds: &mut Vec<String>) {
        let kind = match value {
            Value::Null => "none",
            Value::Bool(_) => "bool",
            Value::Number(number) if number.is_f64() => "float",
            Value::Number(_) => "int",
            Value::String(_) => "str",
            Value::Array(_) => "list",
            Value::Object(told) => told.keys().next().map_or("", String::as_str),
        };
        let place = format!("{place}/{kind}");
        match value {
            Value::Array(items) => items.iter().for_each(|item| add(item, &place, kinds)),
            Value::Object(told) => {
                let items = told.values().filter_map(Value::as_array).flatten();
                items.for_each(|item| add(item, &place, kinds));
            }
            _ => {}
        }
        kinds.push(place);
    }
    let mut kinds = Vec::new();
    add(value, "", &mut kinds);
    kinds
}

/// Whether the numbers or texts of a list stand in an order.
fn ordered(value: &Value, is_in_order: fn(&f64, &f64) -> bool) -> bool {
    let Some(items) = value.as_array() else { return true };
    let numbers: Vec<f64> = items.iter().filter_map(Value::as_f64).collect();
    numbers.windows(2).all(|pair| is_in_order(&pair[0], &pair[1]))
}
