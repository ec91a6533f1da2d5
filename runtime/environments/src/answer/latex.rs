//! Answers in LaTeX as tokens: what only moves or colours the ink is dropped, and each thing that
//! is written in several ways becomes one token.
//!
//! An argument without braces gets them, so `\frac12` and `\frac{1}{2}` are the same tokens.

/// Longest answer that is read, in bytes.
const TEXT_BYTES_MAX: usize = 1000;
/// Greatest number of tokens.
const TOKENS_MAX: usize = 1000;
/// Deepest nesting of arguments.
const DEPTH_MAX: u32 = 24;

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

use Token::{Begin, Command, End, Letter, Mark, Number, Relation, Row, Text, Unit};

/// The tokens of an answer; `None` where it is too long or breaks off.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let text: Vec<char> = text.trim().trim_end_matches('.').chars().collect();
    let thousands = has_thousands(&text);
    let mut reader = Reader { text, place: 0, thousands, tokens: Vec::new() };
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

/// How many digits of a number belong together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Digits {
    All,
    /// The first only: an argument without braces.
    First,
}

struct Reader {
    text: Vec<char>,
    place: usize,
    thousands: bool,
    tokens: Vec<Token>,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.text.get(self.place).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.place += 1;
        Some(next)
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.place += 1;
        }
    }

    fn rest_is(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(at, c)| self.text.get(self.place + at) == Some(&c))
    }

    fn push(&mut self, token: Token) {
        self.tokens.push(token);
    }

    /// Reads one thing: a number, a letter, a command with its arguments, a mark.
    fn one(&mut self, depth: u32, digits: Digits) -> Option<()> {
        if depth > DEPTH_MAX {
            return None;
        }
        let character = self.peek()?;
        if character.is_ascii_digit() || character == '.' {
            return self.number(digits);
        }
        self.place += 1;
        match character {
            '\\' => return self.command(depth),
            '^' | '_' => return self.script(character, depth),
            '{' if self.rest_is(",}") => {
                self.place += 2;
                self.push(Mark(','));
            }
            '%' | '°' => self.push(Unit(character)),
            '=' | '<' | '>' | '≤' | '≥' | '≠' | '∈' => self.push(Relation(character)),
            '−' | '–' => self.push(Mark('-')),
            '×' | '·' | '∗' => self.push(Mark('*')),
            '÷' => self.push(Mark('/')),
            'π' => self.push(Letter("pi".to_owned())),
            '∞' => self.push(Command("infty".to_owned())),
            '∪' => self.push(Command("cup".to_owned())),
            '√' => {
                self.push(Command("sqrt".to_owned()));
                return self.argument(depth);
            }
            '&' => self.push(Mark('&')),
            '$' | '~' => {}
            _ if character.is_whitespace() => {}
            _ if character.is_alphabetic() => self.push(Letter(character.to_string())),
            _ => self.push(Mark(character)),
        }
        Some(())
    }

    fn number(&mut self, digits: Digits) -> Option<()> {
        let mut number = String::new();
        while let Some(character) = self.peek() {
            let is_point = character == '.' && !number.contains('.');
            if character.is_ascii_digit() || is_point {
                number.push(character);
                self.place += 1;
                if digits == Digits::First {
                    break;
                }
            } else if let Some(length) = self.thousands_at(&number) {
                self.place += length;
            } else {
                break;
            }
        }
        if number == "." {
            self.push(Mark('.'));
            return Some(());
        }
        self.push(Number(number));
        Some(())
    }

    /// Length of the comma here, if it stands between the thousands of a number.
    fn thousands_at(&self, number: &str) -> Option<usize> {
        let marks = ["{,}", "\\!,", ",\\!", "\\,", ","];
        let length = marks.iter().find(|mark| self.rest_is(mark))?.len();
        let is_plain = length == 1;
        let three = |at: usize| {
            let digits = self.text.get(self.place + at..).unwrap_or_default();
            digits.iter().take_while(|c| c.is_ascii_digit()).count() == 3
        };
        let fits = !number.is_empty() && !number.contains('.') && three(length);
        (fits && (!is_plain || self.thousands)).then_some(length)
    }

    /// Reads `^` or `_` with its argument; `^\circ` is a unit.
    fn script(&mut self, mark: char, depth: u32) -> Option<()> {
        self.skip_space();
        for degrees in ["\\circ", "{\\circ}", "{\\degree}", "\\degree"] {
            if mark == '^' && self.rest_is(degrees) {
                self.place += degrees.len();
                self.push(Unit('°'));
                return Some(());
            }
        }
        self.push(Mark(mark));
        if self.peek()? == '{' {
            return self.argument(depth);
        }
        // x^12 is not what LaTeX makes of it, but what people mean.
        self.push(Mark('{'));
        if self.peek()? == '-' {
            self.place += 1;
            self.push(Mark('-'));
        }
        self.one(depth + 1, Digits::All)?;
        self.push(Mark('}'));
        Some(())
    }

    /// Reads an argument and puts braces around it.
    fn argument(&mut self, depth: u32) -> Option<()> {
        self.skip_space();
        self.push(Mark('{'));
        if self.peek()? == '{' {
            self.place += 1;
            while self.peek()? != '}' {
                self.one(depth + 1, Digits::All)?;
                // A group in a group.
                if self.tokens.last() == Some(&Mark('{')) {
                    self.tokens.pop();
                    self.place -= 1;
                    self.argument(depth + 1)?;
                }
            }
            self.place += 1;
        } else {
            self.one(depth + 1, Digits::First)?;
        }
        self.push(Mark('}'));
        Some(())
    }

    /// The text of an argument as it is written.
    fn words(&mut self) -> Option<String> {
        self.skip_space();
        if self.next()? != '{' {
            return None;
        }
        let (mut words, mut depth) = (String::new(), 0_u32);
        loop {
            match self.next()? {
                '}' if depth == 0 => return Some(words),
                character => {
                    match character {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        _ => {}
                    }
                    words.push(character);
                }
            }
        }
    }

    fn command(&mut self, depth: u32) -> Option<()> {
        let mut name = String::new();
        while self.peek().is_some_and(|c| c.is_ascii_alphabetic()) {
            name.extend(self.next());
        }
        if name.is_empty() {
            return self.symbol();
        }
        match name.as_str() {
            "left" | "right" if self.rest_is(".") => self.place += 1,
            "left" | "right" | "big" | "Big" | "bigl" | "bigr" | "Bigl" | "Bigr" | "bigg"
            | "displaystyle" | "textstyle" | "quad" | "qquad" | "mathbf" | "mathbb" | "mathcal"
            | "rm" | "bf" | "limits" | "boldsymbol" => {}
            "phantom" | "hspace" | "vspace" | "hphantom" | "vphantom" => {
                self.skip_space();
                if self.peek() == Some('{') {
                    self.words()?;
                } else {
                    self.next();
                }
            }
            "text" | "textbf" | "textit" | "textrm" | "mbox" | "mathrm" | "operatorname"
            | "hbox" | "textnormal" => {
                let words = self.words()?;
                self.text(&words);
            }
            "frac" | "dfrac" | "tfrac" | "cfrac" | "binom" | "dbinom" | "tbinom" => {
                let is_fraction = name.ends_with("frac");
                self.push(Command(if is_fraction { "frac" } else { "binom" }.to_owned()));
                self.argument(depth)?;
                self.argument(depth)?;
            }
            "sqrt" => {
                self.push(Command("sqrt".to_owned()));
                self.skip_space();
                self.index(depth)?;
                self.argument(depth)?;
            }
            "begin" | "end" => {
                let environment = self.words()?;
                self.push(if name == "begin" { Begin(environment) } else { End(environment) });
            }
            _ => self.push(named(name)),
        }
        Some(())
    }

    /// Reads the index of a root, as an argument in square brackets.
    fn index(&mut self, depth: u32) -> Option<()> {
        if self.peek() != Some('[') {
            return Some(());
        }
        self.place += 1;
        self.push(Mark('['));
        while self.peek()? != ']' {
            self.one(depth + 1, Digits::All)?;
        }
        self.place += 1;
        self.push(Mark(']'));
        Some(())
    }

    /// Words; those that join the members of a list are its commas.
    fn text(&mut self, words: &str) {
        let plain = words.trim().trim_matches(',').trim();
        if matches!(plain, "and" | "or" | "") && !words.trim().is_empty() {
            if self.tokens.last() != Some(&Mark(',')) {
                self.push(Mark(','));
            }
        } else if !plain.is_empty() {
            self.push(Text(words.trim().replace(['$', '\\'], "")));
        }
    }

    fn symbol(&mut self) -> Option<()> {
        let token = match self.next()? {
            '\\' => Row,
            '{' => Command("lbrace".to_owned()),
            '}' => Command("rbrace".to_owned()),
            character @ ('%' | '$') => Unit(character),
            '|' => Mark('‖'),
            // Spaces.
            '!' | ',' | ';' | ':' | ' ' | '(' | ')' | '[' | ']' | '\n' => return Some(()),
            character => Mark(character),
        };
        self.push(token);
        Some(())
    }
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
        "lbrace" | "rbrace" => Command(name),
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
