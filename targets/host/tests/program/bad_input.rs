//! Bad input gets a clear error, an exit code that is not 0, and costs nothing
//! that was already there.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Outcome, rebound, shell, timeless, write_random_adapter};
use models::tiny::{self, TinyConfig};

fn check(outcome: &Outcome, code: i32, expected: &[&str]) {
    assert_eq!(outcome.code, code, "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
    for part in expected {
        assert!(outcome.stderr.contains(part), "expected {part:?} in {}", outcome.stderr);
    }
}

fn file(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn score(model: &Path, more: &[&str]) -> Outcome {
    rebound(&[&["score", "--model", model.to_str().unwrap()][..], more].concat())
}

#[test]
fn a_truncated_model_is_refused_with_the_tensor_that_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = tiny::llama(1);
    let cut = file(folder.path(), "cut.gguf", &bytes[..bytes.len() / 2]);

    check(&score(&cut, &["--text-file", "/dev/null"]), 1, &["cut.gguf", "bytes"]);
}

#[test]
fn a_text_file_named_gguf_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let note = file(folder.path(), "note.gguf", b"Dear model,\n");

    check(&score(&note, &[]), 1, &["note.gguf", "GGUF"]);
    check(
        &rebound(&["run", "--actor", note.to_str().unwrap(), "--out", "/nonexistent/run"]),
        1,
        &["note.gguf"],
    );
}

#[test]
fn a_model_that_is_not_there_says_how_to_get_it() {
    let outcome = shell(
        "REBOUND_MODELS=$(mktemp -d) \"$REBOUND\" score --model smollm2-135m-instruct </dev/null",
    );

    check(&outcome, 1, &["rebound models pull smollm2-135m-instruct"]);
}

#[test]
fn a_misspelt_model_gets_a_suggestion() {
    check(&rebound(&["models", "pull", "smolm2-135m-instruct"]), 2, &["smollm2-135m-instruct"]);
}

#[test]
fn a_misspelt_key_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(folder.path(), "run.toml", b"actor = \"scripted\"\nstratgies = [\"none\"]\n");
    let out = folder.path().join("out");

    let outcome =
        rebound(&["compare", "--config", config.to_str().unwrap(), "--out", out.to_str().unwrap()]);

    check(&outcome, 2, &["run.toml", "line 2", "stratgies", "strategies"]);
    assert!(!out.exists());
}

#[test]
fn a_name_that_there_is_not_is_answered_with_the_nearest_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let refused = |option: &str, name: &str, nearest: &str| {
        // On the command line, and in a file.
        let flag = format!("--{option}={name}");
        check(&rebound(&["run", &flag, "--out", out.to_str().unwrap()]), 2, &[nearest]);
        let config = file(folder.path(), "run.toml", format!("{option} = '{name}'\n").as_bytes());
        let flags = ["run", "--config", config.to_str().unwrap(), "--out", out.to_str().unwrap()];
        check(&rebound(&flags), 2, &[nearest]);
        assert!(!out.exists(), "{option}");
    };
    refused("environment", "alfword", "alfworld");
    refused("split", "tset/easy", "test/easy");
    refused("actor", "smolm2-135m-instruct", "smollm2-135m-instruct");
    refused("board", "raspbery-pi-5", "raspberry-pi-5");
    refused("feedback", "sucess", "success");
    refused("agent", "raect", "react");
    refused("engine", "lama", "llama");
    check(&rebound(&["run", "--strategy", "reflection"]), 2, &["reflexion"]);
    check(&rebound(&["compare", "--strategies", "none,reflection"]), 2, &["reflexion"]);
    check(&rebound(&["compair"]), 2, &["compare"]);
    let export = ["prompts", "export", out.to_str().unwrap(), "--environment", "alfword"];
    check(&rebound(&export), 2, &["alfworld"]);
    assert!(!out.exists());
}

#[test]
fn a_number_that_cannot_be_is_refused_with_what_can() {
    let folder = tempfile::tempdir().unwrap();
    for (option, number, expected) in [
        ("seed", "-1", "0 or more"),
        ("tasks", "-3", "0 or more"),
        ("trials", "0", "1 or more"),
        ("steps", "-1", "1 or more"),
        ("temperature", "-0.5", "0 to 10"),
        ("top-p", "1.5", "0 to 1"),
        ("cost-limit", "-2", "0 or more"),
        ("retry-seconds", "-1", "0 or more"),
    ] {
        check(&rebound(&["run", &format!("--{option}"), number]), 2, &[option, expected]);
        let config = file(folder.path(), "run.toml", format!("{option} = {number}\n").as_bytes());
        let refused = rebound(&["run", "--config", config.to_str().unwrap()]);
        assert!([1, 2].contains(&refused.code), "{}", refused.stderr);
        assert!(refused.stderr.contains("run.toml"), "{}", refused.stderr);
    }
    check(&rebound(&["collect", "--group", "-1"]), 2, &["1 or more"]);
    check(&rebound(&["demonstrate", "--noise", "-0.1"]), 2, &["0 to 1"]);
}

#[test]
fn an_empty_value_is_refused() {
    for option in ["--actor", "--split", "--environment", "--strategy", "--board", "--name"] {
        check(&rebound(&["run", option, ""]), 2, &[option]);
    }
}

#[test]
fn the_cause_of_an_error_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let board = file(folder.path(), "board.toml", b"about = 3\n");

    let refused = rebound(&["run", "--actor", "scripted", "--board", board.to_str().unwrap()]);

    assert_eq!(refused.code, 1);
    let lines: Vec<&str> = refused.stderr.lines().collect();
    assert!(lines[0].starts_with("error: TOML parse error"), "{}", refused.stderr);
    assert!(lines.last().unwrap().starts_with("  in the board"), "{}", refused.stderr);
}

#[test]
fn an_adapter_for_another_model_is_refused_with_both_named() {
    let folder = tempfile::tempdir().unwrap();
    let (small, large) = (folder.path().join("small.gguf"), folder.path().join("large.gguf"));
    tiny::write_llama(&small, &TinyConfig::default()).unwrap();
    let config = TinyConfig { embedding: 128, ..TinyConfig::default() };
    tiny::write_llama(&large, &config).unwrap();
    let adapter = folder.path().join("adapter.gguf");
    write_random_adapter(&large, &adapter);

    let attached = ["--adapter", adapter.to_str().unwrap(), "--text-file", "/dev/null"];
    check(&score(&small, &attached), 1, &["adapter.gguf", "small.gguf"]);
}

#[test]
fn a_game_archive_cut_in_the_middle_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let games = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../runtime/environments/tests/fixtures/alfworld/valid_seen.tar.zst");
    let bytes = fs::read(&games).unwrap();
    fs::create_dir(folder.path().join("alfworld")).unwrap();
    file(&folder.path().join("alfworld"), "valid_seen.tar.zst", &bytes[..bytes.len() / 2]);

    let data = folder.path().to_str().unwrap();
    let outcome = rebound(&[
        "run",
        "--actor",
        "scripted",
        "--environment",
        "alfworld",
        "--split",
        "valid_seen",
        "--data",
        data,
        "--tasks",
        "0",
        "--out",
        folder.path().join("out").to_str().unwrap(),
    ]);

    check(&outcome, 1, &["valid_seen.tar.zst"]);
}

#[test]
fn a_full_disk_loses_no_finished_step() {
    let folder = tempfile::tempdir().unwrap();
    let mounted = shell(&format!("mount -t tmpfs -o size=256k tmpfs {}", folder.path().display()));
    if mounted.code != 0 {
        tests_needs::skipped("mounting a small file system takes root");
        return;
    }
    let out = folder.path().join("run");
    let arguments = ["run", "--actor", "scripted", "--quiet", "-n", "300", "--trials", "4"];
    let full = rebound(&[&arguments[..], &["--out", out.to_str().unwrap()]].concat());
    let larger = shell(&format!("mount -o remount,size=64m {}", folder.path().display()));
    let resumed = rebound(&["run", "--quiet", "--resume", out.to_str().unwrap()]);
    let whole = folder.path().join("whole");
    rebound(&[&arguments[..], &["--out", whole.to_str().unwrap()]].concat());
    let equal = resumed.code == 0 && timeless(&out)["arms"] == timeless(&whole)["arms"];
    shell(&format!("umount {}", folder.path().display()));

    check(&full, 1, &["space", "--resume"]);
    assert_eq!(larger.code, 0);
    assert!(equal, "{}", resumed.stderr);
}

#[test]
fn a_folder_without_permission_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = shell(&format!(
        "chmod 755 {0} && mkdir {0}/locked && chmod 555 {0}/locked && cp \"$REBOUND\" {0}/rebound && \
         if [ $(id -u) = 0 ]; then set -- setpriv --reuid 65534 --regid 65534 --clear-groups; fi; \
         cd / && \"$@\" {0}/rebound run --actor scripted --out {0}/locked/run",
        folder.path().display()
    ));

    check(&outcome, 1, &["locked/run", "ermission"]);
}
