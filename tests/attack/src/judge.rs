//! What came of a case.

use std::fmt;

use crate::program::Ended;

/// Exit codes of a refusal: something failed, the command line or a configuration is wrong, a cost
/// limit, nothing to train on.
const REFUSALS: [i32; 4] = [1, 2, 3, 4];

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The same answer as to what is sound.
    Equal,
    /// An error that names what is wrong.
    Refused,
    /// Another answer, since the content is another one and nothing tells that it was damaged.
    Accepted,
    /// What must not be.
    Finding(Finding),
}

/// What must not come of any case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// A signal ended the program.
    Signal(i32),
    /// The program panicked, at this place.
    Panic(String),
    /// It took too long.
    Hang,
    /// It was refused memory beyond its limit.
    Memory,
    /// An exit code that means something else.
    Code(i32),
    /// An error that names nothing of what is wrong.
    Unnamed,
    /// Another answer, though a checksum tells of the damage.
    Silent,
    /// The answer has numbers that are none.
    NotFinite,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(signal) => write!(formatter, "signal {signal}"),
            Self::Panic(place) => write!(formatter, "panic at {place}"),
            Self::Hang => formatter.write_str("no end in time"),
            Self::Memory => formatter.write_str("memory over its limit"),
            Self::Code(code) => write!(formatter, "exit code {code}"),
            Self::Unnamed => formatter.write_str("refused without a name"),
            Self::Silent => formatter.write_str("a silent difference"),
            Self::NotFinite => formatter.write_str("numbers that are none"),
        }
    }
}

/// What a case is judged by, besides how the program ended.
pub struct Terms<'a> {
    /// What the program answers to what is sound.
    pub sound_answer: &'a str,
    /// Words of which a refusal must have one.
    pub names: &'a [&'static str],
    /// Whether any damage must be noticed.
    pub is_sealed: bool,
    /// The exit code where the file is sound.
    pub sound_code: i32,
    /// Whether the answer is about numbers, all of which must be some.
    pub is_of_numbers: bool,
}

/// Judges how a program ended.
pub fn judge(ended: &Ended, terms: &Terms<'_>) -> Outcome {
    if let Some(finding) = broken(ended) {
        return Outcome::Finding(finding);
    }
    match ended.code() {
        Some(code) if code == terms.sound_code && code == 0 && ended.out == terms.sound_answer => {
            Outcome::Equal
        }
        Some(0) if is_told(ended) => Outcome::Refused,
        Some(0) if terms.is_sealed => Outcome::Finding(Finding::Silent),
        Some(0) if terms.is_of_numbers && !is_finite(&ended.out) => {
            Outcome::Finding(Finding::NotFinite)
        }
        Some(0) => Outcome::Accepted,
        Some(code) if !REFUSALS.contains(&code) => Outcome::Finding(Finding::Code(code)),
        _ if terms.names.iter().any(|name| ended.error.contains(name)) => Outcome::Refused,
        _ => Outcome::Finding(Finding::Unnamed),
    }
}

/// What ended a program that did not end by itself.
fn broken(ended: &Ended) -> Option<Finding> {
    let panicked = ended.error.split_once("panicked at ").map(|(_, behind)| behind);
    let place = panicked.map(|behind| behind.lines().next().unwrap_or_default().to_owned());
    let lacks_memory = ["memory allocation of", "out of memory", "bad_alloc"];
    if ended.status.is_none() {
        return Some(Finding::Hang);
    }
    if ended.code() != Some(0) && lacks_memory.iter().any(|text| ended.error.contains(text)) {
        return Some(Finding::Memory);
    }
    place.map(Finding::Panic).or_else(|| ended.signal().map(Finding::Signal))
}

/// Whether the answer says on standard error that something of it was lost or left out.
fn is_told(ended: &Ended) -> bool {
    ["torn", "damaged", "warning"].iter().any(|word| ended.error.to_lowercase().contains(word))
}

/// Whether an answer has only numbers that are some. A score's first log-probability is none.
fn is_finite(answer: &str) -> bool {
    let odd = ["NaN", "nan,", "inf,", "Infinity", ",null,", "\"mean\":null"];
    !odd.iter().any(|text| answer.contains(text))
}
