//! Reads S-expressions, the nested lists of PDDL.

/// Deepest nesting that is read; ALFWorld's files need 8.
const DEPTH_MAX: usize = 64;

/// A word or a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sexpr<'a> {
    /// A word between blanks.
    Word(&'a str),
    /// A list between parentheses.
    List(Vec<Sexpr<'a>>),
}

impl<'a> Sexpr<'a> {
    /// The word, if this is one.
    pub fn word(&self) -> Option<&'a str> {
        match self {
            Sexpr::Word(word) => Some(word),
            Sexpr::List(_) => None,
        }
    }

    /// The items, if this is a list.
    pub fn list(&self) -> Option<&[Sexpr<'a>]> {
        match self {
            Sexpr::Word(_) => None,
            Sexpr::List(items) => Some(items),
        }
    }

    /// The first word and the items after it, if this is a list that begins with a word.
    pub fn form(&self) -> Option<(&'a str, &[Sexpr<'a>])> {
        let (head, rest) = self.list()?.split_first()?;
        Some((head.word()?, rest))
    }
}

/// Why a text is not one nested list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SexprError {
    /// The text ended inside a list, or before one began.
    #[error("a closing parenthesis was expected, the text ended")]
    Unfinished,
    /// Something other than one list.
    #[error("line {line}: {expected} was expected, {found:?} was found")]
    Unexpected {
        /// From 1.
        line: usize,
        /// In words.
        expected: &'static str,
        /// The token found.
        found: String,
    },
    /// Nested too deeply.
    #[error("line {line}: lists are nested deeper than {DEPTH_MAX}")]
    TooDeep {
        /// From 1.
        line: usize,
    },
}

/// Reads the only list in `text`, which must be in lower case since PDDL ignores case.
///
/// A semicolon starts a comment, and a question mark starts a word, even in the
/// middle of one. Commas are letters, as in Fast Downward.
pub fn parse(text: &str) -> Result<Sexpr<'_>, SexprError> {
    let mut open: Vec<Vec<Sexpr<'_>>> = Vec::new();
    let mut whole = None;
    for (index, line) in text.lines().enumerate() {
        let code = line.split(';').next().unwrap_or_default();
        for token in tokens(code) {
            let line = index + 1;
            let unexpected =
                |expected| SexprError::Unexpected { line, expected, found: token.to_owned() };
            if whole.is_some() {
                return Err(unexpected("the end of the text"));
            }
            match token {
                "(" if open.len() == DEPTH_MAX => return Err(SexprError::TooDeep { line }),
                "(" => open.push(Vec::new()),
                ")" => {
                    let list = open.pop().ok_or_else(|| unexpected("an opening parenthesis"))?;
                    match open.last_mut() {
                        Some(outer) => outer.push(Sexpr::List(list)),
                        None => whole = Some(Sexpr::List(list)),
                    }
                }
                word => open
                    .last_mut()
                    .ok_or_else(|| unexpected("an opening parenthesis"))?
                    .push(Sexpr::Word(word)),
            }
        }
    }
    whole.ok_or(SexprError::Unfinished)
}

/// The words and parentheses of one line.
fn tokens(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    core::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let length = match first {
            '(' | ')' => 1,
            _ => rest
                .char_indices()
                .skip(1)
                .find(|&(_, letter)| letter.is_whitespace() || matches!(letter, '(' | ')' | '?'))
                .map_or(rest.len(), |(index, _)| index),
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        Some(token)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_end_at_the_line_and_question_marks_start_words() {
        let read = parse("(a ;b)\n (?x?y - t,) )").unwrap();

        let (head, rest) = read.form().unwrap();
        assert_eq!(head, "a");
        let words: Vec<_> = rest[0].list().unwrap().iter().filter_map(Sexpr::word).collect();
        assert_eq!(words, ["?x", "?y", "-", "t,"]);
    }

    #[test]
    fn torn_and_overfull_texts_are_refused() {
        assert_eq!(parse("(a (b)"), Err(SexprError::Unfinished));
        assert_eq!(parse(""), Err(SexprError::Unfinished));
        assert!(matches!(parse("(a) b"), Err(SexprError::Unexpected { line: 1, .. })));
        assert!(matches!(parse(")"), Err(SexprError::Unexpected { .. })));
    }

    #[test]
    fn nesting_is_bounded() {
        assert_eq!(parse(&"(".repeat(100_000)), Err(SexprError::TooDeep { line: 1 }));
    }
}
