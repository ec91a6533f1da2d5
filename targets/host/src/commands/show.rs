//! `rebound show`: prints a stored run in the terminal.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use anyhow::ensure;
use console::style;
use runtime_core::history::RunHistory;
use runtime_core::strategy::Strategy;
use runtime_evaluation::transcript::{list, paragraphs};
use runtime_evaluation::{results, table};
use runtime_session::stored;
use runtime_session::stored::shown::{self, Overview};
use targets_console::{out, terminal};

use crate::page;
use crate::progress::notes;

pub(crate) const EXAMPLES: &str = "\
rebound show runs/demo                        # its tasks, and how they ended
rebound show runs/demo 3                      # what happened in the third
rebound show runs/demo --analysis             # progress, grounding, abilities, costs";

/// Print the trials of a stored run, which may be interrupted or still running
///
/// Without TASK, lists the run's tasks and the outcomes of their trials. With TASK, prints each
/// trial of the task: the memory and prompt, then observation, admissible actions, action and
/// its log-probability for each step, and the reflection.
#[derive(clap::Args)]
pub(crate) struct Show {
    /// A run's folder, or a single trials.log
    #[arg(value_name = "DIR|FILE")]
    run: PathBuf,
    /// The task: its number in the list, its id, or the beginning of its id
    task: Option<String>,
    /// Print only this trial
    #[arg(long, value_name = "N", requires = "task")]
    trial: Option<u32>,
    /// Print only the arm of this strategy [default: all arms; for a task, the last one]
    #[arg(long, value_name = "STRATEGY")]
    arm: Option<Strategy>,
    /// Print each step's full prompt [default: the first step's, then only what is new beside
    /// the observation]
    #[arg(long, requires = "task")]
    prompts: bool,
    /// Folder of data sets, to list admissible actions in environments that need one
    #[arg(long, value_name = "DIR", env = "REBOUND_DATA")]
    data: Option<PathBuf>,
    /// Print what is asked beside success: grounding, easy and hard tasks, abilities, cost for each
    /// solved task
    #[arg(long, conflicts_with = "task")]
    analysis: bool,
    /// Print JSON, with every full prompt
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let histories = stored::read(&self.run, &notes())?.histories;
        ensure!(!histories.is_empty(), "{} holds no trial yet", self.run.display());
        let arms = shown::arms(&histories, self.arm)?;
        let text = match (&self.task, self.json, arms.last()) {
            (None, _, _) if self.analysis => {
                let found = results::results(&stored::read(&self.run, &notes())?.histories)?;
                if self.json {
                    let analyses = found.arms.iter().map(|arm| (&*arm.strategy, &arm.analysis));
                    serde_json::to_string_pretty(&analyses.collect::<BTreeMap<_, _>>())? + "\n"
                } else {
                    table::analysis::table(&found)
                }
            }
            (None, true, _) => serde_json::to_string_pretty(&list::json(&arms))? + "\n",
            (None, false, _) => Overview::new(&self.run, &arms).map(laid_out).unwrap_or_default(),
            (Some(task), _, last) => {
                last.map_or(Ok(String::new()), |arm| self.task(task, (arm, arms.len() > 1)))?
            }
        };
        // A terminal's colours stand in what is laid out, what the files said in JSON.
        if self.json {
            out().text(&text);
        } else {
            out().write_all(text.as_bytes())?;
        }
        Ok(())
    }

    fn task(&self, wanted: &str, arm: (&RunHistory, bool)) -> anyhow::Result<String> {
        let (place, trials) = shown::trials(arm.0, (wanted, self.trial), self.data.clone())?;
        if self.json {
            return Ok(serde_json::to_string_pretty(&trials)? + "\n");
        }
        let paragraphs = paragraphs(arm, place, &trials, self.prompts);
        Ok(page::text(&paragraphs, terminal::columns(out())))
    }
}

fn laid_out(Overview { head, table, further }: Overview) -> String {
    // A reader that is no terminal gets whole lines.
    let columns = if out().is_terminal() { terminal::columns(out()) } else { usize::MAX };
    let mut rows = table.lines().map(|row| terminal::line(row, columns));
    let header = rows.next().unwrap_or_default();
    let mut lines = vec![style(terminal::line(&head, columns)).bold().to_string()];
    lines.extend([String::new(), style(header).dim().to_string()]);
    lines.extend(rows);
    lines.extend([String::new(), list::MARKS.to_owned()]);
    lines.extend(terminal::wrapped(&further, columns, 0));
    lines.join("\n") + "\n"
}
