//! Run folders and files of somebody else's are data: they start nothing, lead nowhere, and
//! what they use is said.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::support::{Outcome, PROGRAM, rebound_in, shell, text};

/// A folder to work in, with approvals of its own.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn rebound(&self, arguments: &[&str]) -> Outcome {
        let approvals = self.path("approvals");
        let environment = [("REBOUND_APPROVALS", approvals.to_str().unwrap())];
        rebound_in(self.folder.path(), &environment, arguments)
    }

    /// Plays on a node that a command is, and returns the run's folder.
    fn play_on_node(&self, command: &str) -> PathBuf {
        let port = format!("exec:{command}");
        let fixed =
            "run --environment node --actor scripted --tasks 1 --trials 1 --steps 2 --quiet";
        let fixed: Vec<&str> = fixed.split(' ').collect();
        let played = self.rebound(&[&fixed[..], &["--connect", &port, "--out", "run"]].concat());
        assert_eq!(played.code, 0, "{}", played.stderr);
        self.path("run")
    }

    fn play(&self, more: &[&str]) -> PathBuf {
        let fixed = ["run", "--actor", "scripted", "-n", "2", "--quiet", "--out", "run"];
        let played = self.rebound(&[&fixed[..], more].concat());
        assert_eq!(played.code, 0, "{}", played.stderr);
        self.path("run")
    }
}

/// A command that is a node, and leaves a file behind that says it was started.
fn telling() -> String {
    format!("sh -c 'touch started; exec {PROGRAM} node simulate'")
}

/// Puts a line of `run.toml` in place of another of the same key.
fn set(run: &Path, key: &str, value: &str) {
    let path = run.join("run.toml");
    let mut file: toml::Table = toml::from_str(&text(&path)).unwrap();
    file.insert(key.into(), value.into());
    fs::write(path, toml::to_string(&file).unwrap()).unwrap();
}

fn check_refused(outcome: &Outcome, expected: &[&str]) {
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    for part in expected {
        assert!(outcome.stderr.contains(part), "expected {part:?} in {}", outcome.stderr);
    }
}

#[test]
fn the_command_of_a_foreign_run_is_shown_and_not_started_unless_it_is_allowed() {
    let place = Place::new();
    let run = place.play_on_node(&format!("{PROGRAM} node simulate"));
    set(&run, "connect", &format!("exec:{}", telling()));
    let resume = ["run", "--resume", "run"];

    let refused = place.rebound(&resume);
    let nothing_started = !place.path("started").exists();
    let allowed = place.rebound(&[&resume[..], &["--allow-exec"]].concat());

    check_refused(&refused, &["run/run.toml", &telling(), "--allow-exec"]);
    assert!(nothing_started);
    assert_eq!(allowed.code, 0, "{}", allowed.stderr);
    assert!(place.path("started").exists());
    check_refused(&place.rebound(&resume), &["--allow-exec"]);
}

#[test]
fn a_command_of_the_command_line_is_remembered_for_later() {
    let place = Place::new();
    place.play_on_node(&telling());
    fs::remove_file(place.path("started")).unwrap();

    let resumed = place.rebound(&["run", "--resume", "run"]);

    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    assert!(place.path("started").exists());
    let approvals = place.path("approvals");
    assert!(text(&approvals).contains("node simulate"));
    assert_eq!(fs::metadata(&approvals).unwrap().permissions().mode() & 0o777, 0o600);
    fs::remove_file(approvals).unwrap();
    check_refused(&place.rebound(&["run", "--resume", "run"]), &["nobody approved"]);
}

#[test]
fn the_command_of_a_configuration_is_not_started_unless_it_is_allowed() {
    let place = Place::new();
    let port = format!("exec:{}", telling());
    let file = format!(
        "environment = \"node\"\nactor = \"scripted\"\ntasks = 1\ntrials = 1\nsteps = 1\n\
         connect = {}\n",
        toml::Value::from(format!("{port}\u{1b}[2K"))
    );
    fs::write(place.path("run.toml"), file).unwrap();
    let run = ["run", "--config", "run.toml", "--quiet", "--out", "run"];

    let refused = place.rebound(&run);
    let nothing_started = !place.path("started").exists() && !place.path("run").exists();
    let replaced = place.rebound(&[&run[..], &["--connect", &port]].concat());

    check_refused(&refused, &["run.toml", "\\u001b[2K"]);
    assert!(nothing_started && !refused.stderr.contains('\u{1b}'));
    assert_eq!(replaced.code, 0, "the flag wins: {}", replaced.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn somebody_at_a_terminal_is_asked_once() {
    let place = Place::new();
    let file = format!(
        "environment = \"node\"\nactor = \"scripted\"\ntasks = 1\ntrials = 1\nsteps = 1\n\
         connect = {}\n",
        toml::Value::from(format!("exec:{}", telling()))
    );
    fs::write(place.path("run.toml"), file).unwrap();
    let answer = |answer: &str, out: &str| {
        let approvals = place.path("approvals");
        shell(&format!(
            "cd {} && echo {answer} | REBOUND_APPROVALS={} timeout 60 \
             script -qec \"$REBOUND run --config run.toml --quiet --out {out}\" /dev/null",
            place.folder.path().display(),
            approvals.display()
        ))
    };
    if shell("script --version").code != 0 {
        tests_needs::skipped("there is no `script` to be a terminal");
        return;
    }

    let no = answer("n", "a");
    let nothing_started = !place.path("started").exists() && !place.path("a").exists();
    let yes = answer("y", "b");
    let unasked = place.rebound(&["run", "--config", "run.toml", "--quiet", "--out", "c"]);

    assert!(no.code == 1 && no.stdout.contains("[y/N]"), "{no:?}");
    assert!(nothing_started);
    assert!(yes.code == 0 && yes.stdout.contains("[y/N]"), "{yes:?}");
    assert_eq!(unasked.code, 0, "{}", unasked.stderr);
}

#[test]
fn the_command_of_a_loop_is_not_started_unless_it_is_allowed() {
    let place = Place::new();
    let file = format!(
        "rounds = 1\n\
         collect = {{ split = \"train\", tasks = 1, group = 2 }}\n\
         validate = {{ split = \"validation\", tasks = 1, trials = 2 }}\n\
         [run]\nenvironment = \"node\"\nconnect = {}\n\
         [[train]]\ndata = {{ reflections = {{ select = \"best\" }} }}\n",
        toml::Value::from(format!("exec:{}", telling()))
    );
    fs::write(place.path("learn.toml"), file).unwrap();

    let refused = place.rebound(&["learn", "--config", "learn.toml", "--out", "loop"]);

    check_refused(&refused, &["learn.toml", &telling(), "--allow-exec"]);
    assert!(!place.path("started").exists() && !place.path("loop").exists());
}

#[test]
fn a_link_in_a_run_s_folder_is_refused_by_name_and_nothing_is_written_through_it() {
    for name in ["run.toml", "results.json", "report.html.partial", "arms", "spending.jsonl"] {
        let place = Place::new();
        let run = place.play(&[]);
        let (inside, outside) = (run.join(name), place.path("outside"));
        if inside.exists() {
            fs::rename(&inside, &outside).unwrap();
        } else {
            fs::write(&outside, "theirs").unwrap();
        }
        symlink(&outside, &inside).unwrap();
        let before = if outside.is_file() { text(&outside) } else { String::new() };

        let resumed = place.rebound(&["run", "--resume", "run"]);
        let again = ["run", "--resume", "run", "--from-trial", "2", "--out", "other"];
        let again = place.rebound(&again);

        check_refused(&resumed, &[&format!("run/{name} is a symbolic link")]);
        check_refused(&again, &["is a symbolic link"]);
        assert!(outside.is_dir() || text(&outside) == before, "{name}");
    }
}

#[test]
fn looking_into_a_foreign_run_starts_nothing_and_writes_through_no_link() {
    let place = Place::new();
    let run = place.play(&["--strategy", "retrospective", "--trials", "2"]);
    set(&run, "environment", "node");
    set(&run, "connect", &format!("exec:{}", telling()));
    fs::write(place.path("theirs"), "theirs").unwrap();
    fs::remove_file(run.join("report.html")).unwrap();
    for name in ["report.html", "report.html.partial"] {
        symlink(place.path("theirs"), run.join(name)).unwrap();
    }
    let play = "run --actor scripted -n 2 --trials 2 --quiet --strategy retrospective";
    let play: Vec<&str> = play.split(' ').collect();
    let with = |more: &[&'static str]| [&play[..], more].concat();

    for arguments in [
        &["report", "run"][..],
        &["records", "stats", "run"],
        &["records", "export", "run"],
        &with(&["--first-trials", "run", "--out", "a"]),
        &with(&["--borrow-reflections", "run", "--out", "b"]),
    ] {
        let outcome = place.rebound(arguments);
        assert_eq!(outcome.code, 0, "{arguments:?}: {}", outcome.stderr);
    }

    assert!(!place.path("started").exists());
    assert_eq!(text(&place.path("theirs")), "theirs");
    assert!(text(&run.join("report.html")).contains("<html"));
}

#[test]
fn a_resume_says_which_hosts_and_files_outside_it_will_use() {
    let place = Place::new();
    fs::create_dir(place.path("prompts")).unwrap();
    let run = place.play(&["--prompts", "prompts"]);
    set(&run, "prices", "/somewhere/prices.toml");
    set(&run, "connect", "tcp:192.0.2.1:4000");

    let resumed = place.rebound(&["run", "--quiet", "--resume", "run"]);

    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    for (what, value) in [
        ("node", "tcp:192.0.2.1:4000"),
        ("prompts", "prompts"),
        ("prices", "/somewhere/prices.toml"),
    ] {
        let line = format!("  {what:<22} {value}\n");
        assert!(resumed.stderr.contains(&line), "expected {line:?} in {}", resumed.stderr);
    }
}
