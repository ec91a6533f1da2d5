//! The child's side: questions on its standard input, answers on its standard output.

use std::io::{self, BufRead, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::child::{Kind, MEMORY_BYTES};
use crate::{chat, prompts};

/// What the program takes of memory of its own before it serves, and the stack on which a template is
/// read, in bytes.
const PROGRAM_BYTES: u64 = 32 << 20;

/// Serves templates, of the first two kinds, until the questions end. From now on this process
/// takes no more memory than they may.
pub fn serve_templates(kind: Kind) -> io::Result<()> {
    runtime_sandbox::take_at_most(PROGRAM_BYTES + MEMORY_BYTES)?;
    match kind {
        Kind::Chat => serve(chat::answer),
        Kind::Prompts => {
            let mut set = None;
            serve(move |question| prompts::answer(&mut set, question))
        }
        Kind::Model => Ok(()),
    }
}

/// Answers each question, a line of JSON, until they end.
#[allow(clippy::disallowed_methods, reason = "what it answers is read by a program alone")]
pub fn serve<Q: DeserializeOwned, A: Serialize>(mut answer: impl FnMut(Q) -> A) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let answer = answer(serde_json::from_str(&line?)?);
        let mut line = serde_json::to_string(&answer)?;
        line.push('\n');
        out.write_all(line.as_bytes())?;
        out.flush()?;
    }
    Ok(())
}
