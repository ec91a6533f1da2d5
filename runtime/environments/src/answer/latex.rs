//! Answers in LaTeX as tokens: what only moves or colours the ink is dropped, and each thing that
//! is written in several ways becomes one token.
//!
//! An argument without braces gets them, so `\frac12` and `\frac{1}{2}` are the same tokens.

mod reader;

use reader::{Digits, Reader};

/// Longest answer that is read, in bytes.
const TEXT_BYTES_MAX: usize = 1000;
/// Greatest number of tokens.
const TOKENS_MAX: usize = 1000;

/// A part of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Digits with at most one decimal point.
    Number(String),
    /// A letter, or the name of a Greek one.
    Letter(String),
    /// A command that is no letter: `frac`, `sqrt`, `sin`, `cup`.
    Command(String),
    /// Words.
    Text(String),
    /// Degrees, percent, dollars: what Hendrycks et al. leave out when they compare.
    Unit(char),
    /// `=`, `<`, `≤`, `≥`, `≠`, `∈`.
    Relation(char),
    /// The beginning or end of an environment such as `pmatrix`.
    Begin(String),
    /// Its end.
    End(String),
    /// The end of a row of a matrix.
    Row,
    /// Any other character; `{` and `}` are those around arguments.
    Mark(char),
}

use Token::{Command, Letter, Mark, Relation, Unit};

/// The tokens of an answer; `None` where it is too long or breaks off.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let text: Vec<char> = text.trim().trim_end_matches('.').chars().collect();
    let thousands = has_thousands(&text);
    let mut reader = Reader::new(text, thousands);
    while reader.peek().is_some() {
        reader.one(0, Digits::All)?;
        if reader.tokens.len() > TOKENS_MAX {
            return None;
        }
    }
    Some(reader.tokens)
}

/// Whether every comma outside of brackets stands between thousands.
fn has_thousands(text: &[char]) -> bool {
    let digits_from = |place: usize| {
        text.get(place..).unwrap_or_default().iter().take_while(|c| c.is_ascii_digit()).count()
    };
    let digits_before =
        |place: usize| text[..place].iter().rev().take_while(|c| c.is_ascii_digit()).count();
    let (mut depth, mut any) = (0_i32, false);
    for (place, character) in text.iter().enumerate() {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' => {
                let before = digits_before(place);
                let is_first = place == before || text[place - before - 1] != ',';
                let fits = (1..=3).contains(&before) && (is_first || before == 3);
                let leads = is_first && before > 0 && text[place - before] == '0';
                if depth != 0 || !fits || leads || digits_from(place + 1) != 3 {
                    return false;
                }
                any = true;
            }
            _ => {}
        }
    }
    any
}

/// The token of a command without arguments.
fn named(name: String) -> Token {
    match name.as_str() {
        "le" | "leq" | "leqslant" => Relation('≤'),
        "ge" | "geq" | "geqslant" => Relation('≥'),
        "lt" => Relation('<'),
        "gt" => Relation('>'),
        "ne" | "neq" => Relation('≠'),
        "in" => Relation('∈'),
        "cdot" | "times" | "ast" => Mark('*'),
        "div" => Mark('/'),
        "lbrack" => Mark('['),
        "rbrack" => Mark(']'),
        "lvert" | "rvert" | "vert" | "mid" => Mark('|'),
        "degree" => Unit('°'),
        "alpha" | "beta" | "gamma" | "delta" | "epsilon" | "varepsilon" | "zeta" | "eta"
        | "theta" | "iota" | "kappa" | "lambda" | "mu" | "nu" | "xi" | "pi" | "rho" | "sigma"
        | "tau" | "phi" | "varphi" | "chi" | "psi" | "omega" | "ell" | "Gamma" | "Delta"
        | "Theta" | "Lambda" | "Xi" | "Pi" | "Sigma" | "Phi" | "Psi" | "Omega" => Letter(name),
        _ => Command(name),
    }
}
