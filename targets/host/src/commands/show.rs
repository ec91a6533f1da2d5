//! `rebound show`: a stored run in the terminal, as a person reads it.

mod page;

use std::io::Write;
use std::path::PathBuf;

use anyhow::ensure;
use console::{Term, style};
use runtime_core::history::RunHistory;
use runtime_core::strategy::Strategy;
use runtime_evaluation::report::Reader;
use runtime_evaluation::transcript::{list, paragraphs, transcripts};
use runtime_session::reading::Reading;
use runtime_session::stored::{self, choice};
use serde_json::Value;
use targets_console::command::Examples;
use targets_console::out;

use crate::progress::notes;
use crate::terminal;

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
        let arms: Vec<&RunHistory> = match self.arm {
            None => histories.iter().collect(),
            Some(arm) => vec![choice::arm(&histories, arm)?],
        };
        let text = match (&self.task, self.json) {
            (None, true) => serde_json::to_string_pretty(&list::json(&arms))? + "\n",
            (None, false) => self.list(&arms),
            (Some(task), _) => self.task(task, &arms)?,
        };
        out().write_all(text.as_bytes())?;
        Ok(())
    }

    fn task(&self, wanted: &str, arms: &[&RunHistory]) -> anyhow::Result<String> {
        let Some(history) = arms.last() else { return Ok(String::new()) };
        let place = choice::task(&history.run.tasks, wanted)?;
        let mut trials = choice::trials(transcripts(history, place), self.trial)?;
        let mut reading = Reading::new(self.data.clone());
        for trial in &mut trials {
            reading.read(&history.run, trial);
        }
        if self.json {
            return Ok(serde_json::to_string_pretty(&trials)? + "\n");
        }
        let arm = (*history, arms.len() > 1);
        let paragraphs = paragraphs(arm, place, &trials, self.prompts);
        Ok(page::text(&paragraphs, terminal::columns(&Term::stdout())))
    }

    /// The run's tasks, and how to go on.
    fn list(&self, arms: &[&RunHistory]) -> String {
        let Some(first) = arms.first() else { return String::new() };
        let term = Term::stdout();
        // A reader that is no terminal gets whole lines.
        let columns = if term.is_term() { terminal::columns(&term) } else { usize::MAX };
        let settings: Value = serde_json::from_str(&first.run.settings).unwrap_or_default();
        let environment = settings["environment"].as_str().unwrap_or("an environment");
        let run = self.run.display();
        let head = format!("{run}: {} played {environment}", first.run.actor.name);
        let go_on = format!(
            "`rebound show {run} 1` shows the first task; a number, an id or its beginning names \
             one, --trial N and --arm A choose"
        );
        let table = list::text(arms);
        let mut rows = table.lines().map(|row| terminal::line(row, columns));
        let header = rows.next().unwrap_or_default();
        let mut lines = vec![style(terminal::line(&head, columns)).bold().to_string()];
        lines.extend([String::new(), style(header).dim().to_string()]);
        lines.extend(rows);
        lines.extend([String::new(), list::MARKS.to_owned()]);
        lines.extend(terminal::wrapped(&go_on, columns, 0));
        lines.join("\n") + "\n"
    }
}
