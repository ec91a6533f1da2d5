//! Cutting programs in Rust, by their braces.

/// Words that begin an item.
const ITEMS: [&str; 15] = [
    "fn ", "pub ", "use ", "struct ", "enum ", "impl ", "impl<", "const ", "static ", "trait ",
    "type ", "mod ", "#[", "#![", "//",
];

/// The program in a text that defines the function. Without a fence it begins with the first item
/// and ends where a line at the left edge, outside all braces, is none. One that was broken off ends
/// with its last whole item.
pub(super) fn cut(text: &str, is_fenced: bool, is_closed: bool) -> String {
    match (is_fenced, is_closed) {
        (true, true) => text.trim_end().to_owned(),
        (true, false) => whole_items(text),
        (false, _) => whole_items(&without_prose(text)),
    }
}

/// The items of a text up to the last that is closed; all of it if none is.
fn whole_items(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut depth = 0;
    let mut whole = None;
    for (at, line) in lines.iter().enumerate() {
        depth += braces(line);
        if depth == 0 && line.contains('}') {
            whole = Some(at + 1);
        }
    }
    lines[..whole.unwrap_or(lines.len())].join("\n").trim_end().to_owned()
}

fn without_prose(text: &str) -> String {
    let begins = |line: &str| ITEMS.iter().any(|item| line.starts_with(item));
    let mut depth = 0_i64;
    let mut kept = Vec::new();
    for line in text.lines() {
        let is_outside = depth <= 0;
        if is_outside && kept.is_empty() && !begins(line) {
            continue;
        }
        let is_end =
            matches!(line.trim_end(), "" | "}" | "};" | "{") || line.starts_with([' ', ')']);
        if is_outside && !begins(line) && !is_end && !line.starts_with("where") {
            break;
        }
        depth += braces(line);
        kept.push(line);
    }
    kept.join("\n").trim_end().to_owned()
}

/// The beginning of a program with the rest of it, up to the brace that closes the function; it is
/// added where it lacks.
pub(super) fn continued(beginning: &str, rest: &str) -> String {
    let mut depth = braces_of(beginning);
    let mut kept = Vec::new();
    for line in rest.lines() {
        depth += braces(line);
        kept.push(line);
        if depth <= 0 {
            break;
        }
    }
    let lacking = if depth == 1 { "\n}" } else { "" };
    format!("{}\n{}{lacking}", beginning.trim_end(), kept.join("\n").trim_end())
}

fn braces_of(text: &str) -> i64 {
    text.lines().map(braces).sum()
}

/// How many more braces a line opens than it closes; those in texts, letters and comments do not count.
fn braces(line: &str) -> i64 {
    let (mut depth, mut is_text) = (0, false);
    let mut signs = line.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => drop(signs.next()),
            '"' => is_text = !is_text,
            _ if is_text => {}
            '/' if signs.peek() == Some(&'/') => break,
            '\'' => {
                // A letter, such as '{'; a lifetime has no second mark.
                let mut ahead = signs.clone();
                if ahead.next().is_some_and(|letter| letter != '\\') && ahead.next() == Some('\'') {
                    signs = ahead;
                }
            }
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    depth
}
