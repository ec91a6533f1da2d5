//! The page and the table of a loop.

use runtime_core::group::GroupSettings;
use runtime_core::strategy::Judge;

use super::*;
use crate::collection::collection;
use crate::learning::state::{
    AdapterFile, Phase, ReflectionExample, Round, TrainingResults, Verdict,
};

/// A loop of two rounds, the second of which was reverted.
fn learning(text: &str) -> Learning {
    let file = |name: &str| AdapterFile { path: name.into(), sha256: name.into() };
    let round = |name: &str, kl, kept| Round {
        collection: Some(collection(
            &history("retrospective", &outcomes(&[2], 2)),
            Judge::Environment,
            GroupSettings::NONE,
        )),
        training: Some(TrainingResults {
            adapter: file(name),
            stage: "ppo".into(),
            steps: 4,
            loss: Some(0.25),
            kl: Some(kl),
            peak_bytes: None,
        }),
        outcomes: Some(vec![true, kept]),
        verdict: Some(Verdict {
            kept,
            difference_points: 50.0,
            low_points: 0.0,
            high_points: 100.0,
            interval: crate::pairs::IntervalMethod::TangoScore,
        }),
    };
    let mut state = Learning::new(None);
    state.baseline = Some(vec![true, false]);
    state.rounds = vec![round("a", 0.0125, true), round("b", 0.5, false)];
    state.seconds = [(Phase::Collect, 30.0), (Phase::Train, 10.0)].into();
    state.examples = vec![ReflectionExample {
        task: text.into(),
        instruction: text.into(),
        before: text.into(),
        after: text.into(),
    }];
    state
}

#[test]
fn a_loops_page_has_its_rounds_and_escapes_its_reflections() {
    let histories = [history("retrospective", &outcomes(&[1], 1))];

    let page =
        html_of_learning(&[run("round 0", &histories)], &learning(HOSTILE), &mut RecordsAlone)
            .unwrap();

    let plain = plots(&html(&[run("round 0", &histories)], &mut RecordsAlone).unwrap());
    assert_eq!(plots(&page), plain + 3, "success, reward and KL");
    for expected in [
        "Learning by round",
        "0.0125",
        "reverted",
        "No adapter solves more",
        "+50.0 [+0.0, +100.0]",
        "0.2500",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    assert!(!page.contains("<script>alert") && !page.contains("<img"), "markup stays text");
}

#[test]
fn a_loop_is_told_as_a_table() {
    let text = learning("").text();

    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 6, "{text}");
    assert!(lines[1].contains("50.0 % [9.5, 90.5]"), "{text}");
    assert!(lines[2].contains("ppo") && lines[2].ends_with("kept"), "{text}");
    assert!(lines[3].ends_with("reverted"), "{text}");
    assert_eq!(lines[4], "Against the best: 95 % paired score intervals (Tango).");
    assert_eq!(lines[5], "40 s: collect 75 %, train 25 %.");
}
