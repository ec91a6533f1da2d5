//! `rebound show` and `rebound prompts`: a stored run in the terminal, and what was asked in it.

use std::fs;
use std::path::{Path, PathBuf};

use runtime_agent::prompts::{PromptSet, TEMPLATES};
use runtime_core::event::Event;
use runtime_core::record::RecordReader;
use runtime_environments::worlds::WORLDS;
use runtime_store::trial_log::{Events, TrialLog, read_log};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Outcome, rebound, rebound_in, text};

/// A run of the scripted actor, who solves some and fails some.
fn played(folder: &TempDir, more: &[&str]) -> PathBuf {
    let out = folder.path().join("run");
    let fixed = ["run", "--actor", "scripted", "-q", "-n", "6", "--strategy", "reflexion"];
    let named = ["--steps", "6", "--out", out.to_str().unwrap()];
    let played = rebound(&[&fixed[..], &named, more].concat());
    assert_eq!(played.code, 0, "{}", played.stderr);
    out
}

fn show(run: &Path, more: &[&str]) -> Outcome {
    let shown = rebound(&[&["show", run.to_str().unwrap()], more].concat());
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    shown
}

fn json(run: &Path, more: &[&str]) -> Value {
    serde_json::from_str(&show(run, &[more, &["--json"]].concat()).stdout).unwrap()
}

fn log(run: &Path) -> PathBuf {
    run.join("arms/reflexion/trials.log")
}

#[test]
fn a_run_s_tasks_are_listed_with_how_their_trials_ended() {
    let folder = tempfile::tempdir().unwrap();
    let run = played(&folder, &[]);
    let history = read_log(&log(&run)).unwrap().history;

    let listed = show(&run, &[]).stdout;

    for (number, (task, played)) in (1..).zip(history.run.tasks.iter().zip(&history.tasks)) {
        let marks =
            played.trials.iter().map(|trial| if trial.trajectory.succeeded() { '✓' } else { '✗' });
        let marks: String = marks.collect();
        let is_row = |line: &&str| line.starts_with(&format!("{number}  {marks} "));
        let row = listed.lines().find(is_row).unwrap_or_else(|| panic!("{marks}: {listed}"));
        assert!(row.contains(&task.id), "{row}");
    }
    assert!(listed.contains("rebound show"), "{listed}");
}

#[test]
fn a_task_s_trials_are_told_with_what_could_be_done_and_what_was_read_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let run = played(&folder, &[]);
    let history = read_log(&log(&run)).unwrap().history;
    let failed = history.tasks.iter().position(|task| task.trials.len() > 1).unwrap();
    let number = (failed + 1).to_string();

    let told = json(&run, &[&number]);
    let page = show(&run, &[&number]).stdout;

    let [first, second] = [&told[0], &told[1]];
    assert_eq!(second["told"]["reflections"][0], first["reflections"][0]["text"]);
    assert_eq!(first["told"]["reflections"], Value::Array(Vec::new()));
    for step in first["steps"].as_array().unwrap() {
        assert!(step["admissible"].as_array().unwrap().contains(&step["action"]), "{step}");
    }
    let trial = &history.tasks[failed].trials[0];
    let seen = &trial.trajectory.steps[0];
    for part in [
        &history.run.tasks[failed].id,
        &trial.trajectory.opening.split_whitespace().take(5).collect::<Vec<_>>().join(" "),
        &seen.decision.action,
        &trial.reflection.as_ref().unwrap().text,
        "nothing: it is the first",
        "admissible",
        "the world was played again",
        "[system]",
    ] {
        assert!(page.contains(part), "{part:?} is not in {page}");
    }
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    let alone = json(&run, &[&number, "--trial", "2"]);
    assert_eq!((alone.as_array().unwrap().len(), &alone[0]["trial"]), (1, &2.into()));
}

#[test]
fn prompts_are_shown_once_or_with_every_step() {
    let folder = tempfile::tempdir().unwrap();
    let run = played(&folder, &["--trials", "1"]);
    let times =
        |more: &[&str]| show(&run, &[&["1"], more].concat()).stdout.matches("[system]").count();

    let steps = json(&run, &["1"])[0]["steps"].as_array().unwrap().len();

    assert!(steps > 1);
    assert_eq!(times(&[]), 1);
    assert_eq!(times(&["--prompts"]), steps);
}

#[test]
fn a_trial_under_way_is_shown_as_far_as_it_came() {
    let folder = tempfile::tempdir().unwrap();
    let run = played(&folder, &[]);
    let whole = fs::read(log(&run)).unwrap();
    // Into the first trial's second step, as a kill would leave it.
    let mut reader = RecordReader::open(&whole[..]).unwrap();
    reader.by_ref().take(3).for_each(|event| drop(event.unwrap()));
    let offset = usize::try_from(reader.offset()).unwrap();
    fs::write(log(&run), &whole[..offset + 5]).unwrap();

    let listed = show(&run, &[]);
    let page = show(&run, &["1"]).stdout;

    assert!(listed.stdout.contains("1  … "), "{}", listed.stdout);
    assert!(page.contains("under way") && page.contains("step 1"), "{page}");
    assert!(!page.contains("step 2"), "{page}");
}

#[test]
fn what_is_not_in_the_run_is_refused_with_what_is() {
    let folder = tempfile::tempdir().unwrap();
    let run = played(&folder, &["--trials", "1"]);
    let check = |more: &[&str], expected: &str| {
        let refused = rebound(&[&["show", run.to_str().unwrap()], more].concat());
        assert_eq!(refused.code, 1, "{}", refused.stdout);
        assert!(refused.stderr.contains(expected), "{}", refused.stderr);
    };

    check(&["7"], "its tasks are 1 to 6");
    check(&["tset/easy/3"], "did you mean");
    check(&["1", "--trial", "2"], "its trials are 1 to 1");
    check(&["1", "--arm", "none"], "it has reflexion");
}

#[test]
fn what_a_world_or_a_model_wrote_cannot_steer_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let run = played(&folder, &[]);
    let hostile = "\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}31m\rgone\u{202e}";
    let mut new = None;
    let events: Vec<Event> = Events::open(&log(&run)).unwrap().map(Result::unwrap).collect();
    let path = folder.path().join("trials.log");
    for mut event in events {
        match &mut event {
            Event::Run(run) => run.tasks.iter_mut().for_each(|task| task.id += hostile),
            Event::TrialStart(start) => start.opening += hostile,
            Event::Step(step) => {
                step.observation += hostile;
                step.action += hostile;
            }
            Event::Reflection(reflection) => reflection.text += hostile,
            _ => {}
        }
        match (&event, new.as_mut()) {
            (Event::Run(run), _) => new = Some(TrialLog::create(&path, run).unwrap()),
            (_, Some(log)) => log.append(&event).unwrap(),
            _ => {}
        }
    }

    let options: [&[&str]; 4] = [&[], &["1", "--prompts"], &["--json"], &["1", "--json"]];
    let said = options.map(|options| show(&path, options));

    for said in said {
        let all = said.stdout + &said.stderr;
        assert!(all.contains("\\u001b]0;title\\u0007"), "{all}");
        assert!(all.chars().all(|letter| letter == '\n' || !letter.is_control()), "{all:?}");
        assert!(!all.contains('\u{202e}'));
    }
}

/// Stored runs are gone on with only under the prompts that they were begun with.
#[test]
fn every_world_has_the_prompts_that_stored_runs_were_played_with() {
    let household = "c652937feeac7fb55179be13efe97caff2904dedaa313edda87f27adb47c056f";
    let node = "030fa1281cf494831789e4edb5b968c19382a59db2bb79539ef0dda7fac1fd2e";

    let listed = rebound(&["prompts", "list"]).stdout;

    for (world, sha256) in [("alfworld", household), ("household", household), ("node", node)] {
        let lists = |line: &str| line.starts_with(world) && line.ends_with(sha256);
        assert!(listed.lines().any(lists), "{world}: {listed}");
    }
}

#[test]
fn the_exported_templates_make_the_built_in_prompts() {
    let folder = tempfile::tempdir().unwrap();
    for world in WORLDS {
        let environment = world.name;
        let templates = folder.path().join(environment);
        let named = ["--environment", environment];
        let out = templates.to_str().unwrap();
        let exported = rebound(&[&["prompts", "export", out], &named[..]].concat());
        assert_eq!(exported.code, 0, "{}", exported.stderr);
        let read = TEMPLATES.map(|name| text(&templates.join(name).with_extension("j2")));
        let expected = PromptSet::built_in(world.prompts).unwrap();
        assert_eq!(PromptSet::from_sources(&read).unwrap().sha256(), expected.sha256());
        let listed = rebound(&["prompts", "list"]).stdout;
        assert!(listed.contains(expected.sha256()), "{listed}");
    }

    let own = folder.path().join("household");
    let run = played(&folder, &["--prompts", own.to_str().unwrap()]);

    let found = read_log(&log(&run)).unwrap().history.run.prompts_sha256;
    assert_eq!(found, PromptSet::built_in("household").unwrap().sha256());
}

#[test]
fn templates_are_written_over_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("system.j2"), "Mine.").unwrap();
    let export = |more: &[&str]| {
        rebound_in(folder.path(), &[], &[&["prompts", "export", "."], more].concat())
    };

    let refused = export(&[]);

    assert!(refused.code == 1 && refused.stderr.contains("system.j2"), "{refused:?}");
    assert_eq!(text(&folder.path().join("system.j2")), "Mine.");
    assert!(!folder.path().join("example.j2").exists());
    assert_eq!(export(&["--force"]).code, 0);
    assert_ne!(text(&folder.path().join("system.j2")), "Mine.");
}

#[cfg(feature = "llama")]
mod with_a_model {
    use super::*;
    use crate::support::write_tiny;

    fn collected(folder: &TempDir) -> PathBuf {
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let model = folder.path().join("tiny.gguf");
        write_tiny(&model, &folder.path().join("prompts"), ["Play."; 8]);
        let fixed = "collect -q --split train/easy -n 2 --steps 3 --threads 1 --group 2";
        let fixed: Vec<&str> = fixed.split(' ').collect();
        let (out, prompts) = (path("out"), path("prompts"));
        let named = ["--actor", model.to_str().unwrap(), "--out", &out, "--prompts", &prompts];
        let collected = rebound(&[&fixed[..], &named].concat());
        assert_eq!(collected.code, 0, "{}", collected.stderr);
        out.into()
    }

    #[test]
    fn prompts_are_made_of_the_recorded_ids_where_the_model_is_still_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let run = collected(&folder);
        let page = |more: &[&str]| {
            let page = show(&run, &[&["1", "--trial", "1"], more].concat()).stdout;
            page.split_whitespace().collect::<Vec<_>>().join(" ")
        };

        let told = json(&run, &["1", "--trial", "1"]);

        let step = &told[0]["steps"][0];
        let prompt = step["answer"]["prompt"]["text"].as_str().unwrap();
        assert!(prompt.contains("Play.") && prompt.contains("user"), "{prompt}");
        let likely = step["answer"]["probability"].as_f64().unwrap();
        assert!(likely > 0.0 && likely < 1.0, "{step}");
        assert!(page(&[]).contains("p 0."), "{}", page(&[]));

        let model = folder.path().join("tiny.gguf");
        let bytes = fs::read(&model).unwrap();
        fs::write(&model, &bytes[..bytes.len() - 1]).unwrap();
        assert!(page(&[]).contains("is another file than tiny.gguf"), "{}", page(&[]));
        fs::remove_file(&model).unwrap();
        let without = page(&["--prompts"]);
        assert!(without.contains("is not here") && !without.contains("Play."), "{without}");
    }

    #[test]
    fn a_group_is_told_with_each_reflection_and_the_trial_that_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let run = collected(&folder);

        let told = json(&run, &["1"]);

        let first = &told[0]["reflections"];
        assert_eq!((first.as_array().unwrap().len(), told.as_array().unwrap().len()), (2, 3));
        for member in [0, 1] {
            let next = &told[member + 1];
            assert_eq!((&next["trial"], &next["member"]), (&2.into(), &(member + 1).into()));
            assert_eq!(next["told"]["reflections"][0], first[member]["text"]);
        }
        let listed = show(&run, &[]).stdout;
        assert!(listed.contains("✗ ✗✗"), "{listed}");
    }
}
