//! Worlds that programs play: what is asked and believed, and what they may do wrong.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::path::Path;

use runtime_core::task::{Limits, Task};
use runtime_environments::entry::EnvironmentOptions;
use runtime_environments::selection::TaskSelection;
use runtime_environments::split::Purpose;
use runtime_environments::world::World;
use runtime_environments::worlds::external::External;
use runtime_environments::worlds::{find, open};
use runtime_sandbox::Layer;

const PYTHON: &str = "/usr/bin/python3";

fn is_there() -> bool {
    let missing = Layer::missing();
    let there = missing.is_empty() && Path::new(PYTHON).exists();
    if !there {
        tests_needs::skipped(&format!("{PYTHON} or {missing:?}"));
    }
    there
}

fn doors() -> External {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/worlds");
    External::open(
        &format!("exec:{PYTHON} doors.py"),
        &folder.canonicalize().unwrap(),
        &EnvironmentOptions::default(),
    )
    .unwrap()
}

fn tasks(world: &dyn World, split: &str, count: Option<usize>) -> Vec<Task> {
    let (split, limits) = (split.to_owned(), Limits::default());
    world.tasks(&TaskSelection { split, count, seed: 1, limits }).unwrap()
}

#[test]
fn a_world_of_a_program_is_played() {
    if !is_there() {
        return;
    }
    let world = doors();
    assert_eq!(world.default_split(), "validation");
    assert_eq!(world.purpose("Train").unwrap(), Purpose::Train);
    assert_eq!(world.default_steps_max("train"), 4);
    let some = tasks(&world, "train", Some(5));
    assert_eq!(some, tasks(&world, "train", Some(40))[..5]);
    assert_eq!(tasks(&world, "train", None).len(), 40);

    let mut environment = world.environment();
    let opening = environment.reset(&some[0]).unwrap();
    assert!(opening.starts_with("You see a left door"), "{opening}");
    assert_eq!(environment.admissible_actions().unwrap(), ["open left", "open right"]);
    let outcomes: Vec<_> = ["open left", "open right"]
        .map(|action| {
            environment.reset(&some[0]).unwrap();
            let step = environment.step(action).unwrap();
            (step.reward > 0.5, step.progress > 0.5, step.done, environment.feedback())
        })
        .into();
    let [solved, failed] =
        if outcomes[0].0 { [0, 1] } else { [1, 0] }.map(|at| outcomes[at].clone());
    assert_eq!(solved, (true, true, true, "You finished the task. Progress: 100 %.".into()));
    assert_eq!(failed, (false, false, true, "The other door leads out.".into()));
}

/// Opens a world whose program answers the description rightly, and then as the lines say.
fn wrong(program: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "import json, os, sys, time\n\
         def hear():\n    return json.loads(sys.stdin.readline())\n\
         def say(result, id):\n    print(json.dumps({{'id': id, 'result': result}}), flush=True)\n\
         say({{'protocol': 1, 'name': 'wrong'}}, hear()['id'])\n\
         request = hear()\n{program}\n"
    );
    std::fs::write(folder.path().join("wrong.py"), script).unwrap();
    let world = External::open(
        &format!("exec:{PYTHON} wrong.py"),
        folder.path(),
        &EnvironmentOptions::default(),
    )
    .unwrap();
    let selection =
        TaskSelection { split: "test".into(), count: None, seed: 1, limits: Limits::default() };
    let error = world.tasks(&selection).unwrap_err();
    format!("{error:#}")
}

#[test]
fn a_promise_that_is_broken_is_named() {
    if !is_there() {
        return;
    }
    for (program, named) in [
        ("sys.exit(3)", "has ended"),
        ("print('[1', flush=True)", "cannot be read"),
        ("print('{}', flush=True)", "missing field `id`"),
        ("say({'tasks': []}, 7)", "expected id 2, found 7"),
        ("say({'tasks': 3}, request['id'])", "cannot be read"),
        ("say({'tasks': [{'id': 'a'}]}, request['id'])", "missing field `instruction`"),
        (
            "print(json.dumps({'id': 2, 'error': {'message': 'no such split'}}), flush=True)",
            "refused: no such split",
        ),
        ("sys.stdout.buffer.write(b'\\xff\\n'); sys.stdout.flush()", "not UTF-8, from byte 0"),
        ("os.write(1, b'x' * (9 << 20)); time.sleep(60)", "a line of more than"),
        ("os.kill(os.getpid(), 9) or os.abort()", "has ended"),
    ] {
        let problem = wrong(program);
        assert!(
            problem.contains("asked to tasks") && problem.contains(named),
            "{program}: {problem}"
        );
    }
}

#[test]
fn an_address_is_an_environment() {
    assert_eq!(find("exec:anything").unwrap().prompts, "general");
    let closed = open("tcp:127.0.0.1:1", &EnvironmentOptions::default());
    assert!(closed.err().unwrap().to_string().contains("cannot connect to tcp:127.0.0.1:1"));
    let wrong = open("exec:", &EnvironmentOptions::default());
    assert!(wrong.err().unwrap().to_string().contains("the command is empty"));
}
