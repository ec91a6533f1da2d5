//! Suites on this machine, and cards side by side.

use std::path::Path;

use crate::support::{Outcome, rebound_in, text};

fn agents(folder: &Path, out: &str, more: &[&str]) -> Outcome {
    let suite = ["bench", "agents", "--actor", "scripted", "--data", "nothing", "--out", out];
    rebound_in(folder, &[], &[&suite[..], more].concat())
}

#[test]
fn a_scripted_actor_has_a_card_that_is_compared_and_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();

    let one = agents(folder, "one", &[]);
    let two = agents(folder, "two", &["--board", "raspberry-pi-4", "--json"]);
    let compared =
        rebound_in(folder, &[], &["bench", "compare", "one", "two/card.json", "--plot", "a.svg"]);

    assert_eq!((one.code, two.code), (0, 0), "{}{}", one.stderr, two.stderr);
    assert!(one.stdout.contains("household  24     none"), "{}", one.stdout);
    assert!(one.stdout.contains("Skipped: alfworld: "), "{}", one.stdout);
    assert!(one.stdout.contains("Card: one/card.json"), "{}", one.stdout);
    assert_eq!(two.stdout, text(&folder.join("two/card.json")));
    assert_eq!(compared.code, 0, "{}", compared.stderr);
    let lines: Vec<&str> = compared.stdout.lines().collect();
    let line = |name: &str| lines.iter().find(|line| line.starts_with(name)).unwrap();
    assert!(line("board ").contains("raspberry-pi-4"), "{}", compared.stdout);
    assert!(line("episodes a minute").ends_with(')'), "{}", compared.stdout);
    assert!(!compared.stdout.contains("Differs:"), "{}", compared.stdout);
    assert!(text(&folder.join("a.svg")).contains("household, reflexion"));
}

#[test]
fn what_is_no_card_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("other.json"), "{\"tasks\": 3}").unwrap();

    let other = rebound_in(folder.path(), &[], &["bench", "compare", "other.json"]);
    let missing = rebound_in(folder.path(), &[], &["bench", "compare", "missing.json"]);
    let suite = agents(folder.path(), "one", &["--suite", "quik"]);

    assert_eq!((other.code, missing.code, suite.code), (1, 1, 2));
    for text in ["it is no card", "in other.json"] {
        assert!(other.stderr.contains(text), "{}", other.stderr);
    }
    assert!(missing.stderr.contains("cannot read missing.json"), "{}", missing.stderr);
    assert!(suite.stderr.contains("quick"), "{}", suite.stderr);
}
