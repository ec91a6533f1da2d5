//! Reads the characters of an answer one thing at a time.

use super::{Token, named};

use Token::{Begin, Command, End, Letter, Mark, Number, Relation, Row, Text, Unit};

/// Deepest nesting of arguments.
const DEPTH_MAX: u32 = 24;

/// How many digits of a number belong together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Digits {
    /// All of them.
    All,
    /// The first only: an argument without braces.
    First,
}

/// What is read, and its tokens so far.
pub(super) struct Reader {
    text: Vec<char>,
    place: usize,
    thousands: bool,
    pub(super) tokens: Vec<Token>,
}

impl Reader {
    /// A reader at the beginning; `thousands` says that plain commas stand between thousands.
    pub(super) fn new(text: Vec<char>, thousands: bool) -> Self {
        Self { text, place: 0, thousands, tokens: Vec::new() }
    }

    pub(super) fn peek(&self) -> Option<char> {
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
    pub(super) fn one(&mut self, depth: u32, digits: Digits) -> Option<()> {
        if depth > DEPTH_MAX {
            return None;
        }
        let character = self.peek()?;
        if character.is_ascii_digit() || character == '.' {
            self.number(digits);
            return Some(());
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

    fn number(&mut self, digits: Digits) {
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
        self.push(if number == "." { Mark('.') } else { Number(number) });
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
