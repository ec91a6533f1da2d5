//! What a run shows while it is played: lines in a log, a terminal's bar, `--watch`.

use runtime_core::choice::Counted;
use runtime_core::history::RunHistory;
use runtime_store::trial_log::read_log;
use tempfile::TempDir;

use crate::support::{Outcome, rebound};

fn play(folder: &TempDir, more: &[&str]) -> Outcome {
    let out = folder.path().join("run");
    let fixed = ["run", "--actor", "scripted", "-n", "6", "--steps", "4", "--trials", "2"];
    let played = rebound(&[&fixed[..], &["--out", out.to_str().unwrap()], more].concat());
    assert_eq!(played.code, 0, "{}", played.stderr);
    played
}

fn history(folder: &TempDir) -> RunHistory {
    read_log(&folder.path().join("run/arms/reflexion/trials.log")).unwrap().history
}

#[test]
fn without_a_terminal_lines_say_who_plays_and_how_far_it_came() {
    let folder = tempfile::tempdir().unwrap();

    let said = play(&folder, &[]).stderr;

    assert!(said.contains("scripted plays household"), "{said}");
    assert!(said.contains(folder.path().to_str().unwrap()), "{said}");
    let last = said.lines().last().unwrap();
    let solved = history(&folder).tasks.iter().filter(|task| task.solved(Counted::Last)).count();
    let rate = runtime_evaluation::interval::Rate::new(solved as u64, 6);
    let rate = runtime_evaluation::table::rate_text(&rate);
    assert!(last.contains(&format!("reflexion: 6/6 tasks, {rate} solved")), "{said}");
    assert!(last.contains("tokens/s") && last.contains(", trial "), "{said}");
    assert!(!said.contains('\u{1b}'), "{said:?}");
}

#[test]
fn a_quiet_run_says_nothing() {
    let folder = tempfile::tempdir().unwrap();

    let said = play(&folder, &["--quiet"]);

    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""));
}

#[test]
fn watching_streams_what_is_seen_done_and_learned_before_the_table() {
    let folder = tempfile::tempdir().unwrap();

    let said = play(&folder, &["--watch"]).stdout;

    let history = history(&folder);
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut after = 0;
    for (task, played) in history.run.tasks.iter().zip(&history.tasks) {
        for (number, trial) in (1..).zip(&played.trials) {
            let mut parts = vec![format!("{}, trial {number}", task.id)];
            for step in &trial.trajectory.steps {
                parts.push(format!("> {}", step.decision.action));
                parts.push(step.outcome.observation.clone());
            }
            parts.extend(trial.reflection.iter().map(|one| format!("reflection: {}", one.text)));
            for part in parts {
                let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
                let found = words[after..].find(&part);
                after += found.unwrap_or_else(|| panic!("{part:?} does not follow in {said}"));
            }
        }
    }
    assert!(words[after..].contains("Wilson intervals"), "{said}");
}

#[test]
fn each_line_names_its_task_where_several_are_played_at_once() {
    let folder = tempfile::tempdir().unwrap();

    let said = play(&folder, &["--watch", "--parallel", "3"]).stdout;

    let history = history(&folder);
    let named = |line: &&str| {
        line.split_once(" │ ").is_some_and(|(name, _)| {
            history.run.tasks.iter().any(|task| task.id.starts_with(name.trim_end_matches('…')))
        })
    };
    let streamed = said.lines().take_while(|line| !line.starts_with("arm "));
    assert!(streamed.filter(|line| !line.is_empty()).all(|line| named(&line)), "{said}");
}

#[cfg(target_os = "linux")]
mod on_a_terminal {
    use crate::support::shell;

    /// What a terminal gets of a run.
    fn drawn(arguments: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("run").display().to_string();
        let line = format!("stty rows 40 cols 120; $REBOUND run {arguments} --out {out}");
        let drawn = shell(&format!("script -qec '{line}' /dev/null"));
        assert_eq!(drawn.code, 0, "{}", drawn.stdout);
        drawn.stdout
    }

    #[test]
    fn the_bar_shows_who_plays_the_task_its_step_and_the_success_so_far() {
        let drawn = drawn("--actor scripted -n 1000 --trials 5 --steps 8");

        for part in
            ["scripted plays household", "/1000 tasks", " % [", "solved", ", trial ", "left"]
        {
            assert!(drawn.contains(part), "{part:?} was not drawn");
        }
        assert!(drawn.contains(", step "), "no step was drawn");
    }
}
