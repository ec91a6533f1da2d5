//! Splits a TextWorld grammar file into actions with their templates and the production
//! rules as JSON, which `symbol` parses.
//!
//! ```text
//! grammar :: """ {…} """;
//! action NAME { template :: "…"; feedback :: "…"; grammar :: """ {…} """; }
//! ```

use serde_json::{Map, Value};

use super::error::GrammarError;

/// The texts of one action.
#[derive(Clone, Debug, Default)]
pub struct ActionText {
    /// The domain's name, in lower case.
    pub name: String,
    /// The command.
    pub template: String,
    /// The observation after it.
    pub feedback: String,
}

/// A grammar file in its parts.
#[derive(Debug, Default)]
pub struct Document {
    /// The actions, in the order of the file.
    pub actions: Vec<ActionText>,
    /// Rules by name; of two with the same name the later counts.
    pub rules: Map<String, Value>,
}

/// The parts of a grammar file.
pub fn parse(text: &str) -> Result<Document, GrammarError> {
    let mut reader = DocumentReader { text, place: 0 };
    let mut document = Document::default();
    while !reader.at_end() {
        match reader.word()? {
            "grammar" => {
                let rules = parse_rules(reader.field()?)?;
                document.rules.extend(rules);
            }
            "action" => {
                let mut action = ActionText {
                    name: reader.word()?.to_ascii_lowercase(),
                    ..ActionText::default()
                };
                reader.expect("{")?;
                while !reader.take("}") {
                    match reader.word()? {
                        "template" => reader.field()?.clone_into(&mut action.template),
                        "feedback" => reader.field()?.clone_into(&mut action.feedback),
                        "grammar" => {
                            document.rules.extend(parse_rules(&uncommented(reader.field()?))?);
                        }
                        "pddl" => drop(reader.field()?),
                        _ => return Err(reader.unexpected("template, feedback or grammar")),
                    }
                }
                document.actions.push(action);
            }
            _ => return Err(reader.unexpected("grammar or action")),
        }
    }
    Ok(document)
}

fn parse_rules(json: &str) -> Result<Map<String, Value>, GrammarError> {
    Ok(serde_json::from_str(json)?)
}

/// The JSON without lines that start with `#`.
fn uncommented(json: &str) -> String {
    json.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n")
}

/// A position in the text.
struct DocumentReader<'a> {
    text: &'a str,
    place: usize,
}

impl<'a> DocumentReader<'a> {
    /// The rest of the text, without leading blanks and comments.
    fn rest(&mut self) -> &'a str {
        loop {
            let rest = &self.text[self.place..];
            let trimmed = rest.trim_start();
            self.place += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return trimmed;
            }
            self.place += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    fn at_end(&mut self) -> bool {
        self.rest().is_empty()
    }

    fn take(&mut self, token: &str) -> bool {
        let is_next = self.rest().starts_with(token);
        if is_next {
            self.place += token.len();
        }
        is_next
    }

    fn expect(&mut self, token: &'static str) -> Result<(), GrammarError> {
        if self.take(token) { Ok(()) } else { Err(self.unexpected(token)) }
    }

    fn word(&mut self) -> Result<&'a str, GrammarError> {
        let rest = self.rest();
        let length = rest
            .find(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '_' | '/' | '-'))
            .unwrap_or(rest.len());
        if length == 0 {
            return Err(self.unexpected("a name"));
        }
        self.place += length;
        Ok(&rest[..length])
    }

    /// The text of `:: "…";` or `:: """…""";`.
    fn field(&mut self) -> Result<&'a str, GrammarError> {
        self.expect("::")?;
        let quote = if self.rest().starts_with("\"\"\"") { "\"\"\"" } else { "\"" };
        self.expect(quote)?;
        let rest = &self.text[self.place..];
        let length = rest.find(quote).ok_or_else(|| self.unexpected("a closing quotation mark"))?;
        self.place += length + quote.len();
        self.expect(";")?;
        Ok(&rest[..length])
    }

    fn unexpected(&self, expected: &'static str) -> GrammarError {
        let found = self.text[self.place..].chars().take(40).collect();
        let line = self.text[..self.place].lines().count().max(1);
        GrammarError::Unexpected { line, expected, found }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_apart_and_the_later_rule_stands() {
        let document = parse(
            "# head\ngrammar :: \"\"\" {\"a\": [1], \"b\": []} \"\"\";\n\
             action Go { template :: \"go\"; feedback :: \"\nyes\n\";\n\
             grammar :: \"\"\"\n# off\n{\"a\": [2]}\"\"\"; }",
        )
        .unwrap();

        assert_eq!(document.actions[0].name, "go");
        assert_eq!(document.actions[0].feedback, "\nyes\n");
        assert_eq!(document.rules["a"], serde_json::json!([2]));
    }

    #[test]
    fn torn_files_say_where() {
        let torn = parse("\naction Go { template :: \"go").unwrap_err().to_string();
        assert!(torn.contains("line 2"), "{torn}");
        assert!(parse("verb").is_err());
    }
}
