//! The program as a person or a script meets it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::world::World;

fn rebound_train(arguments: &[&str], folder: &Path) -> Output {
    let program = env!("CARGO_BIN_EXE_rebound-train");
    Command::new(program).args(arguments).current_dir(folder).output().unwrap()
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A world with its run's file; the model is named by its path.
fn world() -> World {
    let world = World::new();
    let mut config = world.config();
    config.model = world.base.path.display().to_string();
    std::fs::write(world.path("train.toml"), config.text()).unwrap();
    world
}

#[test]
fn a_run_says_its_samples_and_its_steps_line_by_line_where_there_is_no_terminal() {
    let world = world();

    // A number that was asked for is not warned of, however busy the machine.
    let arguments = ["run", "train.toml", "--out", "out", "--threads", "1"];
    let ran = rebound_train(&arguments, world.folder.path());

    let (told, errors) = (said(&ran.stdout), said(&ran.stderr));
    assert!(ran.status.success(), "{errors}");
    assert!(told.contains("samples to learn from"), "{told}");
    assert!(told.contains("6 episodes without success"), "{told}");
    assert!(told.contains("validation") && told.contains("tokens/s"), "{told}");
    assert!(told.ends_with("out/adapter.gguf\n"), "{told}");
    assert!(!told.contains('\u{1b}') && errors.is_empty(), "{told}{errors}");
}

/// A pipe whose reader has left, as that of `| head -1` leaves.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// Runs the program with these for its standard output and standard error.
fn rebound_train_into(
    arguments: &[&str],
    folder: &Path,
    (out, errors): (Stdio, Stdio),
) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rebound-train"));
    command.args(arguments).current_dir(folder).stdout(out).stderr(errors);
    let output = command.spawn().unwrap().wait_with_output().unwrap();
    (output.status.code(), said(&output.stderr))
}

#[cfg(unix)]
#[test]
fn a_training_whose_output_nobody_reads_goes_on_to_its_adapter() {
    let world = world();
    let run = |out: &str, streams| {
        let ran =
            rebound_train_into(&["run", "train.toml", "--out", out], world.folder.path(), streams);
        assert_eq!(ran.0, Some(0), "{out}: {}", ran.1);
        std::fs::read(world.path(out).join("adapter.gguf")).unwrap()
    };

    let heard = run("heard", (Stdio::null(), Stdio::null()));
    let unheard = run("unheard", (unread(), Stdio::piped()));
    let deaf = run("deaf", (unread(), unread()));
    let adapter = "heard/adapter.gguf";
    let inspected =
        rebound_train_into(&["inspect", adapter], world.folder.path(), (unread(), Stdio::piped()));

    assert!(heard == unheard && heard == deaf);
    assert_eq!(inspected, (Some(0), String::new()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_training_that_cannot_print_keeps_its_adapter_and_says_so() {
    let world = world();
    let full: Stdio = std::fs::File::options().write(true).open("/dev/full").unwrap().into();

    let (code, errors) = rebound_train_into(
        &["run", "train.toml", "--out", "out", "--threads", "1"],
        world.folder.path(),
        (full, Stdio::piped()),
    );

    assert_eq!(code, Some(1));
    assert!(errors.starts_with("error: cannot write to standard output: No space"), "{errors}");
    assert!(world.path("out/adapter.gguf").exists());
}

/// Starts the program and sends it a signal once it is far enough; its exit code and standard
/// error.
#[cfg(unix)]
fn stopped(
    arguments: &[&str],
    folder: &Path,
    (signal, is_far_enough): (&str, &dyn Fn() -> bool),
) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rebound-train"));
    command.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    while !is_far_enough() {
        assert!(child.try_wait().unwrap().is_none(), "it ended too soon");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    (output.status.code(), said(&output.stderr))
}

#[cfg(unix)]
#[test]
fn a_signal_checkpoints_a_training_and_has_its_own_exit_code() {
    let world = world();
    let mut config = world.config();
    config.model = world.base.path.display().to_string();
    config.run.epochs = 100_000;
    config.write(&world.path("long.toml")).unwrap();
    let has_begun = |out: &str| {
        let first = world.path(out).join("checkpoints/step-00000003.gguf");
        move || first.exists()
    };

    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let arguments = ["run", "long.toml", "--out", signal, "--quiet"];
        let ended = stopped(&arguments, world.folder.path(), (signal, &has_begun(signal)));

        assert_eq!(ended.0, Some(code), "{}", ended.1);
        let goes_on = format!("`rebound-train resume {signal}` goes on");
        assert!(ended.1.contains(&goes_on), "{}", ended.1);
        let steps = world.losses(signal).len();
        let newest = format!("checkpoints/step-{steps:08}.gguf");
        assert!(world.path(signal).join(&newest).exists(), "{newest}: {}", ended.1);
    }
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_wait_for_another_training() {
    let world = world();
    std::fs::create_dir(world.path("out")).unwrap();
    let lock = std::fs::File::create(world.path("out/lock")).unwrap();
    lock.lock().unwrap();
    let arguments = ["run", "train.toml", "--out", "out"];
    // It says that it waits; a little later it does.
    let waits = || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        true
    };

    let ended = stopped(&arguments, world.folder.path(), ("TERM", &waits));

    assert_eq!(ended.0, Some(143), "{}", ended.1);
    assert!(ended.1.contains("waiting for another program"), "{}", ended.1);
}

#[test]
fn an_empty_checkpoint_is_warned_of_by_its_name() {
    let world = world();
    let run = |arguments: &[&str]| {
        let ran = rebound_train(arguments, world.folder.path());
        assert!(ran.status.success(), "{}", said(&ran.stderr));
        (std::fs::read(world.path("out/adapter.gguf")).unwrap(), said(&ran.stderr))
    };
    let (adapter, _) = run(&["run", "train.toml", "--out", "out", "--quiet", "--threads", "1"]);
    let mut newest: Vec<_> = std::fs::read_dir(world.path("out/checkpoints")).unwrap().collect();
    newest.sort_by_key(|entry| entry.as_ref().unwrap().path());
    let newest = newest.pop().unwrap().unwrap();
    std::fs::write(newest.path(), "").unwrap();

    let (again, told) = run(&["resume", "out", "--quiet", "--threads", "1"]);

    assert!(again == adapter);
    let name = newest.file_name().into_string().unwrap();
    assert!(told.starts_with("warning: ") && told.contains(&name), "{told}");
}

#[test]
fn inspect_shows_where_an_adapter_comes_from() {
    let world = world();
    let quiet = ["--quiet", "--threads", "1"];
    let run = |arguments: &[&str]| {
        let ran = rebound_train(arguments, world.folder.path());
        assert!(ran.status.success(), "{}", said(&ran.stderr));
        said(&ran.stdout)
    };
    run(&[&["run", "train.toml", "--out", "parent"], &quiet[..]].concat());
    let mut config = world.config();
    config.model = world.base.path.display().to_string();
    config.parent = Some("parent/adapter.gguf".into());
    std::fs::write(world.path("child.toml"), config.text()).unwrap();
    run(&[&["run", "child.toml", "--out", "child"], &quiet[..]].concat());

    let shown = run(&["inspect", "child/adapter.gguf"]);

    let parent = models::checksum::sha256_file(&world.path("parent/adapter.gguf")).unwrap();
    let base = &world.base.sha256;
    assert!(shown.contains(&format!("rebound.adapter.parent_sha256 = {parent}\n")), "{shown}");
    assert!(shown.contains(&format!("rebound.base.sha256 = {base}\n")), "{shown}");
    for key in ["config_sha256", "validation_loss", "stage = supervised", "rank = 4", "steps"] {
        assert!(shown.contains(&format!("rebound.adapter.{key}")), "{key} in\n{shown}");
    }
}

#[test]
fn a_run_that_never_began_leaves_nothing_in_the_way() {
    let world = world();
    std::fs::remove_file(world.path("trials.log")).unwrap();

    let refused = rebound_train(&["run", "train.toml", "--out", "out"], world.folder.path());

    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused.stderr).contains("trials.log"), "{}", said(&refused.stderr));
    assert!(!world.path("out").exists());
}

#[test]
fn a_misspelt_or_missing_key_is_refused_with_its_name() {
    let world = world();
    let text = std::fs::read_to_string(world.path("train.toml")).unwrap();
    let refused = |text: String| {
        std::fs::write(world.path("other.toml"), text).unwrap();
        let ran = rebound_train(&["run", "other.toml", "--out", "out"], world.folder.path());
        assert_eq!(ran.status.code(), Some(1));
        said(&ran.stderr)
    };

    let misspelt = refused(text.replace("files = ", "file = "));
    let missing = refused(text.replace("files = []\n", ""));

    assert!(misspelt.contains("unknown field `file`"), "{misspelt}");
    assert!(missing.contains("missing field `files`"), "{missing}");
}

#[test]
fn a_files_paths_go_from_its_folder_wherever_the_program_runs() {
    let world = World::new();
    let mut config = world.config();
    config.model = "tiny.gguf".into();
    config.data.records = vec!["trials.log".into()];
    std::fs::write(world.path("train.toml"), config.text()).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let (file, out) = (world.path("train.toml"), world.path("from elsewhere"));
    let (file, out) = (file.to_str().unwrap(), out.to_str().unwrap());
    let run = |arguments: &[&str], folder: &Path| {
        let ran = rebound_train(arguments, folder);
        (ran.status.code(), said(&ran.stderr))
    };
    let options = ["--quiet", "--threads", "1"];

    let there = run(&[&["run", file, "--out", out], &options[..]].concat(), elsewhere.path());
    let here = ["run", "train.toml", "--out", "here"];
    let here = run(&[&here[..], &options].concat(), world.folder.path());
    let exported = run(&["export", out], elsewhere.path());

    for (code, errors) in [there, here, exported] {
        assert_eq!(code, Some(0), "{errors}");
    }
    // An adapter names its run's file as it was written, not where that lay.
    let adapter = |out: &str| std::fs::read(world.path(out).join("adapter.gguf")).unwrap();
    assert_eq!(adapter("from elsewhere"), adapter("here"));
}

#[test]
fn an_older_stored_file_has_its_paths_from_the_working_folder() {
    let world = world();
    let run = |arguments: &[&str]| rebound_train(arguments, world.folder.path()).status.code();
    assert_eq!(run(&["run", "train.toml", "--out", "out", "--quiet"]), Some(0));
    let mut older = world.config();
    (older.model, older.data.records) = ("tiny.gguf".into(), vec!["trials.log".into()]);
    std::fs::write(world.path("out/train.toml"), older.text()).unwrap();
    std::fs::remove_dir_all(world.path("out/checkpoints")).unwrap();

    assert_eq!(run(&["resume", "out", "--quiet"]), Some(0));
    let elsewhere = rebound_train(&["export", "out"], Path::new("/"));
    assert_eq!(elsewhere.status.code(), Some(1));
}
