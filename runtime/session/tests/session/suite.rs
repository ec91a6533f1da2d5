//! Suites of a scripted actor, and their cards.
#![allow(clippy::unwrap_used, reason = "it is a test's")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use runtime_evaluation::arm::ArmError;
use runtime_evaluation::card::{ArmCard, Card, Totals};
use runtime_session::approval::Allowed;
use runtime_session::options::RunOptions;
use runtime_session::program::Surroundings;
use runtime_session::suite::{SuiteName, SuiteRequest, read_cards};

use crate::support::Listening;

/// A suite of the worlds that need no data.
fn request(folder: &Path, name: &str) -> SuiteRequest {
    let options = RunOptions {
        actor: Some("scripted".into()),
        data: Some(folder.join("no data")),
        ..RunOptions::default()
    };
    let (suite, allowed) = (SuiteName::Quick, Allowed::default());
    SuiteRequest { suite, options, allowed, out: folder.join(name) }
}

/// Plays with a clock that goes on by a millisecond whenever it is read.
fn play(request: &SuiteRequest, steps: usize) -> anyhow::Result<Card> {
    let (_, surroundings) = Listening::for_steps(steps);
    let now_us = AtomicU64::new(0);
    let clock = Arc::new(move || now_us.fetch_add(1000, Ordering::Relaxed));
    let (card, json) = request.play(&Surroundings { clock, ..surroundings })?;
    assert_eq!(fs::read_to_string(request.card_file())?, json);
    Ok(card)
}

/// What the clock does not change.
fn timeless(card: &Card) -> Vec<ArmCard> {
    let arms = card.slices.iter().flat_map(|slice| slice.arms.clone());
    arms.map(|arm| ArmCard { measured: Totals::default(), ..arm }).collect()
}

#[test]
fn a_suite_is_a_run_for_each_world_and_a_card_that_names_the_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let request = request(folder.path(), "whole");

    let card = play(&request, usize::MAX).unwrap();

    let [slice] = &card.slices[..] else { panic!("{:?}", card.slices) };
    let arms: Vec<&str> = slice.arms.iter().map(|arm| &*arm.strategy).collect();
    assert_eq!((&*slice.world, &arms[..]), ("household", &["none", "reflexion"][..]));
    assert!(request.out.join("household/run.toml").exists());
    assert!(request.out.join("household/report.html").exists());
    assert!(
        card.skipped.iter().any(|skipped| skipped.world == "alfworld"
            && skipped.why.contains("rebound data pull alfworld"))
    );
    assert!(card.skipped.iter().all(|skipped| skipped.world != "node"));
    assert_eq!((card.speed, &card.engines[..]), (None, &["scripted".to_owned()][..]));
    let [none, reflexion] = &slice.arms[..] else { panic!("two arms are expected") };
    // First trials are shared: the second arm plays only later ones.
    let failed = slice.tasks - none.success_by_trial[0].rate.solved;
    assert_eq!(none.measured.episodes, slice.tasks + failed);
    assert_eq!(reflexion.measured.episodes, failed);
    assert_eq!(card.totals.episodes, slice.tasks + 2 * failed);
    assert!(card.totals.episodes_per_minute.unwrap() > 0.0);
}

#[test]
fn an_interrupted_suite_goes_on_by_the_same_request() {
    let folder = tempfile::tempdir().unwrap();
    let cut = request(folder.path(), "cut");
    let whole = play(&request(folder.path(), "whole"), usize::MAX).unwrap();

    let stopped = play(&cut, 20).unwrap_err();
    assert!(!cut.card_file().exists());
    let card = play(&cut, usize::MAX).unwrap();
    let again = play(&cut, usize::MAX).unwrap();

    let is_interrupted = |cause: &_| {
        matches!(<dyn std::error::Error>::downcast_ref(*cause), Some(ArmError::Interrupted))
    };
    assert!(stopped.chain().any(|cause| is_interrupted(&cause)), "{stopped:#}");
    assert!(format!("{stopped:#}").contains("the same command goes on"), "{stopped:#}");
    assert_eq!(timeless(&card), timeless(&whole));
    assert_eq!(card.totals.episodes, whole.totals.episodes);
    // Nothing was left to play, and what was measured is kept.
    assert_eq!((again.totals, again.slices), (card.totals, card.slices));
}

#[test]
fn another_suite_in_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let quick = request(folder.path(), "suite");
    play(&quick, usize::MAX).unwrap();

    let full = play(&SuiteRequest { suite: SuiteName::Full, ..quick }, usize::MAX).unwrap_err();

    assert!(format!("{full:#}").contains("cannot change under a run"), "{full:#}");
}

#[test]
fn cards_are_read_from_files_and_folders_and_wrong_ones_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let request = request(folder.path(), "suite");
    let card = play(&request, usize::MAX).unwrap();
    let text = fs::read_to_string(request.card_file()).unwrap();

    let read = read_cards(&[request.out.clone(), request.card_file()]).unwrap();
    let refused = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        format!("{:#}", read_cards(&[path]).unwrap_err())
    };
    let later = refused("later.json", "{\"format\": 9}");
    let damaged = refused("damaged.json", &text.replacen("scripted", "scripteD", 1));

    assert!(read.iter().all(|(_, found)| *found == card));
    assert!(later.contains("later.json") && later.contains("format 9"), "{later}");
    assert!(damaged.contains("damaged.json is damaged"), "{damaged}");
}
