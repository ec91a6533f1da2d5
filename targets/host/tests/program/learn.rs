//! `rebound learn`: rounds of collecting, training and keeping, killed and gone on with.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use runtime_core::seed::mix;
use runtime_evaluation::learning::state::{Learning, Phase};
use tempfile::TempDir;

use crate::support::{Outcome, PROGRAM, killed_after_in, rebound_in, text, write_tiny};

const FILE: &str = r#"
rounds = 2
collect = { split = "train/easy", tasks = 3, group = 2 }
validate = { split = "validation/easy", tasks = 3, trials = 2 }
[run]
actor = "tiny.gguf"
prompts = "prompts"
context = 1024
steps = 3
threads = 1
deterministic = true
seed = 3
[[train]]
data = { solved_only = false, reflections = { measure = "progress", reward = "next", select = "all" }, sequence_tokens_max = 1024, validation_share = 0.0 }
adapter = { rank = 2, alpha = 4.0, rank_stabilized = false, dropout = 0.0, targets = ["attn_q", "ffn_down"] }
optimizer = { learning_rate = 1e-3, schedule = "constant", warmup_steps = 0, weight_decay = 0.0, beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-8, gradient_norm_max = 1.0 }
run = { epochs = 2, batch_tokens = 512, accumulation = 1, recompute = false, checkpoint_steps = 2 }
[train.stage.reward-weighted]
temperature = 0.4
weight_max = 10.0
normalize = false
"#;

/// The same on ten tasks of a world that a program in the folder plays.
#[cfg(target_os = "linux")]
const OF_DOORS: [(&str, &str); 4] = [
    ("split = \"train/easy\", tasks = 3", "split = \"train\", tasks = 10"),
    ("split = \"validation/easy\", tasks = 3", "split = \"validation\", tasks = 10"),
    ("[run]\n", "[run]\nenvironment = \"exec:/usr/bin/python3 doors.py\"\n"),
    ("measure = \"progress\"", "measure = \"success_and_progress\""),
];

struct Loop {
    folder: TempDir,
}

impl Loop {
    /// `None`, and a line that says so, where the trainer was not built.
    fn new() -> Option<Self> {
        tests_needs::program(PROGRAM, "rebound-train")?;
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        write_tiny(&path("tiny.gguf"), &path("prompts"), ["Play."; 8]);
        fs::write(path("learn.toml"), FILE).unwrap();
        Some(Self { folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Adapters of one loop are not those of another.
    fn environment(name: &str) -> [(&'static str, String); 1] {
        [("REBOUND_ADAPTERS", format!("{name}-adapters"))]
    }

    fn learn(&self, name: &str) -> Outcome {
        self.learn_with(name, &[])
    }

    fn learn_with(&self, name: &str, more: &[&str]) -> Outcome {
        let environment = Self::environment(name);
        let environment = environment.each_ref().map(|(key, value)| (*key, value.as_str()));
        let arguments = ["learn", "--quiet", "--config", "learn.toml", "--out", name];
        rebound_in(self.folder.path(), &environment, &[&arguments[..], more].concat())
    }

    fn kill(&self, name: &str, after: Duration) {
        self.kill_with(name, &[], after);
    }

    fn kill_with(&self, name: &str, more: &[&str], after: Duration) {
        let environment = Self::environment(name);
        let environment = environment.each_ref().map(|(key, value)| (*key, value.as_str()));
        let arguments = ["learn", "--quiet", "--config", "learn.toml", "--out", name];
        let arguments = [&arguments[..], more].concat();
        killed_after_in(self.folder.path(), &environment, &arguments, after);
    }

    fn state(&self, name: &str) -> Learning {
        serde_json::from_str(&text(&self.path(name).join("learning.json"))).unwrap()
    }
}

/// What a kill may not change.
fn timeless(state: &Learning) -> (Option<String>, Vec<String>, Vec<Vec<bool>>) {
    let adapters = state.rounds.iter().filter_map(|round| round.training.as_ref());
    let outcomes = state.rounds.iter().filter_map(|round| round.outcomes.clone());
    (
        state.active.as_ref().map(|active| active.sha256.clone()),
        adapters.map(|training| training.adapter.sha256.clone()).collect(),
        state.baseline.clone().into_iter().chain(outcomes).collect(),
    )
}

#[test]
fn a_loop_that_is_killed_ends_with_the_same_adapter() {
    // An adapter names its training's file, and that the folders learned from: they are
    // called the same in both.
    let (Some(play), Some(killed)) = (Loop::new(), Loop::new()) else { return };
    let whole = play.learn("whole");
    assert_eq!(whole.code, 0, "{}", whole.stderr);
    let state = play.state("whole");

    let listed = |play: &Loop| {
        let environment = [("REBOUND_ADAPTERS", "whole-adapters")];
        let listed = ["adapter", "list", "--model", "tiny.gguf"];
        rebound_in(play.folder.path(), &environment, &listed).stdout
    };
    for kill in 0..10 {
        killed.kill("whole", Duration::from_millis(100 + mix(kill) % 900));
        // What is not kept yet is nothing that another run could try.
        let listed = listed(&killed);
        assert!(listed.contains("probation  none"), "{listed}");
    }
    let resumed = killed.learn("whole");

    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    assert_eq!(state.phase, Phase::Finished);
    assert_eq!(state.rounds.len(), 2);
    assert_eq!(timeless(&killed.state("whole")), timeless(&state));
    let page = text(&play.path("whole").join("report.html"));
    assert!(page.contains("Learning by round"));
    // It was evaluated from the slot that it was tried in.
    let evaluated = text(&play.path("whole/rounds/2/validation/run.toml"));
    let tried = &state.rounds[1].training.as_ref().unwrap().adapter.sha256;
    assert!(evaluated.contains(&format!("slots/{tried}.gguf")), "{evaluated}");
    // What it kept is what the next run that reflects would use.
    let (listed, active) = (listed(&play), state.active.unwrap().sha256);
    assert!(listed.contains("confirmed  whole-round-"), "{listed}");
    assert!(listed.contains(&active), "{listed}");
    // Finished is finished.
    let again = play.learn("whole");
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(timeless(&play.state("whole")).0, Some(active));
}

#[cfg(target_os = "linux")]
#[test]
fn a_loop_on_a_world_of_one_s_own_is_collected_from_trained_killed_and_gone_on_with() {
    let (Some(play), Some(killed)) = (Loop::new(), Loop::new()) else { return };
    let doors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/worlds/doors.py");
    let file = OF_DOORS.iter().fold(FILE.to_owned(), |file, (from, to)| file.replace(from, to));
    for one in [&play, &killed] {
        fs::copy(&doors, one.path("doors.py")).unwrap();
        fs::write(one.path("learn.toml"), &file).unwrap();
    }
    let refused = play.learn("whole");
    assert!(refused.stderr.contains("--allow-exec"), "{}", refused.stderr);
    let whole = play.learn_with("whole", &["--allow-exec"]);
    if whole.stderr.contains("the sandbox lacks") || !Path::new("/usr/bin/python3").exists() {
        return tests_needs::skipped("what a sandbox is made of, or /usr/bin/python3");
    }
    assert_eq!(whole.code, 0, "{}", whole.stderr);

    for kill in 0..8 {
        killed.kill_with("whole", &["--allow-exec"], Duration::from_millis(200 + mix(kill) % 1800));
    }
    let resumed = killed.learn_with("whole", &["--allow-exec"]);

    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    let state = play.state("whole");
    assert_eq!((state.phase, state.rounds.len()), (Phase::Finished, 2));
    assert!(state.rounds.iter().any(|round| round.training.is_some()));
    assert_eq!(timeless(&killed.state("whole")), timeless(&state));
}

#[test]
fn a_loops_paths_go_from_its_file_and_it_goes_on_from_any_folder() {
    let Some(play) = Loop::new() else { return };
    let elsewhere = play.path("elsewhere");
    fs::create_dir_all(elsewhere.join("further")).unwrap();
    fs::write(play.path("learn.toml"), FILE.replace("rounds = 2", "rounds = 1")).unwrap();
    let adapters = play.path("adapters");
    let learn = |folder: &Path, config: &str, out: &str| {
        let environment = [("REBOUND_ADAPTERS", adapters.to_str().unwrap())];
        let options = ["learn", "--quiet", "--config", config, "--out", out];
        let learned = rebound_in(folder, &environment, &options);
        assert_eq!(learned.code, 0, "{}", learned.stderr);
    };

    learn(&elsewhere, "../learn.toml", "out");
    fs::write(play.path("learn.toml"), FILE).unwrap();
    learn(&elsewhere.join("further"), "../../learn.toml", "../out");
    learn(&play.path(""), "elsewhere/out/learn.toml", "elsewhere/out");

    assert_eq!(play.state("elsewhere/out").rounds.len(), 2);
}

#[test]
fn another_file_does_not_go_on_with_a_loop() {
    let Some(play) = Loop::new() else { return };
    fs::create_dir(play.path("begun")).unwrap();
    fs::write(play.path("begun/learn.toml"), FILE.replace("steps = 3", "steps = 4")).unwrap();

    let refused = play.learn("begun");

    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("begun with another file"), "{}", refused.stderr);
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_played() {
    let Some(play) = Loop::new() else { return };
    let refused = |old: &str, new: &str, expected: &str| {
        assert!(FILE.contains(old));
        fs::write(play.path("learn.toml"), FILE.replace(old, new)).unwrap();
        let refused = play.learn("refused");
        assert!([1, 2].contains(&refused.code), "{}", refused.stderr);
        assert!(refused.stderr.contains(expected), "{}", refused.stderr);
        assert!(!play.path("refused/rounds").exists());
    };
    refused("rank = 2", "rank = 0", "error: adapter.rank is 0, expected 1 to 1024");
    refused("epochs = 2", "epoch = 2", "in [[train]] 1");
    refused("validation/easy", "train/easy", "validate.split is train/easy");
    refused("validation/easy", "test/easy", "validate.split is test/easy");
    refused("validation/easy", "Test/easy", "validate.split is Test/easy");
    refused("validation/easy", "vlaidation/easy", "did you mean validation/easy?");
    refused("train/easy", "test/easy", "is not for training");
    refused("train/easy", "Validation/easy", "is not for training");
    let alfworld = FILE.replace("[run]", "[run]\nenvironment = 'alfworld'");
    let alfworld = alfworld.replace("train/easy", "train");
    for split in ["train", "valid_unseen", "Valid_Unseen"] {
        fs::write(play.path("learn.toml"), alfworld.replace("validation/easy", split)).unwrap();
        let refused = play.learn("refused");
        assert_eq!(refused.code, 1, "{}", refused.stderr);
        assert!(
            refused.stderr.contains(&format!("validate.split is {split}")),
            "{split}: {}",
            refused.stderr
        );
    }
    fs::create_dir(play.path("judged")).unwrap();
    fs::write(play.path("judged/run.toml"), "split = 'test/easy'\n").unwrap();
    refused("rounds = 2", "rounds = 2\nrecords = ['judged']", "judged was not collected");
    refused("rounds = 2", "rounds = 2\nrecords = ['nowhere']", "error: cannot read nowhere");
}

#[test]
fn a_training_that_a_board_has_no_room_for_is_ended() {
    let Some(play) = Loop::new() else { return };
    let board = "about = 'small'\nmemory_mib = 46\nengine = 'llama'\nthreads = 1\nparallel = 1\n\
        context_tokens = 1024\nmicro_batch = 64\ncache = 'f16'\n";
    fs::write(play.path("board.toml"), board).unwrap();
    let file = FILE.replace("context = 1024", "context = 1024\nboard = 'board.toml'");
    // Long enough to be looked at more than once.
    fs::write(play.path("learn.toml"), file.replace("epochs = 2", "epochs = 500")).unwrap();

    let ended = play.learn("small");

    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("more than the board's 48 MB"), "{}", ended.stderr);
    assert!(!play.path("small/rounds/1/training").exists(), "{}", ended.stderr);
    assert!(play.path("small/rounds/1/collection").exists());
}

#[test]
fn a_round_without_anything_to_learn_from_leaves_the_adapter_as_it_is() {
    let Some(play) = Loop::new() else { return };
    // Nobody solves a household in three steps.
    let none = FILE.replace("progress", "return").replace("\"all\"", "\"positive\"");
    fs::write(play.path("learn.toml"), none).unwrap();

    let learned = play.learn("nothing");

    assert_eq!(learned.code, 0, "{}", learned.stderr);
    let state = play.state("nothing");
    assert_eq!((state.phase, state.active), (Phase::Finished, None));
    assert!(state.rounds.iter().all(|round| round.training.is_none() && round.verdict.is_none()));
}

/// One whose trainings take long.
#[cfg(unix)]
fn slow() -> Option<(Loop, std::process::Command)> {
    let play = Loop::new()?;
    let file = FILE.replace("epochs = 2,", "epochs = 100000,");
    fs::write(play.path("learn.toml"), file).unwrap();
    let mut command = std::process::Command::new(PROGRAM);
    command.args(["learn", "--quiet", "--config", "learn.toml", "--out", "slow"]);
    command.current_dir(play.folder.path()).envs(Loop::environment("slow"));
    Some((play, command))
}

#[cfg(unix)]
#[test]
fn a_signal_reaches_the_training_which_is_waited_for() {
    let Some((play, mut command)) = slow() else { return };
    let training = play.path("slow/rounds/1/training");
    let far_enough = || training.join("checkpoints/step-00000002.gguf").exists();

    let ended = crate::support::stopped(&mut command, "TERM", far_enough);

    assert_eq!(ended.code, 143, "{}", ended.stderr);
    assert!(ended.took < Duration::from_secs(20), "{:?}", ended.took);
    assert!(ended.stderr.contains("learn --config learn.toml --out slow` goes on"), "{ended:?}");
    // It has let go of its folder, and what it did last is in a checkpoint.
    fs::File::open(training.join("lock")).unwrap().try_lock().unwrap();
    let steps = text(&training.join("metrics.jsonl")).lines().count();
    assert!(training.join(format!("checkpoints/step-{steps:08}.gguf")).exists(), "{steps}");
}
