//! Tasks of a split without those that a list names, such as all that were looked at before.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, ensure};
use runtime_core::task::Task;
use runtime_environments::selection::TaskSelection;
use runtime_environments::world::World;

/// The selected tasks, as many as are asked for, of those that the file does not name. Lines that
/// begin with `#` and empty ones name none.
///
/// Errors: the file cannot be read, or fewer tasks are left than are asked for.
pub(crate) fn tasks(
    world: &dyn World,
    selection: &TaskSelection,
    file: &Path,
) -> anyhow::Result<Vec<Task>> {
    let text = runtime_files::read_text(file)
        .with_context(|| format!("cannot read {}, the tasks to leave out", file.display()))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let left_out: BTreeSet<&str> = lines.filter(|line| !line.starts_with('#')).collect();
    // A larger selection of a seed begins with the smaller ones.
    let count = selection.count.map(|count| count.saturating_add(left_out.len()));
    let mut tasks = world.tasks(&TaskSelection { count, ..selection.clone() })?;
    tasks.retain(|task| !left_out.contains(task.id.as_str()));
    if let Some(asked) = selection.count {
        ensure!(
            tasks.len() >= asked,
            "{asked} tasks of {} are asked for, and {} are left without those of {}",
            selection.split,
            tasks.len(),
            file.display()
        );
        tasks.truncate(asked);
    }
    Ok(tasks)
}

#[cfg(test)]
mod tests {
    use runtime_core::task::Limits;
    use runtime_environments::worlds::household::Household;

    use super::*;

    fn selection(count: usize) -> TaskSelection {
        let limits = Limits::default();
        TaskSelection { split: "test/medium".into(), count: Some(count), seed: 3, limits }
    }

    #[test]
    fn what_is_named_is_left_out_and_others_take_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("seen.txt");
        let ids = |tasks: Vec<Task>| tasks.into_iter().map(|task| task.id).collect::<Vec<_>>();
        let seen = ids(Household.tasks(&selection(40)).unwrap());
        std::fs::write(&file, format!("# seen before\n\n{}\n", seen.join("\n"))).unwrap();

        let fresh = ids(tasks(&Household, &selection(60), &file).unwrap());

        assert_eq!(fresh, ids(Household.tasks(&selection(100)).unwrap())[40..]);
    }

    #[test]
    fn too_few_that_are_left_are_told_with_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("seen.txt");
        std::fs::write(&file, "test/medium/0\n").unwrap();

        let problem = tasks(&Household, &selection(1_000), &file).unwrap_err().to_string();

        assert!(problem.contains("1000 tasks") && problem.contains("999 are left"), "{problem}");
        assert!(tasks(&Household, &selection(1), &folder.path().join("none")).is_err());
    }
}
