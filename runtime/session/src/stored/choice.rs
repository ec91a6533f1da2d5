//! Selection of an arm, a task and a trial.

use anyhow::{Context, bail, ensure};
use runtime_core::history::RunHistory;
use runtime_core::strategy::Strategy;
use runtime_core::task::Task;
use runtime_evaluation::transcript::Transcript;

use crate::words::printable;

/// Greatest number of tasks that an error lists.
const NAMED_MAX: usize = 5;

/// The arm of a strategy.
pub(super) fn arm(histories: &[RunHistory], wanted: Strategy) -> anyhow::Result<&RunHistory> {
    let found = histories.iter().find(|history| history.run.strategy == wanted.name());
    found.with_context(|| {
        let names: Vec<&str> = histories.iter().map(|one| one.run.strategy.as_str()).collect();
        format!("the run has no arm {wanted}; it has {}", names.join(", "))
    })
}

/// The index of a task that is given by its number, its id, or the beginning of its id.
pub(super) fn task(tasks: &[Task], wanted: &str) -> anyhow::Result<usize> {
    if let Some(place) = tasks.iter().position(|task| task.id == wanted) {
        return Ok(place);
    }
    if let Ok(number) = wanted.parse::<usize>() {
        ensure!(
            (1..=tasks.len()).contains(&number),
            "the run has no task {number}; its tasks are 1 to {}",
            tasks.len()
        );
        return Ok(number - 1);
    }
    let begins = |(_, task): &(usize, &Task)| task.id.starts_with(wanted);
    let found: Vec<(usize, &Task)> = tasks.iter().enumerate().filter(begins).collect();
    match found.as_slice() {
        [(place, _)] if !wanted.is_empty() => Ok(*place),
        [] => bail!("the run has no task {wanted:?}{}", nearest(tasks, wanted)),
        several => {
            let ids: Vec<_> = several.iter().map(|(_, task)| printable(&task.id)).collect();
            let more = if ids.len() > NAMED_MAX { ", …" } else { "" };
            let ids = ids[..ids.len().min(NAMED_MAX)].join(", ");
            bail!("{} tasks begin with {wanted:?}: {ids}{more}", several.len())
        }
    }
}

/// The requested trial, or all trials.
pub(super) fn trials(all: Vec<Transcript>, wanted: Option<u32>) -> anyhow::Result<Vec<Transcript>> {
    ensure!(!all.is_empty(), "the task was not played yet");
    let Some(wanted) = wanted else { return Ok(all) };
    let last = all.iter().map(|one| one.trial).max().unwrap_or(0);
    let found: Vec<Transcript> = all.into_iter().filter(|one| one.trial == wanted).collect();
    ensure!(!found.is_empty(), "the task has no trial {wanted}; its trials are 1 to {last}");
    Ok(found)
}

fn nearest(tasks: &[Task], wanted: &str) -> String {
    let likeness = |task: &&Task| strsim::normalized_damerau_levenshtein(&task.id, wanted);
    let best = tasks.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    best.map(|task| format!(", did you mean {}?", printable(&task.id))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use runtime_core::task::Limits;

    use super::*;

    fn tasks() -> Vec<Task> {
        let task = |id: &str| Task {
            id: id.into(),
            kind: String::new(),
            instruction: String::new(),
            seed: 0,
            limits: Limits::default(),
        };
        ["test/easy/1", "test/easy/17", "test/hard/3"].map(task).into()
    }

    fn refused(wanted: &str) -> String {
        task(&tasks(), wanted).unwrap_err().to_string()
    }

    #[test]
    fn a_task_is_meant_by_its_number_its_id_or_its_beginning() {
        let found = ["3", "test/easy/1", "test/easy/17", "test/h"];

        assert_eq!(found.map(|wanted| task(&tasks(), wanted).unwrap()), [2, 0, 1, 2]);
    }

    #[test]
    fn what_means_no_task_or_several_is_refused_with_what_would_do() {
        assert_eq!(refused("4"), "the run has no task 4; its tasks are 1 to 3");
        assert!(refused("0").contains("1 to 3"));
        assert!(refused("test/hrad/3").contains("did you mean test/hard/3?"));
        let several = refused("test/easy");
        assert_eq!(several, "2 tasks begin with \"test/easy\": test/easy/1, test/easy/17");
        assert!(refused("").contains("3 tasks begin with"));
    }
}
