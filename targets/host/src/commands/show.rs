//! `rebound show`: a stored run in the terminal, as a person reads it.

mod choice;
mod list;
mod page;

use std::io::Write;
use std::path::PathBuf;

use anyhow::ensure;
use console::Term;
use runtime_core::history::RunHistory;
use runtime_core::strategy::Strategy;
use runtime_evaluation::report::Reader;
use runtime_evaluation::transcript::transcripts;
use runtime_session::reading::Reading;
use runtime_session::stored;
use targets_console::command::Examples;
use targets_console::out;

use crate::progress::notes;
use crate::terminal;
use page::Page;

/// By the command's path below `rebound`.
pub(crate) const EXAMPLES: Examples<'static> = &[(
    "show",
    &[
        "rebound show runs/demo                        # its tasks, and how they ended",
        "rebound show runs/demo 3                      # what happened in the third",
    ],
)];

/// Read what happened in a stored run, a killed one or one under way too
///
/// Without TASK it lists the run's tasks and how their trials ended. With one it prints each of
/// the task's trials: what the actor was told, prompted, saw and could do, what it did and how
/// likely that was, and what was learned from it.
#[derive(clap::Args)]
pub(crate) struct Show {
    /// A run's folder, or one trials.log
    #[arg(value_name = "DIR|FILE")]
    run: PathBuf,
    /// A task, by its number in the list, its id, or the beginning of its id
    task: Option<String>,
    /// This trial alone
    #[arg(long, value_name = "N", requires = "task")]
    trial: Option<u32>,
    /// This arm alone, by its strategy [default: of several, the last for a task]
    #[arg(long, value_name = "STRATEGY")]
    arm: Option<Strategy>,
    /// Each step's prompt in full [default: the first one's, then what is new in it beside the
    /// observation]
    #[arg(long, requires = "task")]
    prompts: bool,
    /// Folder of data sets, to tell what could be done in worlds that need one
    #[arg(long, value_name = "DIR", env = "REBOUND_DATA")]
    data: Option<PathBuf>,
    /// Print JSON, with every prompt in full
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let histories = stored::read(&self.run, &notes())?.histories;
        ensure!(!histories.is_empty(), "{} holds no trial yet", self.run.display());
        let text = match (&self.task, self.json) {
            (None, true) => list::json(&self.arms(&histories)?)?,
            (None, false) => list::text(&self.run, &self.arms(&histories)?),
            (Some(task), _) => self.task(task, &histories)?,
        };
        out().write_all(text.as_bytes())?;
        Ok(())
    }

    /// The arms that were asked for.
    fn arms<'a>(&self, histories: &'a [RunHistory]) -> anyhow::Result<Vec<&'a RunHistory>> {
        match self.arm {
            None => Ok(histories.iter().collect()),
            Some(arm) => Ok(vec![choice::arm(histories, arm)?]),
        }
    }

    fn task(&self, wanted: &str, histories: &[RunHistory]) -> anyhow::Result<String> {
        let arms = self.arms(histories)?;
        let Some(history) = arms.last() else { return Ok(String::new()) };
        let place = choice::task(&history.run.tasks, wanted)?;
        let told = choice::trials(transcripts(history, place), self.trial)?;
        let mut reading = Reading::new(self.data.clone());
        let mut read = Vec::new();
        for mut transcript in told {
            reading.read(&history.run, &mut transcript);
            read.push(transcript);
        }
        if self.json {
            return Ok(serde_json::to_string_pretty(&read)? + "\n");
        }
        let mut page = Page::new(terminal::columns(&Term::stdout()), self.prompts);
        page.task(history, place, arms.len() > 1 && self.arm.is_none());
        for transcript in &read {
            page.trial(transcript);
        }
        Ok(page.ended())
    }
}
