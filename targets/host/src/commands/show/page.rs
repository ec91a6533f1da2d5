//! Paragraphs as lines of a terminal.

use console::{Style, style};
use runtime_evaluation::transcript::{Paragraph, Tone};

use crate::terminal::{shown, wrapped};

/// Columns of the labels before what is shown.
const LABEL: usize = 13;
/// What stands before each line of a prompt.
const MARGIN: &str = "│ ";

/// Lines of at most so many columns.
pub(super) fn text(paragraphs: &[Paragraph], columns: usize) -> String {
    paragraphs.iter().flat_map(|one| lines(one, columns)).map(|line| line + "\n").collect()
}

fn lines(Paragraph { label, tone, text }: &Paragraph, columns: usize) -> Vec<String> {
    let manner = match tone {
        Tone::Gap => return vec![String::new()],
        Tone::Prompt => return prompt(text, columns),
        Tone::Heading => Style::new().bold().underlined(),
        Tone::Strong => Style::new().bold(),
        Tone::Plain => Style::new(),
        Tone::Advice => Style::new().cyan(),
        Tone::Thought => Style::new().italic(),
        Tone::Aside => Style::new().dim(),
        Tone::Good => Style::new().green(),
        Tone::Bad => Style::new().red(),
    };
    if text.trim().is_empty() {
        return Vec::new();
    }
    let spaces = label.map_or(0, |_| LABEL);
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
    let lines = wrapped(&shown(text), room, 0).into_iter();
    let lines = lines.map(|line| format!("{:LABEL$}{MARGIN}{line}", ""));
    lines.map(|line| style(line.trim_end()).dim().to_string()).collect()
}
