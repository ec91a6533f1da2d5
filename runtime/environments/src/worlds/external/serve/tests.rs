//! A world of ours, asked in lines.

use super::*;
use crate::worlds::household::Household;

fn answers(requests: &[&str]) -> Vec<Value> {
    let mut lines = requests.iter().map(|line| Ok((*line).to_owned()));
    let mut answers = Vec::new();
    let threads = NonZeroUsize::new(2).unwrap_or(NonZeroUsize::MIN);
    serve(&Household, &mut lines, &mut answers, threads).unwrap();
    let answers = String::from_utf8(answers).unwrap();
    answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_world_of_ours_answers_as_others_have_to() {
    let found = answers(&[
        r#"{"id": 1, "method": "describe"}"#,
        r#"{"id": 2, "method": "tasks", "params": {"split": "train/easy"}}"#,
        r#"{"id": 3, "method": "reset", "params": {"task": "train/easy/0"}}"#,
        r#"{"id": 4, "method": "step", "params": {"action": "look"}}"#,
        r#"{"id": 5, "method": "close"}"#,
        r#"{"id": 6, "method": "describe"}"#,
    ]);

    assert_eq!(found.len(), 4);
    assert_eq!((&found[0]["id"], &found[0]["result"]["name"]), (&json!(1), &json!("household")));
    let tasks = found[1]["result"]["tasks"].as_array().unwrap();
    assert!(tasks.iter().any(|task| task["id"] == "train/easy/0"));
    assert!(!found[2]["result"]["actions"].as_array().unwrap().is_empty());
    assert_eq!(found[3]["result"]["done"], false);
}

#[test]
fn a_seed_draws_the_tasks_that_a_run_plays() {
    let ask = |more: &str| {
        format!(r#"{{"id": 1, "method": "tasks", "params": {{"split": "train/easy"{more}}}}}"#)
    };
    let asked = [r#", "count": 5, "seed": 7"#, r#", "count": 5, "seed": 8"#].map(ask);
    let found = answers(&asked.each_ref().map(String::as_str));
    let ids = |answer: &Value| -> Vec<String> {
        let tasks = answer["result"]["tasks"].as_array().unwrap().iter();
        tasks.map(|task| task["id"].as_str().unwrap().to_owned()).collect()
    };
    let selection = TaskSelection {
        split: "train/easy".into(),
        count: Some(5),
        seed: 7,
        limits: Limits::default(),
    };
    let played = Household.tasks(&selection).unwrap();

    assert_eq!(ids(&found[0]), played.into_iter().map(|task| task.id).collect::<Vec<_>>());
    assert_ne!(ids(&found[0]), ids(&found[1]));
}

#[test]
fn slots_of_a_batch_are_played_apart() {
    let reset = |slot: usize| {
        format!(
            r#"{{"method": "reset", "params": {{"slot": {slot}, "task": "train/easy/{slot}"}}}}"#
        )
    };
    let batch = |requests: &[String]| {
        let all = requests.join(",");
        format!(r#"{{"id": 1, "method": "batch", "params": {{"requests": [{all}]}}}}"#)
    };
    let resets: Vec<String> = (0..5).map(reset).collect();
    let alone = answers(&[r#"{"id": 1, "method": "reset", "params": {"task": "train/easy/3"}}"#]);

    let together = answers(&[&batch(&resets), &batch(&[resets[1].clone(), resets[1].clone()])]);

    let begun = together[0]["result"]["answers"].as_array().unwrap();
    assert_eq!(begun.len(), 5);
    assert_eq!(begun[3]["result"], alone[0]["result"]);
    assert_eq!(together[1]["error"]["message"], "slot 1 is in the batch twice");
}

#[test]
fn what_cannot_be_done_is_said() {
    let found = answers(&[
        "nonsense",
        r#"{"id": 2, "method": "reset", "params": {"task": "train/easy/x"}}"#,
        r#"{"id": 3, "method": "step", "params": {"action": "look", "slot": 99999}}"#,
        r#"{"id": 4, "method": "tasks", "params": {"split": "nowhere"}}"#,
    ]);
    for (answer, said) in found.iter().zip(["cannot be read", "no task", "slots", "no split"]) {
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(said), "{message}");
    }
}

#[test]
fn a_line_of_a_form_may_come_as_a_json_string() {
    let form = || ActionForm::Pattern("search.*".into());

    assert_eq!(meant(&form(), r#""search[red]""#), "search[red]");
    assert_eq!(meant(&form(), "search[red]"), "search[red]");
    assert_eq!(meant(&ActionForm::Line, r#""look""#), r#""look""#);
}
