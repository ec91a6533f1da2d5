//! HotPotQA's scores against its official rule, and its questions as they are.
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::path::Path;

use runtime_core::task::Limits;
use runtime_environments::check::{CheckSettings, check};
use runtime_environments::entry::EnvironmentOptions;
use runtime_environments::selection::TaskSelection;
use runtime_environments::world::World;
use runtime_environments::worlds::{hotpotqa::score, open};
use serde_json::Value;

/// What `make_scores.py` beside the pairs computed, to the last bit.
#[test]
fn scores_are_those_of_the_official_rule() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hotpotqa/scores.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let mut pairs = 0;
    for line in text.lines() {
        let pair: Value = serde_json::from_str(line).unwrap();
        let (answer, expected) =
            (pair["answer"].as_str().unwrap(), pair["expected"].as_str().unwrap());

        let found = score(answer, expected);

        assert_eq!(found.is_exact, pair["exact"].as_bool().unwrap(), "{line}");
        // A text: JSON readers round numbers in ways of their own.
        let f1: f64 = pair["f1"].as_str().unwrap().parse().unwrap();
        assert_eq!(found.f1.to_bits(), f1.to_bits(), "{line}");
        pairs += 1;
    }
    assert_eq!(pairs, 500);
}

fn world(context: &str) -> Option<Box<dyn World>> {
    let data = tests_needs::data("hotpotqa")?;
    let own = [("pages", context.to_owned())].into();
    Some(open("hotpotqa", &EnvironmentOptions { data: Some(data), own }).unwrap())
}

fn lines() -> Option<Vec<Value>> {
    let path = tests_needs::data("hotpotqa")?.join("hotpotqa/hotpotqa-distractor-100.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
fn every_question_is_solved_by_its_pages_and_its_answer() {
    let (Some(world), Some(lines)) = (world("search"), lines()) else { return };
    let mut environment = world.environment();
    let mut sizes = Vec::new();
    for split in world.splits() {
        let limits = Limits::default();
        let selection = TaskSelection { split: split.name, count: None, seed: 1, limits };
        let tasks = world.tasks(&selection).unwrap();
        for task in &tasks {
            let line = lines.iter().find(|line| task.id.ends_with(line["id"].as_str().unwrap()));
            let line = line.unwrap();
            environment.reset(task).unwrap();
            for fact in line["supporting_facts"].as_array().unwrap() {
                let title = fact["title"].as_str().unwrap();
                let step = environment.step(&format!("Search[{}]", title.to_uppercase())).unwrap();
                assert!(!step.observation.starts_with("Could not find"), "{title}");
            }
            let answer = line["answer"].as_str().unwrap();
            let step = environment.step(&format!("Finish[{answer}]")).unwrap();
            assert_eq!((step.reward, step.progress, step.done), (1.0, 1.0, true), "{answer}");
        }
        sizes.push(tasks.len());
    }
    assert_eq!(sizes, [60, 20, 20]);
}

#[test]
fn what_worlds_promise_is_kept_with_each_context() {
    for context in ["search", "gold", "none"] {
        let Some(world) = world(context) else { return };
        let settings = CheckSettings { split: None, tasks: 3, seed: 7 };

        let report = check(&*world, &settings, &mut |_, _| {}).unwrap();

        assert!(report.is_kept(), "{context}: {report:#?}");
    }
}
