//! Paragraphs as lines of a terminal.

use console::{Style, style};
use runtime_evaluation::transcript::{Paragraph, Tone};
use targets_console::terminal::{line, shown, wrapped};

/// Columns of the labels before what is shown.
const LABEL: usize = 13;
/// What stands before each line of a prompt.
const MARGIN: &str = "│ ";
/// Columns of a task's name before its lines, where several are played at once.
const NAME: usize = 24;

/// A page of lines of at most so many columns.
pub(crate) fn text(paragraphs: &[Paragraph], columns: usize) -> String {
    paragraphs.iter().flat_map(|one| lines(one, columns)).map(|line| line + "\n").collect()
}

/// The same of what happens just now; each line begins with a name, if there is one.
pub(crate) fn streamed(paragraphs: &[Paragraph], name: Option<&str>, columns: usize) -> String {
    let prefix = name.map(|name| format!("{} │ ", line(name, NAME))).unwrap_or_default();
    let room = columns.saturating_sub(prefix.chars().count());
    let mut lines = Vec::new();
    for Paragraph { tone, text, .. } in paragraphs {
        for line in wrapped(shown(text).trim_end(), room, 0) {
            lines.push(format!("{}{}\n", style(&prefix).dim(), manner(*tone).apply_to(line)));
        }
    }
    lines.concat()
}

fn lines(Paragraph { label, tone, text }: &Paragraph, columns: usize) -> Vec<String> {
    match tone {
        Tone::Gap => return vec![String::new()],
        Tone::Prompt => return prompt(text, columns),
        _ if text.trim().is_empty() => return Vec::new(),
        _ => {}
    }
    let (manner, spaces) = (manner(*tone), label.map_or(0, |_| LABEL));
    let mut lines = Vec::new();
    for line in wrapped(shown(text).trim_matches('\n'), columns, spaces) {
        let (indent, line) = line.split_at(line.len().min(spaces));
        let line = if line.is_empty() { String::new() } else { manner.apply_to(line).to_string() };
        lines.push(match label {
            Some(label) if lines.is_empty() => {
                format!("{}{line}", style(format!("{label:LABEL$}")).dim())
            }
            _ => format!("{indent}{line}"),
        });
    }
    lines
}

fn prompt(text: &str, columns: usize) -> Vec<String> {
    let room = columns.saturating_sub(LABEL + MARGIN.chars().count());
    let (manner, lines) = (manner(Tone::Prompt), wrapped(&shown(text), room, 0).into_iter());
    let lines = lines.map(|line| format!("{:LABEL$}{MARGIN}{line}", ""));
    lines.map(|line| manner.apply_to(line.trim_end()).to_string()).collect()
}

fn manner(tone: Tone) -> Style {
    let plain = Style::new();
    match tone {
        Tone::Gap | Tone::Plain => plain,
        Tone::Heading => plain.bold().underlined(),
        Tone::Strong => plain.bold(),
        Tone::Advice => plain.cyan(),
        Tone::Thought => plain.italic(),
        Tone::Aside | Tone::Prompt => plain.dim(),
        Tone::Good => plain.green(),
        Tone::Bad => plain.red(),
    }
}
