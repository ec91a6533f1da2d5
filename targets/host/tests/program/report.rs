//! Reports of runs that the program played, with the scripted model.

use std::fs;
use std::path::Path;

use crate::support::{rebound, text};

fn played(out: &Path, arms: &str) -> String {
    let name = out.to_str().unwrap().to_string();
    let fixed = ["compare", "--actor", "scripted", "-n", "6", "--quiet", "--out", &name];
    let played = rebound(&[&fixed[..], &["--strategies", arms]].concat());
    assert_eq!(played.code, 0, "{}", played.stderr);
    name
}

#[test]
fn a_run_leaves_a_report_beside_its_results() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("monday");

    let name = played(&run, "none,reflexion");

    let written = text(&run.join("report.html"));
    assert!(written.contains("<title>Rebound: monday</title>"));
    assert!(written.contains("6 tasks are too few to tell"), "the verdict");
    assert!(written.contains("<dt>played</dt><dd>20"), "when");
    assert!(
        written.contains("\"admissible\":["),
        "what could be done, from the world played again"
    );
    assert!(written.contains("You play a game in a house."), "prompts in words");
    fs::remove_file(run.join("report.html")).unwrap();
    let again = rebound(&["report", &name]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(text(&run.join("report.html")), written);
}

#[test]
fn several_runs_stand_side_by_side_on_one_page() {
    let folder = tempfile::tempdir().unwrap();
    let first = played(&folder.path().join("monday"), "none,reflexion");
    let second = played(&folder.path().join("tuesday"), "none,last-attempt");
    let out = folder.path().join("both.html");

    let report = rebound(&["report", &first, &second, "--out", out.to_str().unwrap()]);

    assert_eq!(report.code, 0, "{}", report.stderr);
    for arm in ["monday: none", "monday: reflexion", "tuesday: none", "tuesday: last-attempt"] {
        assert!(text(&out).contains(arm), "{arm}");
    }
}

#[test]
fn rows_go_to_standard_output_for_a_spreadsheet() {
    let folder = tempfile::tempdir().unwrap();
    let name = played(&folder.path().join("monday"), "none");

    let rows = rebound(&["report", &name, "--csv"]).stdout;

    assert!(rows.starts_with("run,environment,strategy,task,"), "{rows}");
    assert!(rows.lines().skip(1).all(|row| row.starts_with("monday,household,none,")), "{rows}");
    assert!(rows.lines().count() > 6);
}

#[test]
fn a_killed_run_is_reported_as_far_as_it_came() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("monday");
    let name = played(&run, "none,reflexion");
    let log = run.join("arms/reflexion/trials.log");
    let bytes = fs::read(&log).unwrap();
    fs::write(&log, &bytes[..bytes.len() - 5]).unwrap();

    let report = rebound(&["report", &name]);

    assert_eq!(report.code, 0, "{}", report.stderr);
    assert!(report.stderr.contains("were dropped"), "{}", report.stderr);
    assert!(text(&run.join("report.html")).contains("were dropped"));
}

#[test]
fn a_folder_without_a_run_is_named() {
    let folder = tempfile::tempdir().unwrap();

    let empty = rebound(&["report", folder.path().to_str().unwrap()]);
    let missing = rebound(&["report", "no/such/folder"]);

    assert_eq!((empty.code, missing.code), (1, 1));
    assert!(empty.stderr.contains("there is no trial log in"), "{}", empty.stderr);
    assert!(missing.stderr.contains("no/such/folder is no run's folder"), "{}", missing.stderr);
}
