//! Which programs count, and by whose word.

use runtime_core::environment::Step;
use runtime_core::event::RunEvent;
use runtime_core::history::TaskHistory;
use runtime_core::model::{Generation, ModelIdentity};
use runtime_core::task::Task;
use runtime_core::trajectory::{Decision, Ending, TakenStep, Trajectory};

use super::*;

const PROBLEMS: &str = r#"{"task_id": "own/1", "prompt": "def twice(x):\n    \"\"\"Twice x.\"\"\"\n", "entry_point": "twice", "test": "def check(candidate):\n    assert candidate(2) == 4\n"}
{"task_id": "own/2", "prompt": "def half(x):\n    \"\"\"Half of x.\"\"\"\n", "entry_point": "half", "test": "def check(candidate):\n    assert candidate(2) == 1\n"}
"#;
const TESTS: &str = r#"{"kind": "internal tests", "version": 1}
{"id": "test/own/1", "tests": ["assert twice(0) == 0"]}
{"id": "test/own/2", "tests": []}
"#;

fn world_in(folder: &Path) -> ProgramWorld {
    let [problems, tests] =
        [("problems.jsonl", PROBLEMS), ("tests.jsonl", TESTS)].map(|(name, text)| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        });
    let mut table = toml::Table::new();
    table.insert("environment".into(), "programs".into());
    table.insert("problems".into(), problems.into());
    let request =
        AccuracyRequest { runs: Vec::new(), internal_tests: Some(tests.into()), data: None };
    let (options, is_played) = with_internal(table.clone(), &request).unwrap();
    assert!(!is_played);
    let unknown = with_internal(table, &AccuracyRequest { internal_tests: None, ..request });
    assert!(unknown.unwrap_err().to_string().contains("--internal-tests"));
    world(&options).unwrap()
}

/// A trial of one program: its return, and its progress.
fn trial((program, reward, progress): (&str, f32, f32)) -> FinishedTrial {
    let answer = Generation::of_text(program);
    let decision = Decision {
        action: program.into(),
        malformed: false,
        dropped_steps: 0,
        thought: None,
        answer,
    };
    let outcome = Step { observation: String::new(), reward, progress, done: true };
    let steps = vec![TakenStep { decision, outcome, grounded: None }];
    let (opening, feedback) = Default::default();
    FinishedTrial::new(Trajectory { opening, steps, ending: Ending::Over, feedback }, 0)
}

fn history(trials: &[(&str, f32, f32)]) -> RunHistory {
    let run = RunEvent {
        version: String::new(),
        strategy: "none".into(),
        settings: String::new(),
        prompts_sha256: String::new(),
        actor: ModelIdentity::default(),
        retrospective: ModelIdentity::default(),
        tasks: ["test/own/1", "test/own/2"].map(Task::named).into(),
        traits: Vec::new(),
    };
    let of = |trials: &[(&str, f32, f32)]| TaskHistory {
        trials: trials.iter().copied().map(trial).collect(),
        ..TaskHistory::default()
    };
    let without = ("def half(x):\n    return x", 0.0, 0.0);
    RunHistory { run, tasks: vec![of(trials), of(&[without])] }
}

#[test]
fn each_program_counts_once_by_its_records_or_by_running_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_in(folder.path());
    let program = |value: &str| format!("def twice(x):\n    return {value}");
    let programs = ["2 * x", "x", "2 * x", "x + x", "x + 1"].map(program);
    // The records say what internal tests the run was played with.
    let trials = [
        (programs[0].as_str(), 1.0, 1.0),
        (programs[1].as_str(), 0.0, 1.0),
        (programs[2].as_str(), 1.0, 1.0),
        (programs[3].as_str(), 1.0, 0.0),
        (programs[4].as_str(), 0.0, 0.0),
        ("", 0.0, 0.0),
    ];
    let history = history(&trials);

    let mut recorded = Counting::default();
    count_arm(&history, &world, None, &mut recorded).unwrap();
    let mut rejudged = Counting::default();
    let mut none_holds = |_: &Problem, _: &str, tests: &[String]| -> anyhow::Result<bool> {
        assert_eq!(tests, ["assert twice(0) == 0"]);
        Ok(false)
    };
    count_arm(&history, &world, Some(&mut none_holds), &mut rejudged).unwrap();

    let counts = |counting: &Counting| {
        let found = TestAccuracy::new("python", &counting.verdicts["python"]);
        [found.true_positive, found.false_negative, found.false_positive, found.true_negative]
    };
    assert_eq!(counts(&recorded), [1, 1, 1, 1]);
    assert_eq!(counts(&rejudged), [0, 2, 0, 2]);
    let Accuracy { without_tests, without_program, repeats, .. } = recorded.accuracy;
    assert_eq!((without_tests, without_program, repeats), (1, 1, 1));
}
