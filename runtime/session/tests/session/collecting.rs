//! Runs whose reflections are to be learned from.

use std::num::NonZeroU32;

use runtime_session::options::RunOptions;
use runtime_session::request::{AskedGroups, RunRequest};

use crate::support::{Listening, resumed, small};

const TWO: AskedGroups = AskedGroups { members: NonZeroU32::new(2), next_trials: None };

#[test]
fn every_failed_first_trial_has_a_group_of_reflections() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let (program, surroundings) = Listening::for_steps(usize::MAX);

    let plan = small(&out).collection(TWO, &surroundings).unwrap();
    let played = plan.play(&surroundings).unwrap();
    let (found, _) = played.write_collection(&plan).unwrap();
    drop(plan);
    let three = AskedGroups { members: NonZeroU32::new(3), next_trials: None };
    let other = resumed(&out, RunOptions::default()).collection(three, &surroundings);

    let history = &played.histories[0];
    let failed = history.tasks.iter().filter(|task| !task.trials[0].trajectory.succeeded());
    assert!(failed.clone().count() > 0);
    assert!(failed.clone().all(|task| task.trials.len() + task.branches.len() == 3));
    assert_eq!(program.count("ends true"), 1);
    assert!(found.text().contains("group"), "{}", found.text());
    assert!(other.err().unwrap().to_string().contains("it was played with 2"));
}

#[test]
fn what_judges_is_not_learned_from() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let (_, surroundings) = Listening::for_steps(usize::MAX);
    let RunRequest { options, .. } = small(&out);
    let options = RunOptions { split: Some("test/easy".into()), ..options };

    let plan = RunRequest { options, ..RunRequest::default() }.collection(TWO, &surroundings);
    let refused = plan.unwrap().play(&surroundings).err().unwrap();

    assert!(refused.to_string().contains("is not for training"), "{refused}");
    assert!(!out.exists());
}
