//! What a loop's file may say.

use super::*;

const FILE: &str = r#"
    rounds = 2
    records = ["elsewhere"]
    collect = { split = "train/easy", tasks = 8, group = 2 }
    validate = { split = "validation/easy", tasks = 4, trials = 2 }
    [run]
    steps = 6
    [[train]]
    stage = "supervised"
    data = { solved_only = false, reflections = { select = "best" } }
    [[train]]
    stage = "second"
    data = { solved_only = false, reflections = { select = "all" } }
"#;

fn read(text: &str) -> anyhow::Result<LearnFile> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("learn.toml");
    std::fs::write(&path, text).unwrap();
    Ok(LearnFile::read(&path)?.0)
}

#[test]
fn a_round_trains_by_its_own_table_or_the_last() {
    let file = read(FILE).unwrap();
    let (parent, records) = (Path::new("p.gguf"), [PathBuf::from("r1"), PathBuf::from("r2")]);

    let train = |round| file.training(round, "m", 7, (Some(parent), None, &records)).unwrap();

    let stages = [1, 2, 3].map(|round| train(round)["stage"].as_str().unwrap().to_owned());
    assert_eq!(stages, ["supervised", "second", "second"]);
    let first = train(1);
    assert_eq!(first["model"].as_str(), Some("m"));
    assert_eq!(first["parent"].as_str(), Some("p.gguf"));
    let records = first["data"]["records"].as_array().unwrap();
    let records: Vec<&str> = records.iter().filter_map(toml::Value::as_str).collect();
    assert_eq!(records[..2], ["r1", "r2"]);
    assert!(Path::new(records[2]).is_absolute() && records[2].ends_with("/elsewhere"));
    assert_eq!(first["data"]["reflections"]["select"].as_str(), Some("best"));
}

#[test]
fn a_round_that_is_held_to_the_start_is_told_which_adapter_that_is() {
    let held = "stage = { policy-gradient = { reference = \"start\" } }";
    let file = read(&FILE.replacen("stage = \"second\"", held, 1)).unwrap();
    let (parent, first) = (Path::new("p.gguf"), Path::new("first.gguf"));
    let start = |round, first| {
        let train = file.training(round, "m", 7, (Some(parent), first, &[])).unwrap();
        train.get("start").map(|start| start.as_str().unwrap().to_owned())
    };

    assert_eq!(start(1, Some(first)), None, "its stage reads none");
    assert_eq!(start(2, Some(first)).as_deref(), Some("first.gguf"));
    assert_eq!(start(2, None), None, "the loop began without one");
}

#[test]
fn what_decides_nothing_of_what_is_played_may_change() {
    let begun = read(FILE).unwrap();
    let changed = |old: &str, new: &str| {
        assert!(FILE.contains(old));
        read(&FILE.replacen(old, new, 1)).unwrap().plays_like(&begun)
    };
    assert!(changed("rounds = 2", "rounds = 5") && changed("\"second\"", "\"third\""));
    assert!(changed("steps = 6", "steps = 6\nparallel = 8\nthreads = 1"));
    assert!(!changed("steps = 6", "steps = 7") && !changed("group = 2", "group = 3"));
}

#[test]
fn what_the_loop_sets_is_refused() {
    let refused = |old: &str, new: &str, expected: &str| {
        assert!(FILE.contains(old));
        let error = format!("{:#}", read(&FILE.replacen(old, new, 1)).unwrap_err());
        assert!(error.contains(expected), "{error}");
    };
    refused("steps = 6", "split = 'train/easy'", "the loop sets `split`");
    refused("steps = 6", "stepps = 6", "did you mean `steps`");
    refused("stage = \"supervised\"", "seed = 1", "the loop sets `seed`");
    refused("solved_only = false", "records = []", "the loop sets `data.records`");
    refused("reflections = { select = \"best\" }", "x = 1", "there is no data.reflections");
    refused("steps = 6", "best-of = 4", "the retrospective's own draws");
    refused("trials = 2", "trials = 1", "expected 2 or more");
    refused("trials = 2", "trials = 3, endpoint = 4", "validate.endpoint is 4");
    refused("trials = 2", "trials = 3, endpoint = 1", "expected 2 to validate.trials");
    refused("stage = \"supervised\"", "start = 'a.gguf'", "the loop sets `start`");
    refused("\"supervised\"", "{ reward-model = {} }", "a reward model writes no");
    refused("group = 2", "group = 0", "nonzero");
}
