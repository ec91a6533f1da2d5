//! The child's side: questions on its standard input, answers on its standard output.

use std::io::{self, BufRead, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{chat, prompts};

/// What a child tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A chat template.
    Chat,
    /// Prompt templates of a folder.
    Prompts,
    /// A model in an engine that is foreign code.
    Model,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Chat, Self::Prompts, Self::Model];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Prompts => "prompts",
            Self::Model => "model",
        }
    }
}

/// Serves templates, of the first two kinds, until the questions end. From now on this process
/// takes no more memory than they may.
pub fn serve_templates(kind: Kind) -> io::Result<()> {
    runtime_sandbox::take_at_most(chat::MEMORY_BYTES)?;
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
