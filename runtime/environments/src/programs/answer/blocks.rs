//! Fenced blocks of a text.

/// What stands in a fence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) text: String,
    /// Whether the fence is closed, and the block so whole.
    pub(super) is_closed: bool,
}

/// The fenced blocks of an answer, in order. One that begins with a program, in the fence that the
/// problem is thought to have opened, has only the end of its first.
pub(super) fn blocks(answer: &str, begins: impl Fn(&str) -> bool) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut fences = answer.lines().map(str::trim).filter(|line| line.starts_with("```"));
    let is_inside = answer.lines().find(|line| !line.trim().is_empty()).is_some_and(begins)
        && fences.next() == Some("```");
    let mut open: Option<Vec<&str>> = is_inside.then(Vec::new);
    for line in answer.lines() {
        let is_fence = line.trim_start().starts_with("```");
        match (&mut open, is_fence) {
            (None, true) => open = Some(Vec::new()),
            (None, false) => {}
            (Some(lines), false) => lines.push(line),
            (Some(lines), true) => {
                blocks.push(Block { text: lines.join("\n"), is_closed: true });
                open = None;
            }
        }
    }
    if let Some(lines) = open {
        blocks.push(Block { text: lines.join("\n"), is_closed: false });
    }
    blocks
}
