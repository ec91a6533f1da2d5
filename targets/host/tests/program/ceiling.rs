//! What a reflection could be worth at most: an expert who acts, errs and heeds advice, and
//! writers of reflections who know more than a model.

use serde_json::Value;

use crate::support::{Outcome, rebound_in, timeless};

/// Tasks of a split whose first trial reveals what the second needs.
const TASKS: &str = "40";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn play(&self, command: &[&str], more: &[&str]) -> Outcome {
        let split = ["--split", "validation/wishes", "--tasks", TASKS, "--trials", "2", "--quiet"];
        let actor = ["--actor", "expert", "--actor-noise", "0.1"];
        rebound_in(self.0.path(), &[], &[command, &split, &actor, more].concat())
    }

    /// Tasks that were solved by the first and by the second trial.
    fn solved(&self, strategy: &str, more: &[&str]) -> [u64; 2] {
        let out = [strategy, more.last().unwrap_or(&"")].concat();
        let command = ["run", "--strategy", strategy, "--out", &out];
        let played = self.play(&command, more);
        assert_eq!(played.code, 0, "{}", played.stderr);
        let results = timeless(&self.0.path().join(&out));
        let by_trial = results["arms"][0]["success_by_trial"].clone();
        [0, 1].map(|trial: usize| by_trial[trial]["solved"].as_u64().unwrap())
    }
}

#[test]
fn advice_and_the_truth_are_worth_what_a_plain_retry_is_not() {
    let folder = Folder::new();

    let none = folder.solved("none", &[]);
    let expert = folder.solved("retrospective", &["--retrospective", "expert"]);
    let oracle = folder.solved("retrospective", &["--retrospective", "oracle"]);

    let claims = |out: &str| {
        let found = timeless(&folder.0.path().join(out))["arms"][0]["claims"].clone();
        ["claims", "supported", "facts", "told"].map(|name| found[name].as_u64().unwrap())
    };
    let [claimed, supported, facts, told] = claims("retrospectiveexpert");
    // The expert's advice is what its checker expects.
    assert!(
        claimed == supported && facts == told && facts > 20,
        "{:?}",
        claims("retrospectiveexpert")
    );

    // Who reflects changes no first trial.
    assert!(none[0] == expert[0] && none[0] == oracle[0], "{none:?} {expert:?} {oracle:?}");
    assert!((1..20).contains(&none[0]), "{none:?}");
    assert!(none[1] < 24, "{none:?}");
    // The expert errs in a tenth of its steps.
    assert!(expert[1] >= 34 && oracle[1] >= 34, "{expert:?} {oracle:?}");
}

#[test]
fn the_expert_errs_by_the_seed_and_writes_no_tokens() {
    let folder = Folder::new();
    let played = |out: &str, noise: &str| {
        let command = ["run", "--strategy", "none", "--out", out];
        let outcome = rebound_in(
            folder.0.path(),
            &[],
            &[&command[..], &["--actor", "expert", "--actor-noise", noise, "--tasks", "10"]]
                .concat(),
        );
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        timeless(&folder.0.path().join(out))
    };

    let (some, again, never) = (played("a", "0.9"), played("b", "0.9"), played("c", "0"));

    let solved =
        |results: &Value| results["arms"][0]["success_by_trial"][0]["solved"].as_u64().unwrap();
    assert_eq!(some["arms"], again["arms"]);
    assert!(solved(&some) < solved(&never), "{} and {}", solved(&some), solved(&never));
}

#[test]
fn what_a_script_cannot_be_is_refused_with_the_reason() {
    let folder = Folder::new();
    let refused = |arguments: &[&str]| {
        let outcome = rebound_in(folder.0.path(), &[], arguments);
        assert_ne!(outcome.code, 0, "{arguments:?}");
        outcome.stderr
    };

    let acting = refused(&["run", "--actor", "oracle"]);
    let model = refused(&["run", "--actor", "scripted", "--actor-noise", "0.1"]);
    let learned = refused(&[
        "collect",
        "--split",
        "train/easy",
        "--actor",
        "expert",
        "--retrospective",
        "oracle",
    ]);

    let alone = refused(&["run", "--actor", "scripted", "--best-by-claims", "true"]);

    assert!(alone.contains("--best-of goes with"), "{alone}");
    assert!(acting.contains("may not play"), "{acting}");
    assert!(model.contains("--actor expert"), "{model}");
    assert!(learned.contains("has to be a model's"), "{learned}");
}

#[test]
fn the_ceiling_of_an_actor_is_one_command_that_goes_on() {
    let folder = Folder::new();
    let ceiling = |temperatures: &str| {
        let what = ["ceiling", "--reflectors", "expert,oracle", "--out", "found"];
        let split = ["--split", "validation/wishes", "--tasks", TASKS, "--json"];
        let actor = ["--actor", "expert", "--actor-noise", "0.1", "--temperatures", temperatures];
        let arguments = [&what[..], &split, &actor].concat();
        let outcome = rebound_in(folder.0.path(), &[], &arguments);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        serde_json::from_str::<Value>(&outcome.stdout).unwrap()
    };

    let few = ceiling("0.5");
    let log = folder.0.path().join("found/0.5-none/arms/none/trials.log");
    let written = std::fs::metadata(&log).unwrap().modified().unwrap();
    let more = ceiling("0.5,1.0");

    let rows = more["rows"].as_array().unwrap();
    assert_eq!(rows[..3], few["rows"].as_array().unwrap()[..]);
    assert_eq!(rows.len(), 6);
    assert_eq!(std::fs::metadata(&log).unwrap().modified().unwrap(), written);
    assert_eq!(rows[2]["reflector"], "oracle");
    assert_eq!(rows[2]["is_oracle"], true);
    let gained = rows[2]["against_none"]["difference_points"].as_f64().unwrap();
    assert!(gained > 25.0, "{gained}");
}
