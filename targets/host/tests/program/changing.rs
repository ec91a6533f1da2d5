//! Models that change under way: the run ends by the file's name, with what was computed before it.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use models::tiny::{self, TinyConfig};

/// Plays households with a tiny model, changes its file once some trials are recorded, and returns
/// how the program ended and what it said.
fn played(engine: &str, change: impl Fn(&File)) -> (ExitStatus, String) {
    let folder = tempfile::tempdir().unwrap();
    let (model, out) = (folder.path().join("model.gguf"), folder.path().join("run"));
    tiny::write_llama(&model, &TinyConfig::default()).unwrap();
    let mut program = Command::new(crate::support::program())
        .args(["run", "--environment", "household", "--tasks", "100", "--trials", "3", "--quiet"])
        .args(["--engine", engine, "--threads", "1"])
        .arg("--actor")
        .arg(&model)
        .arg("--out")
        .arg(&out)
        .env("REBOUND_TRIED", folder.path().join("tried"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !is_under_way(&out) {
        assert!(program.try_wait().unwrap().is_none(), "it ended too soon");
        std::thread::sleep(Duration::from_millis(5));
    }
    change(&OpenOptions::new().write(true).open(&model).unwrap());
    let mut said = String::new();
    program.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (program.wait().unwrap(), said)
}

/// Whether an arm's log has some steps.
fn is_under_way(out: &Path) -> bool {
    let arms = std::fs::read_dir(out.join("arms")).into_iter().flatten().flatten();
    let mut logs = arms.map(|arm| arm.path().join("trials.log"));
    logs.any(|log| log.metadata().is_ok_and(|log| log.len() > 20_000))
}

fn check(engine: &str, change: impl Fn(&File)) {
    let (status, said) = played(engine, change);

    assert_eq!(status.code(), Some(1), "{engine}: {status:?} {said}");
    assert!(said.contains("model.gguf was"), "{engine}: {said}");
}

/// Overwrites a weight in the middle.
fn overwrite(file: &File) {
    file.write_all_at(&[0x3f; 64], 100_000).unwrap();
}

/// Cuts the file short.
fn truncate(file: &File) {
    file.set_len(4096).unwrap();
}

#[test]
fn a_model_that_is_overwritten_ends_the_run_by_its_name() {
    check("native", overwrite);
    #[cfg(feature = "llama")]
    check("llama", overwrite);
}

#[test]
fn a_model_that_is_cut_short_ends_the_run_by_its_name() {
    check("native", truncate);
    #[cfg(feature = "llama")]
    check("llama", truncate);
}
