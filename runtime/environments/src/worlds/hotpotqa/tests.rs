//! HotPotQA as a world: its splits, options and tasks; questions for the other tests.

use std::path::PathBuf;

use runtime_core::task::Limits;
use serde_json::{Value, json};

use super::*;
use crate::split::Purpose;
use crate::world::tests::check_purposes;

/// Seven questions on two cities, a river and a mayor; `q0` is a bridge to the mayor.
fn questions() -> Vec<Value> {
    let context = json!([
        {"title": "Bath, Maine", "sentences": ["Bath is a city in Maine.", " ", " Its mayor is Zoë Gray."]},
        {"title": "Zoë Gray", "sentences": ["Zoë Gray is a mayor.", " She was born in Nice.", " She was a sailor."]},
        {"title": "Kennebec River", "sentences": ["The Kennebec is a river."]},
        {"title": "Bristol", "sentences": ["One.", "Two.", "Three.", "Four.", "Five.", "Six with Nice."]},
    ]);
    let question = |number: usize| {
        json!({
            "id": format!("q{number}"),
            "question": "Where was the mayor of Bath, Maine born?",
            "answer": "in Nice, France",
            "type": if number % 3 == 2 { "comparison" } else { "bridge" },
            "level": "hard",
            "supporting_facts": [
                {"title": "Bath, Maine", "sent_id": 2},
                {"title": "Zoë Gray", "sent_id": 1},
            ],
            "context": context,
        })
    };
    (0..7).map(question).collect()
}

fn folder(questions: &[Value]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let lines: Vec<String> = questions.iter().map(Value::to_string).collect();
    let path: PathBuf = folder.path().join("hotpotqa");
    std::fs::create_dir(&path).unwrap();
    std::fs::write(path.join("hotpotqa-distractor-100.jsonl"), lines.join("\n")).unwrap();
    folder
}

/// The world of the seven questions.
pub(super) fn some(options: HotpotqaOptions) -> Hotpotqa {
    Hotpotqa::open(folder(&questions()).path(), None, options).unwrap()
}

/// The task of `q0`.
pub(super) fn first(world: &Hotpotqa) -> Task {
    let limits = Limits::default();
    let all = ["train", "validation", "test"].into_iter().flat_map(|split| {
        let selection = TaskSelection { split: split.to_owned(), count: None, seed: 1, limits };
        world.tasks(&selection).unwrap()
    });
    let mut all: Vec<Task> = all.collect();
    assert_eq!(all.len(), 7);
    all.retain(|task| task.id.ends_with("/q0"));
    all.remove(0)
}

#[test]
fn every_split_has_its_purpose() {
    let expected =
        [("train", Purpose::Train), ("validation", Purpose::Validation), ("test", Purpose::Test)];
    check_purposes(&some(HotpotqaOptions::default()), &expected);
}

#[test]
fn tasks_are_the_questions_with_their_types_and_levels() {
    let world = some(HotpotqaOptions::default());

    let task = first(&world);

    assert_eq!(task.instruction, "Where was the mayor of Bath, Maine born?");
    assert_eq!(task.kind, "bridge");
    assert_eq!(world.traits(&task).difficulty, Some(Difficulty::Hard));
}

#[test]
fn a_search_has_six_steps_and_an_answer_one() {
    let steps = |context| {
        let options = HotpotqaOptions { context, ..HotpotqaOptions::default() };
        some(options).default_steps_max("test")
    };
    assert_eq!([Context::Search, Context::Gold, Context::None].map(steps), [6, 1, 1]);
}

#[test]
fn options_are_read_and_wrong_ones_named() {
    let folder = folder(&questions());
    let opened = |own: &[(&'static str, &str)]| {
        let own = own.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        open(&EnvironmentOptions { data: Some(folder.path().to_owned()), own })
    };
    let check = |own: &[(&'static str, &str)], expected: &str| {
        let problem = opened(own).map(|_| ()).unwrap_err().to_string();
        assert!(problem.contains(expected), "{problem}");
    };

    assert_eq!(opened(&[("pages", "Gold")]).unwrap().default_steps_max("test"), 1);
    check(&[("pages", "all")], "none, gold or search");
    check(&[("observation-characters", "39")], "40 or more");
    check(&[("observation-characters", "-1")], "40 or more");
    check(&[("store", "/nowhere.jsonl")], "/nowhere.jsonl");
    assert!(matches!(open(&EnvironmentOptions::default()), Err(WorldError::NoData(_))));
}

#[test]
fn data_that_is_missing_or_too_little_says_what_was_expected() {
    let opened = |folder: &Path| {
        Hotpotqa::open(folder, None, HotpotqaOptions::default()).unwrap_err().to_string()
    };
    let missing = opened(Path::new("/nowhere"));
    let few = opened(folder(&questions()[..4]).path());

    assert!(missing.contains("rebound data pull hotpotqa"), "{missing}");
    assert!(few.contains("5 questions or more, it has 4"), "{few}");
}
