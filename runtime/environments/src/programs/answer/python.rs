//! Cutting programs in Python: what stands at the left edge begins a statement, or is prose.

/// Words that begin a statement which belongs to a program.
const STATEMENTS: [&str; 7] = ["def ", "async def ", "class ", "import ", "from ", "@", "#"];

/// The program in a text that defines the function: from its first statement to where prose follows
/// the function, or to its last whole statement where the text was broken off.
pub(super) fn cut(text: &str, function: &str, is_whole: bool) -> String {
    if is_whole {
        return text.trim_end().to_owned();
    }
    let lines: Vec<&str> = text.lines().collect();
    let is_edge = |line: &&str| !line.starts_with([' ', ')', ']', '}']) && !line.trim().is_empty();
    let begins =
        |line: &str| STATEMENTS.iter().any(|word| line.starts_with(word)) || is_assignment(line);
    let start = lines.iter().position(|line| is_edge(line) && begins(line)).unwrap_or(0);
    let definition = lines.iter().position(|line| {
        let rest = line.trim_start().trim_start_matches("async ").strip_prefix("def ");
        rest.is_some_and(|rest| rest.trim_start().starts_with(function))
    });
    let definition = definition.unwrap_or(start);
    let after = lines.iter().enumerate().skip(definition + 1);
    let end = after.clone().find(|(_, line)| is_edge(line) && !begins(line)).map(|(at, _)| at);
    let end = end.unwrap_or(lines.len());
    lines[start.min(definition)..end].join("\n").trim_end().to_owned()
}

/// Whether a line gives a name a value: `NAME = …`.
fn is_assignment(line: &str) -> bool {
    let Some((name, _)) = line.split_once(" = ") else { return false };
    let is_name = |part: &str| {
        let part = part.trim();
        !part.is_empty() && part.chars().all(|sign| sign.is_alphanumeric() || sign == '_')
    };
    name.split(',').all(is_name)
}

/// The beginning of a program with the rest of it, which is indented where it is not.
pub(super) fn continued(beginning: &str, rest: &str) -> String {
    let rest = rest.trim_start_matches('\n');
    let is_indented = rest.starts_with(' ') || beginning.trim().is_empty();
    let lines = rest.lines();
    let indented = |line: &str| {
        if is_indented || line.trim().is_empty() { line.to_owned() } else { format!("    {line}") }
    };
    // What stands at the left edge ends the function.
    let inside = |line: &&str| !is_indented || line.starts_with(' ') || line.trim().is_empty();
    let inside = |line: &&str| beginning.trim().is_empty() || inside(line);
    let rest: Vec<String> = lines.take_while(inside).map(indented).collect();
    format!("{}\n{}", beginning.trim_end(), rest.join("\n").trim_end()).trim_start().to_owned()
}
