//! minijinja with the functions and settings that chat templates expect.
//!
//! Templates come with files from strangers: they can compute, but not for
//! ever, and they reach nothing outside themselves.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Rest};
use minijinja::{Environment, Error, ErrorKind, Value, context};

use super::{ChatError, Date, PromptEnd, TemplateText, placeholder};

/// Instructions that one rendering may take.
const STEPS_MAX: u64 = 10_000_000;
/// Nesting of calls and blocks within one rendering.
const DEPTH_MAX: usize = 100;
/// Spaces by which `tojson` indents, at most.
const INDENT_MAX: usize = 16;
/// Stack of the thread that reads a template, in bytes: the deepest that is read takes a fraction.
const STACK_BYTES: usize = 16 << 20;

pub(super) struct TemplateEngine {
    environment: Environment<'static>,
    bos: String,
    eos: String,
}

/// What `raise_exception` was given.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Raised(String);

impl TemplateEngine {
    /// Reads a template, on a stack of its own: the parser calls itself as deep as a text nests.
    pub(super) fn new(text: &TemplateText) -> Result<Self, Error> {
        let failed = |why: &str| Error::new(ErrorKind::SyntaxError, why.to_owned());
        std::thread::scope(|scope| {
            let builder = std::thread::Builder::new().stack_size(STACK_BYTES);
            let thread = builder.spawn_scoped(scope, || Self::parse(text));
            let thread = thread.map_err(|error| failed(&format!("no thread reads it: {error}")))?;
            thread.join().map_err(|_| failed("the reader of templates failed on it"))?
        })
    }

    fn parse(text: &TemplateText) -> Result<Self, Error> {
        let TemplateText { source, bos, eos } = text;
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?;
        environment.set_syntax(syntax);
        environment.set_fuel(Some(STEPS_MAX));
        environment.set_recursion_limit(DEPTH_MAX);
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", raise_exception);
        environment.add_filter("tojson", to_json);
        environment.add_template_owned("chat", source.clone())?;
        Ok(Self { environment, bos: bos.clone(), eos: eos.clone() })
    }

    pub(super) fn render(
        &self,
        roles: &[&str],
        end: PromptEnd,
        today: Option<Date>,
    ) -> Result<String, ChatError> {
        let messages: Vec<Value> = (0..)
            .zip(roles)
            .map(|(index, &role)| context! { role => role, content => placeholder::of(index) })
            .collect();
        let conversation = context! {
            messages => messages,
            add_generation_prompt => end == PromptEnd::Assistant,
            bos_token => &self.bos,
            eos_token => &self.eos,
        };
        let clock = today.map(|today| {
            let now = move |format: String| strftime(&format, today);
            context! { strftime_now => Value::from_function(now) }
        });
        let template = self.environment.get_template("chat").map_err(ChatError::Render)?;
        let rendered = match clock {
            Some(clock) => template.render(context! { ..clock, ..conversation }),
            None => template.render(conversation),
        };
        rendered.map_err(refusal)
    }
}

/// Tells a template's own refusal from a failure.
fn refusal(error: Error) -> ChatError {
    let mut source: Option<&dyn std::error::Error> = Some(&error);
    while let Some(cause) = source {
        if let Some(Raised(message)) = cause.downcast_ref() {
            return ChatError::Refused(message.clone());
        }
        source = cause.source();
    }
    ChatError::Render(error)
}

#[allow(clippy::needless_pass_by_value, reason = "what minijinja calls takes values")]
fn raise_exception(message: String) -> Result<Value, Error> {
    let error = Error::new(ErrorKind::InvalidOperation, message.clone());
    Err(error.with_source(Raised(message)))
}

/// JSON as Python's `json.dumps(…, ensure_ascii=False)` writes it, which is what
/// models were trained on.
#[allow(clippy::needless_pass_by_value, reason = "what minijinja calls takes values")]
fn to_json(value: Value, _options: Rest<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    let indent: Option<usize> = kwargs.get("indent")?;
    if let Some(indent) = indent.filter(|&indent| indent > INDENT_MAX) {
        let message = format!("tojson indents by at most {INDENT_MAX} spaces, not {indent}");
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    let mut text = String::new();
    let json = serde_json::to_value(&value)
        .map_err(|error| Error::new(ErrorKind::BadSerialization, "no JSON").with_source(error))?;
    write_json(&mut text, &json, indent, 0);
    Ok(Value::from_safe_string(text))
}

fn write_json(text: &mut String, json: &serde_json::Value, indent: Option<usize>, depth: usize) {
    let newline = |text: &mut String, depth: usize| {
        if let Some(indent) = indent {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent * depth));
        }
    };
    let comma = if indent.is_some() { "," } else { ", " };
    match json {
        serde_json::Value::Array(items) if !items.is_empty() => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { comma });
                newline(text, depth + 1);
                write_json(text, item, indent, depth + 1);
            }
            newline(text, depth);
            text.push(']');
        }
        serde_json::Value::Object(fields) if !fields.is_empty() => {
            text.push('{');
            for (index, (key, value)) in fields.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { comma });
                newline(text, depth + 1);
                text.push_str(&serde_json::Value::from(key.as_str()).to_string());
                text.push_str(": ");
                write_json(text, value, indent, depth + 1);
            }
            newline(text, depth);
            text.push('}');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Python's `strftime`, as far as a day goes.
fn strftime(format: &str, date: Date) -> Result<String, Error> {
    let month = MONTHS.get(usize::from(date.month).wrapping_sub(1)).copied().unwrap_or("?");
    let mut text = String::new();
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            Some('Y') => text.push_str(&date.year.to_string()),
            Some('y') => text.push_str(&two_digits(date.year % 100)),
            Some('m') => text.push_str(&two_digits(date.month.into())),
            Some('d') => text.push_str(&two_digits(date.day.into())),
            Some('B') => text.push_str(month),
            Some('b') => text.push_str(&month[..month.len().min(3)]),
            Some('%') => text.push('%'),
            other => {
                let message = format!("strftime_now knows days, not {other:?}");
                return Err(Error::new(ErrorKind::InvalidOperation, message));
            }
        }
    }
    Ok(text)
}

fn two_digits(number: u16) -> String {
    format!("{number:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(source: &str) -> TemplateEngine {
        let [source, bos, eos] = [source, "", ""].map(str::to_owned);
        TemplateEngine::new(&TemplateText { source, bos, eos }).unwrap()
    }

    #[test]
    fn json_looks_like_pythons() {
        let value = context! { name => "a<b", items => vec![1, 2], none => Value::from(()) };
        let environment = engine("{{ value | tojson }}").environment;

        let text = environment.get_template("chat").unwrap().render(context! { value }).unwrap();

        assert_eq!(text, r#"{"name": "a<b", "items": [1, 2], "none": null}"#);
    }

    #[test]
    fn a_day_is_written_as_templates_ask() {
        let date = Date { year: 2026, month: 7, day: 4 };

        assert_eq!(strftime("%d %b %Y", date).unwrap(), "04 Jul 2026");
        assert_eq!(strftime("%Y-%m-%d, %B %%", date).unwrap(), "2026-07-04, July %");
        assert!(strftime("%H", date).is_err());
    }

    #[test]
    fn an_endless_template_ends_in_an_error() {
        let source =
            "{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endfor %}";
        let rendered = engine(source).render(&["user"], PromptEnd::Closed, None);

        assert!(matches!(rendered, Err(ChatError::Render(_))));
    }

    #[test]
    fn an_indentation_is_bounded() {
        let rendered = engine("{{ [1] | tojson(indent=20000000000) }}").render(
            &["user"],
            PromptEnd::Closed,
            None,
        );

        assert!(matches!(rendered, Err(ChatError::Render(_))));
    }
}
