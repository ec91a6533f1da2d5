//! What a run plays and tells.

use std::fs;

use runtime_core::strategy::Strategy;
use runtime_session::wrong::is_wrong;

use crate::support::{Listening, actions, small};

#[test]
fn a_run_tells_whoever_listens_what_happens_and_leaves_its_results() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let (program, surroundings) = Listening::for_steps(usize::MAX);
    let strategies = vec![Strategy::None, Strategy::Reflexion];

    let plan = small(&out).comparison(strategies, &[], &surroundings).unwrap();
    let mut played = plan.play(&surroundings).unwrap();
    let (results, _) = played.write_results(&plan).unwrap();
    played.write_page(&plan, results).unwrap();
    played.check_whole(&plan).unwrap();

    let [none, reflexion] = &played.histories[..] else { panic!("two arms are expected") };
    assert_eq!((program.count("begins none"), program.count("begins reflexion")), (1, 1));
    assert_eq!((program.count("ends true"), program.count("warning")), (2, 0));
    // The first trials are played once, and copied.
    let first = actions(none).iter().chain(&actions(reflexion)).map(Vec::len).sum::<usize>();
    let copied: usize =
        reflexion.tasks.iter().map(|task| task.trials[0].trajectory.steps.len()).sum();
    assert_eq!(program.count("step"), first - copied);
    assert_eq!(program.count(&format!("folder {}", out.display())), 2);
    for name in ["run.toml", "results.json", "report.html"] {
        assert!(out.join(name).exists(), "{name}");
    }
}

#[test]
fn the_same_seed_plays_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let play = |name: &str| {
        let (_, surroundings) = Listening::for_steps(usize::MAX);
        let request = small(&folder.path().join(name));
        let plan = request.comparison(Vec::new(), &[Strategy::None], &surroundings).unwrap();
        plan.play(&surroundings).unwrap().histories.remove(0)
    };

    assert_eq!(actions(&play("one")), actions(&play("two")));
}

#[test]
fn what_a_file_asks_wrongly_is_said_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let (_, surroundings) = Listening::for_steps(usize::MAX);
    let file = folder.path().join("run.toml");
    let refused = |text: &str, expected: &str| {
        fs::write(&file, format!("{text}\nout = 'made'\n")).unwrap();
        let source = runtime_session::request::OptionsSource::File(file.clone());
        let request = runtime_session::request::RunRequest { source, ..Default::default() };
        let error = request.comparison(Vec::new(), &[], &surroundings).err().unwrap();
        assert!(error.chain().any(is_wrong), "{error:#}");
        let told = format!("{error:#}");
        assert!(told.contains("run.toml") && told.contains(expected), "{told}");
        assert!(!folder.path().join("made").exists());
    };

    refused("temperature = 20", "expected a number, 0 to 10");
    refused("temprature = 0.5", "did you mean `temperature`");
    refused("feedback = 'sucess'", "did you mean success");
    refused("split = ''", "`split` is empty");
    refused("trials = 0", "trials");
}
