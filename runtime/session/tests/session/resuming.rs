//! What goes on with a run, and what is refused under it.

use std::num::NonZeroU32;
use std::path::Path;

use runtime_core::strategy::Strategy;
use runtime_evaluation::arm::ArmError;
use runtime_session::options::RunOptions;
use runtime_session::request::{AskedGroups, OptionsSource, RunRequest};

use crate::support::{Listening, actions, resumed, small};

fn play(request: &RunRequest, steps: usize) -> anyhow::Result<Vec<Vec<String>>> {
    let (_, surroundings) = Listening::for_steps(steps);
    let plan = request.comparison(Vec::new(), &[Strategy::Reflexion], &surroundings)?;
    let played = plan.play(&surroundings)?;
    let actions = actions(&played.histories[0]);
    Ok(actions.into_iter().map(|trial| trial.into_iter().map(str::to_owned).collect()).collect())
}

#[test]
fn a_stopped_run_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, cut) = (folder.path().join("whole"), folder.path().join("cut"));

    let expected = play(&small(&whole), usize::MAX).unwrap();
    let stopped = play(&small(&cut), 6).unwrap_err();
    let found = play(&resumed(&cut, RunOptions::default()), usize::MAX).unwrap();

    assert!(
        stopped
            .chain()
            .any(|cause| matches!(cause.downcast_ref::<ArmError>(), Some(ArmError::Interrupted)))
    );
    assert!(format!("{stopped:#}").contains("--resume"), "{stopped:#}");
    assert_eq!(found, expected);
}

fn refused(folder: &Path, options: RunOptions) -> String {
    let (_, surroundings) = Listening::for_steps(usize::MAX);
    let plan = resumed(folder, options).comparison(Vec::new(), &[], &surroundings);
    plan.err().map(|error| format!("{error:#}")).unwrap_or_default()
}

#[test]
fn what_decides_what_is_played_cannot_change_under_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    play(&small(&out), usize::MAX).unwrap();

    let seed = refused(&out, RunOptions { seed: Some(7), ..RunOptions::default() });
    let steps = refused(&out, RunOptions { steps: NonZeroU32::new(9), ..RunOptions::default() });
    let parallel =
        refused(&out, RunOptions { parallel: NonZeroU32::new(2), ..RunOptions::default() });

    assert!(seed.contains("--seed 7 cannot change under a run"), "{seed}");
    assert!(steps.contains("it was played with 4"), "{steps}");
    assert_eq!(parallel, "");
}

#[test]
fn a_run_goes_on_as_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    play(&small(&out), usize::MAX).unwrap();
    let (_, surroundings) = Listening::for_steps(usize::MAX);
    let again = resumed(&out, RunOptions::default());

    let collection = again.collection(AskedGroups::default(), &surroundings).err().unwrap();
    let demonstration = again.demonstration(None, &surroundings).err().unwrap();

    assert!(collection.to_string().contains("this run is no collection"), "{collection}");
    assert!(demonstration.to_string().contains("no expert played this run"), "{demonstration}");
}

#[test]
fn later_trials_are_played_again_in_a_folder_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let (out, again) = (folder.path().join("run"), folder.path().join("again"));
    let played = play(&small(&out), usize::MAX).unwrap();
    let source = OptionsSource::Trial(out.clone(), 2);
    let options = RunOptions { out: Some(again.clone()), ..RunOptions::default() };

    let replayed =
        play(&RunRequest { options, source, ..RunRequest::default() }, usize::MAX).unwrap();

    assert_eq!(replayed, played);
    assert!(again.join("run.toml").exists());
}

#[test]
fn a_new_run_keeps_how_often_repeats_are_drawn_again_and_goes_on_with_that() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    play(&small(&out), 6).unwrap_err();
    let stored = std::fs::read_to_string(out.join("run.toml")).unwrap();

    let other = refused(&out, RunOptions { redraws: Some(0), ..RunOptions::default() });
    let (_, surroundings) = Listening::for_steps(usize::MAX);
    let plan = resumed(&out, RunOptions::default()).comparison(Vec::new(), &[], &surroundings);
    let played = plan.unwrap().play(&surroundings).unwrap();

    assert!(stored.contains("redraws = 2\n"), "{stored}");
    assert!(other.contains("it was played with 2"), "{other}");
    let settings = &played.histories[0].run.settings;
    assert!(settings.contains("\"redraws\":2"), "{settings}");
}
