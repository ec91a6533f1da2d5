//! Expressions: tokens become a tree of sums, products, powers and functions.

use super::latex::Token;
use super::ratio::Ratio;

use Token::{Command, Letter, Mark, Number};

/// Deepest nesting.
const DEPTH_MAX: u32 = 16;
/// Greatest number of lines of fractions, and of exponents, one after the other.
const CHAIN_MAX: u32 = 4;
/// Functions of one argument.
const FUNCTIONS: [&str; 17] = [
    "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh",
    "log", "ln", "exp", "lfloor", "lceil",
];

/// A value as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    /// A number; whether it was written with a decimal point.
    Number(Ratio, bool),
    /// A variable or constant, such as `x`, `x_1`, `pi`, `i`.
    Name(String),
    /// Terms.
    Sum(Vec<Expression>),
    /// Factors.
    Product(Vec<Expression>),
    /// Above and below the line.
    Quotient(Box<Expression>, Box<Expression>),
    /// With the other sign.
    Negative(Box<Expression>),
    /// Base and exponent.
    Power(Box<Expression>, Box<Expression>),
    /// A function of a value: `sin`, `abs`, `factorial`, `floor`.
    Call(String, Box<Expression>),
    /// The number of ways to choose.
    Choose(Box<Expression>, Box<Expression>),
}

/// The expression of tokens; `None` where they are none.
pub(super) fn parse(tokens: &[Token]) -> Option<Expression> {
    let mut reader = Reader { tokens, place: 0 };
    let sum = reader.sum(0)?;
    (reader.place == tokens.len()).then_some(sum)
}

struct Reader<'a> {
    tokens: &'a [Token],
    place: usize,
}

fn whole(number: i128) -> Expression {
    Expression::Number(Ratio::whole(number), false)
}

fn power(base: Expression, exponent: Expression) -> Expression {
    Expression::Power(Box::new(base), Box::new(exponent))
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.place)
    }

    fn take(&mut self, token: &Token) -> bool {
        let is_next = self.peek() == Some(token);
        self.place += usize::from(is_next);
        is_next
    }

    fn sum(&mut self, depth: u32) -> Option<Expression> {
        if depth > DEPTH_MAX {
            return None;
        }
        let mut terms = Vec::new();
        loop {
            let mut is_negative = false;
            while let Some(Mark(sign @ ('+' | '-'))) = self.peek() {
                is_negative ^= *sign == '-';
                self.place += 1;
            }
            let term = self.product(depth)?;
            terms.push(if is_negative { Expression::Negative(Box::new(term)) } else { term });
            if !matches!(self.peek(), Some(Mark('+' | '-'))) {
                break;
            }
        }
        if terms.len() == 1 { terms.pop() } else { Some(Expression::Sum(terms)) }
    }

    fn product(&mut self, depth: u32) -> Option<Expression> {
        let mut factors = vec![self.mixed(depth)?];
        let mut lines = 0;
        loop {
            match self.peek() {
                Some(Mark('*')) => {
                    self.place += 1;
                    factors.push(self.signed(depth)?);
                }
                Some(Mark('/')) if lines < CHAIN_MAX => {
                    lines += 1;
                    self.place += 1;
                    let below = Box::new(self.signed(depth)?);
                    let above = Box::new(product_of(factors)?);
                    factors = vec![Expression::Quotient(above, below)];
                }
                Some(token) if begins(token) => factors.push(self.powered(depth)?),
                _ => return product_of(factors),
            }
        }
    }

    /// A factor that may have a sign.
    fn signed(&mut self, depth: u32) -> Option<Expression> {
        if self.take(&Mark('-')) {
            return Some(Expression::Negative(Box::new(self.powered(depth)?)));
        }
        self.powered(depth)
    }

    /// A factor, or a whole number with a fraction less than one behind it, which is their sum.
    fn mixed(&mut self, depth: u32) -> Option<Expression> {
        let first = self.powered(depth)?;
        let Expression::Number(number, false) = first else { return Some(first) };
        let is_fraction = self.peek() == Some(&Command("frac".to_owned()));
        if !is_fraction || number.as_whole().is_none_or(|number| number == 0) {
            return Some(first);
        }
        let place = self.place;
        if let Some(fraction @ Expression::Quotient(..)) = self.atom(depth)
            && let Expression::Quotient(above, below) = &fraction
            && let (Expression::Number(above, false), Expression::Number(below, false)) =
                (&**above, &**below)
            && *above < *below
            && !matches!(self.peek(), Some(Mark('^')))
        {
            return Some(Expression::Sum(vec![first, fraction]));
        }
        self.place = place;
        Some(first)
    }

    fn powered(&mut self, depth: u32) -> Option<Expression> {
        let mut base = self.atom(depth)?;
        for _ in 0..CHAIN_MAX {
            if self.take(&Mark('^')) {
                base = power(base, self.group(depth)?);
            } else if self.take(&Mark('!')) {
                base = Expression::Call("factorial".to_owned(), Box::new(base));
            } else {
                break;
            }
        }
        Some(base)
    }

    /// An argument in braces.
    fn group(&mut self, depth: u32) -> Option<Expression> {
        self.bracket('{', '}', depth)
    }

    fn bracket(&mut self, open: char, close: char, depth: u32) -> Option<Expression> {
        if !self.take(&Mark(open)) {
            return None;
        }
        let inside = self.sum(depth + 1)?;
        self.take(&Mark(close)).then_some(inside)
    }

    fn atom(&mut self, depth: u32) -> Option<Expression> {
        match self.peek()? {
            Number(digits) => {
                self.place += 1;
                Some(Expression::Number(Ratio::decimal(digits)?, digits.contains('.')))
            }
            Letter(letter) => {
                self.place += 1;
                self.name(letter)
            }
            Mark('(') => self.bracket('(', ')', depth),
            Mark('[') => self.bracket('[', ']', depth),
            Mark('{') => self.group(depth),
            Mark('|') => {
                let inside = self.bracket('|', '|', depth)?;
                Some(Expression::Call("abs".to_owned(), Box::new(inside)))
            }
            Command(name) => {
                self.place += 1;
                self.command(name, depth)
            }
            _ => None,
        }
    }

    /// A variable with its index.
    fn name(&mut self, letter: &str) -> Option<Expression> {
        let mut name = letter.to_owned();
        if self.take(&Mark('_')) {
            if !self.take(&Mark('{')) {
                return None;
            }
            name.push('_');
            while let Some(Letter(part) | Number(part)) = self.peek() {
                name.push_str(part);
                self.place += 1;
            }
            return self.take(&Mark('}')).then_some(Expression::Name(name));
        }
        Some(Expression::Name(name))
    }

    fn command(&mut self, name: &str, depth: u32) -> Option<Expression> {
        match name {
            "frac" => {
                let above = Box::new(self.group(depth)?);
                Some(Expression::Quotient(above, Box::new(self.group(depth)?)))
            }
            "binom" => {
                let from = Box::new(self.group(depth)?);
                Some(Expression::Choose(from, Box::new(self.group(depth)?)))
            }
            "sqrt" => {
                let index = match self.peek() {
                    Some(Mark('[')) => self.bracket('[', ']', depth)?,
                    _ => whole(2),
                };
                let inside = self.group(depth)?;
                Some(power(inside, Expression::Quotient(Box::new(whole(1)), Box::new(index))))
            }
            "infty" => Some(Expression::Name("infty".to_owned())),
            "lfloor" | "lceil" => {
                let inside = self.sum(depth + 1)?;
                let close = if name == "lfloor" { "rfloor" } else { "rceil" };
                let closed = self.take(&Command(close.to_owned()));
                closed.then(|| Expression::Call(name[1..].to_owned(), Box::new(inside)))
            }
            name if FUNCTIONS.contains(&name) => self.call(name, depth),
            _ => None,
        }
    }

    /// A function with what stands behind it: brackets, or factors up to a sign, a bracket or
    /// another function.
    fn call(&mut self, name: &str, depth: u32) -> Option<Expression> {
        if depth > DEPTH_MAX {
            return None;
        }
        let mut name = name.to_owned();
        if self.take(&Mark('_')) {
            // The base of a logarithm.
            name = format!("{name}_{:?}", self.group(depth)?);
        }
        let exponent = if self.take(&Mark('^')) { Some(self.group(depth)?) } else { None };
        let argument = if matches!(self.peek(), Some(Mark('(' | '['))) {
            self.atom(depth + 1)?
        } else {
            let mut factors = vec![self.powered(depth + 1)?];
            while let Some(Letter(_)) = self.peek() {
                factors.push(self.powered(depth + 1)?);
            }
            product_of(factors)?
        };
        let call = Expression::Call(name, Box::new(argument));
        Some(match exponent {
            // sin^{-1} is the inverse function, and no power.
            Some(Expression::Negative(_)) => return None,
            Some(exponent) => power(call, exponent),
            None => call,
        })
    }
}

/// Whether a token begins a factor.
fn begins(token: &Token) -> bool {
    match token {
        // Two numbers in a row are no product.
        Letter(_) | Mark('(' | '[' | '{') => true,
        Command(name) => {
            matches!(name.as_str(), "frac" | "sqrt" | "binom" | "infty")
                || FUNCTIONS.contains(&name.as_str())
        }
        _ => false,
    }
}

fn product_of(mut factors: Vec<Expression>) -> Option<Expression> {
    if factors.len() == 1 { factors.pop() } else { Some(Expression::Product(factors)) }
}
