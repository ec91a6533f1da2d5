//! Folders that are claimed, kept and left, by one process and by many.

use super::*;

fn holder(error: &ClaimError) -> &str {
    let ClaimError::Held { holder, .. } = error else { panic!("{error}") };
    holder
}

#[test]
fn a_folder_belongs_to_one_process_until_that_is_done_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs/a");
    let claim = Claim::take(&path, "process 1 on pi").unwrap();
    claim.keep();

    let refused = Claim::take(&path, "process 2 on pi").unwrap_err();

    assert!(holder(&refused).starts_with("process 1 on pi, since "), "{refused}");
    assert!(refused.to_string().contains("runs/a is in use by process 1"), "{refused}");
    drop(claim);
    assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
    Claim::take(&path, "process 2 on pi").unwrap();
}

#[test]
fn what_was_made_and_not_kept_goes_again_and_what_holds_something_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (runs, other) = (folder.path().join("runs"), folder.path().join("other"));
    fs::create_dir(&other).unwrap();

    drop(Claim::take(&runs.join("deep/a"), "process 1").unwrap());
    drop(Claim::take(&other, "process 1").unwrap());

    assert!(!runs.exists() && other.exists());
    let claim = Claim::take(&runs.join("b"), "process 1").unwrap();
    fs::write(runs.join("b/note"), "").unwrap();
    drop(claim);
    assert!(runs.join("b/note").exists() && !runs.join("b/lock").exists());
}

#[test]
fn a_folder_can_be_left_before_its_claim_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs/a");
    let claim = Claim::take(&path, "process 1").unwrap();

    claim.leaving()();

    assert!(!folder.path().join("runs").exists());
    let other = Claim::take(&path, "process 2").unwrap();
    drop(claim);
    assert!(path.join("lock").exists());
    drop(other);
}

#[test]
fn new_folders_are_numbered_where_their_name_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("runs");
    let new = || Claim::take_new(&runs, "a", "process 1").unwrap();

    let claims = [new(), new(), new()];

    let names = claims.each_ref().map(|claim| claim.folder().file_name().unwrap().to_owned());
    assert_eq!(names, ["a", "a-2", "a-3"]);
}

#[test]
fn many_that_come_and_go_at_once_have_folders_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("runs");
    let come_and_go = || {
        for _ in 0..50 {
            let kept = Claim::take_new(&runs, "a", "process 1").unwrap();
            assert_eq!(fs::read_dir(kept.folder()).unwrap().count(), 1);
            drop(kept);
        }
        Claim::take_new(&runs, "a", "process 1").unwrap().keep();
    };

    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(come_and_go);
        }
    });

    assert_eq!(fs::read_dir(&runs).unwrap().count(), 4);
}

#[test]
fn a_file_in_the_place_of_the_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs");
    fs::write(&path, "").unwrap();

    let error = Claim::take(&path, "process 1").unwrap_err().to_string();

    assert!(error.starts_with("cannot make the folder ") && error.ends_with("runs"), "{error}");
}
