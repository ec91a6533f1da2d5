//! Pages of runs that are made up.

mod learning;
mod spreadsheet;

use proptest::prelude::*;
use runtime_core::event::{CallHistory, Event, StepEvent, TrialKey, TrialStartEvent};
use runtime_core::model::Origin;
use runtime_core::reflection::Judgement;
use runtime_core::visible::visible;
use runtime_store::trial_log::{TrialLog, read_log};
use serde_json::{Value, json};

use super::column::Columns;
use super::*;
use crate::results::analysis::mean_progress;
use crate::results::circumstances::{Machine, RunSession};
use crate::results::tests::{history, outcomes};
use spreadsheet::parsed;

const HOSTILE: &str = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(2)> \u{2028}'\"&amp;{{ 7 * 7 }}";

fn run<'a>(name: &str, histories: &'a [RunHistory]) -> ReportRun<'a> {
    ReportRun {
        name: name.into(),
        histories,
        spending: None,
        circumstances: None,
        notes: Vec::new(),
    }
}

fn page(histories: &[RunHistory]) -> String {
    html(&[run("a run", histories)], &mut RecordsAlone).unwrap()
}

/// How many plots a page has.
fn plots(page: &str) -> usize {
    page.matches("<svg").count()
}

/// The data that the page's script reads.
fn data(page: &str) -> Value {
    json_of(page, "trajectories")
}

fn json_of(page: &str, id: &str) -> Value {
    let (_, rest) = page.split_once(&format!("id=\"{id}\">")).unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// A text of a page's details by its place.
fn detail(page: &str, place: &Value) -> Value {
    let place = usize::try_from(place.as_u64().unwrap()).unwrap();
    let (texts, more) = (data(page)["texts"].clone(), json_of(page, "details")["texts"].clone());
    let texts = texts.as_array().unwrap();
    texts.get(place).cloned().unwrap_or_else(|| more[place - texts.len()].clone())
}

/// Makes up prompts of some lines, all of a trial's with one line more than the one before.
struct Lines(usize);

impl TranscriptReader for Lines {
    fn read(&mut self, _run: &RunEvent, transcript: &mut Transcript) {
        let mut prompt = String::from("rules");
        for step in &mut transcript.steps {
            let task = &transcript.task.id;
            let lines = (0..self.0).map(|line| format!("{} of {task}", prompt.len() + line));
            prompt = format!("{prompt}\n{}", lines.collect::<Vec<_>>().join("\n"));
            step.admissible = Some(vec!["open left".into(), "open right".into()]);
            step.answer.prompt.text = Some(prompt.clone());
        }
        transcript.notes.push("made up".into());
    }

    fn word(&mut self, _run: &RunEvent, token: u32) -> Option<String> {
        Some(format!("token {token}"))
    }
}

#[test]
fn a_trial_says_what_it_was_told_of_earlier_ones() {
    let arm = |strategy| history(strategy, &outcomes(&[2], 0));
    let page = page(&[arm("none"), arm("reflexion"), arm("last-attempt")]);

    let data = data(&page);

    let trial = |arm: usize, trial: usize| &data["tasks"][0][arm][trial];
    let text = |id: &Value| data["texts"][usize::try_from(id.as_u64().unwrap()).unwrap()].clone();
    for (arm, number) in [(0, 0), (0, 1), (1, 0), (2, 0)] {
        assert!(trial(arm, number).get("told").is_none(), "arm {arm}, trial {number}");
        assert!(trial(arm, number).get("attempt").is_none(), "arm {arm}, trial {number}");
    }
    assert_eq!(text(&trial(1, 1)["told"][0]), "Go right.");
    assert_eq!(trial(2, 1)["attempt"], 1);
    // e^-1 of two tokens at -0.5 each.
    assert_eq!(trial(0, 0)["likely"], json!([0.368]));
}

#[test]
fn prompts_choices_and_tokens_stand_apart_from_the_trajectories() {
    let mut found = history("none", &outcomes(&[1], 0));
    let steps = &mut found.tasks[0].trials[0].trajectory.steps;
    steps.extend_from_within(..);
    steps[0].decision.answer.tokens[1].origin = Origin::Forced;
    let page = html(&[run("a run", &[found])], &mut Lines(2)).unwrap();

    let details = json_of(&page, "details");

    let trial = &details["tasks"][0][0][0];
    let prompt = |step: usize| trial["calls"][step][0]["prompt"].as_array().unwrap().clone();
    assert_eq!((prompt(0)[0].clone(), prompt(0).len()), (json!(0), 1 + 3));
    assert_eq!(detail(&page, &prompt(0)[1]), "rules");
    assert_eq!((prompt(1)[0].clone(), prompt(1).len()), (json!(3), 1 + 2), "three lines are kept");
    let tokens = &trial["calls"][0][0]["tokens"];
    assert_eq!(detail(&page, &tokens[0][0]), "token 9");
    assert_eq!((&tokens[0][1], &tokens[0][2]), (&json!(-50), &json!(-150)));
    assert_eq!(tokens[1].as_array().unwrap().len(), 1, "a forced token was left no choice");
    assert_eq!(trial["admissible"], json!([0, 0]), "a list stands once");
    assert_eq!(detail(&page, &details["lists"][0][0]), "open left");
    assert_eq!(detail(&page, &trial["notes"][0]), "made up");
    assert_eq!(details["left_out"], "");
}

#[test]
fn details_that_have_no_room_are_left_out_and_the_page_says_so() {
    let histories = [history("none", &outcomes(&[], 40))];

    let page = html(&[run("a run", &histories)], &mut Lines(4000)).unwrap();

    assert!(page.len() < 2_700_000, "{} bytes", page.len());
    let details = json_of(&page, "details");
    let left_out = details["left_out"].as_str().unwrap();
    assert!(left_out.contains("trials are left out, to keep the page small"), "{left_out}");
    assert!(details["tasks"][0][0][0].is_object() && details["tasks"][39][0][1].is_null());
    assert_eq!(data(&page)["tasks"].as_array().unwrap().len(), 40, "trajectories are all there");
}

#[test]
fn the_top_says_when_where_and_with_what() {
    let machine = Machine {
        processor: "AMD EPYC".into(),
        cores: 2,
        memory_bytes: 25_300_000_000,
        system: "Debian 12".into(),
    };
    let session = RunSession {
        start: "2026-11-23T01:05:07Z".into(),
        command_line: vec!["rebound".into(), "compare".into()],
        engines: vec!["llama.cpp b1".into()],
        threads: Some(2),
        tuned: None,
        machine,
    };
    let sessions = [session.clone(), session];
    let circumstances = Circumstances::new(&sessions, "2026-11-23T01:09:59Z".into());
    let histories = [history("none", &outcomes(&[1], 1))];

    let page =
        html(&[ReportRun { circumstances, ..run("a", &histories) }], &mut RecordsAlone).unwrap();

    for expected in [
        "2026-11-23, 01:05 to 01:09 UTC, resumed once",
        "AMD EPYC, 2 cores, 25.3 GB, Debian 12",
        "llama.cpp b1, 2 threads",
        "rebound compare",
        "2, 2 trials of 30 steps at most",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
}

/// A run in which every text says `text`.
fn saying(text: &str) -> RunHistory {
    let mut history = history("reflexion", &outcomes(&[2], 1));
    history.run.actor.name = text.into();
    for task in &mut history.run.tasks {
        (task.id, task.kind, task.instruction) = (text.into(), text.into(), text.into());
    }
    for trial in history.tasks.iter_mut().flat_map(|task| &mut task.trials) {
        trial.trajectory.opening = text.into();
        trial.trajectory.feedback = text.into();
        for step in &mut trial.trajectory.steps {
            step.decision.action = text.into();
            step.outcome.observation = text.into();
            step.decision.thought = Some(step.decision.answer.clone());
            step.decision.thought.as_mut().unwrap().text = text.into();
        }
        trial.reflection.iter_mut().for_each(|reflection| reflection.text = text.into());
    }
    history
}

#[test]
fn a_page_holds_what_it_needs_and_fetches_nothing() {
    let page = page(&[
        history("none", &outcomes(&[1, 2], 2)),
        history("reflexion", &outcomes(&[1, 1, 2], 1)),
    ]);

    let (plots, legends, bars) = (4, 2 * (4 + 3), 2 * 2);
    assert_eq!(page.matches("<svg").count(), plots + legends + bars);
    assert!(
        page.contains("25.0 %</strong> <span class=\"interval\">[4.6, 69.9]"),
        "of one in four"
    );
    assert!(page.contains("25.0 points more than none [-36.2, +69.9], p = 1.000"));
    assert!(page.contains("+25.0</strong> <span class=\"interval\">[-36.2, +69.9], p = 1.000"));
    assert!(page.contains("Feedback between trials: success."));
    let elsewhere = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!elsewhere.contains("http:") && !elsewhere.contains("https:"));
}

#[test]
fn plots_draw_every_arm_and_its_band() {
    let arms = [history("none", &outcomes(&[1], 1)), history("reflexion", &outcomes(&[2], 1))];
    let runs = [run("a", &arms)];
    let results = results(&runs).unwrap();

    let svg = plot::success(&Columns::new(&runs, &results).all).unwrap();

    for color in &plot::ARM_COLORS[..2] {
        let color = plot::hexadecimal(*color);
        assert!(svg.contains(&format!("stroke=\"{color}\"")), "{svg}");
    }
    for band in 0..2 {
        assert!(svg.contains(&format!("fill=\"url(#band-{band})\"")), "{svg}");
        assert!(svg.contains(&format!("<pattern id=\"band-{band}\"")), "{svg}");
    }
    assert_eq!(svg.matches("stroke-dasharray").count(), 1, "one line is solid, the other dashed");
}

#[test]
fn progress_is_kept_where_an_episode_is_over() {
    let mut found = history("none", &outcomes(&[], 2));
    let steps = |history: &mut RunHistory, task: usize, progresses: &[f32]| {
        let steps = &mut history.tasks[task].trials[0].trajectory.steps;
        let step = steps[0].clone();
        steps.clear();
        for progress in progresses {
            let mut step = step.clone();
            step.outcome.progress = *progress;
            steps.push(step);
        }
    };
    steps(&mut found, 0, &[0.5]);
    steps(&mut found, 1, &[0.0, 0.25, 1.0]);

    let first = found.tasks.iter().filter_map(|task| task.trials.first());

    assert_eq!(mean_progress(first), [0.0, 0.25, 0.375, 0.75]);
    assert!(mean_progress(std::iter::empty()).is_empty());
}

#[test]
fn a_trajectory_stands_in_the_data_step_by_step() {
    let page = page(&[history("reflexion", &outcomes(&[2], 0))]);

    let data = data(&page);

    let text = |id: &Value| data["texts"][usize::try_from(id.as_u64().unwrap()).unwrap()].clone();
    let trials = data["tasks"][0][0].as_array().unwrap();
    assert_eq!(trials.len(), 2);
    assert_eq!(text(&trials[0]["opening"]), "Two doors.");
    assert_eq!(text(&trials[0]["actions"][0]), "open left");
    assert_eq!(text(&trials[0]["observations"][0]), "A wall.");
    assert_eq!(text(&trials[0]["reflection"]), "Go right.");
    assert_eq!((&trials[0]["ending"], &trials[1]["ending"]), (&json!("over"), &json!("solved")));
    assert_eq!(data["texts"].as_array().unwrap().len(), 4, "a text stands once");
}

#[test]
fn markup_from_models_stays_text() {
    let page = page(&[saying(HOSTILE)]);

    // The page's own three, and no more.
    assert_eq!(page.matches("</script>").count(), 3);
    assert_eq!(page.matches("<script").count(), 3);
    assert!(!page.contains("<img") && !page.contains("<!--"));
    assert!(page.contains("{{ 7 * 7 }}"));
    let data = data(&page);
    assert_eq!(data["texts"], json!([visible(HOSTILE)]));
}

#[test]
fn arms_of_several_runs_stand_side_by_side() {
    let first = [history("none", &outcomes(&[1], 1)), history("reflexion", &outcomes(&[2], 1))];
    let second = [history("none", &outcomes(&[1, 1], 1))];

    let page = html(&[run("monday", &first), run("tuesday", &second)], &mut RecordsAlone).unwrap();

    for label in ["monday: none", "monday: reflexion", "tuesday: none"] {
        assert!(page.contains(label), "{label}");
    }
    let data = data(&page);
    let played = data["tasks"].as_array().unwrap();
    assert_eq!(played.len(), 3, "two tasks in common, one of the second run's own");
    let absent = |task: &Value| task.as_array().unwrap().iter().filter(|arm| arm.is_null()).count();
    assert_eq!(played.iter().map(absent).collect::<Vec<_>>(), [0, 0, 2]);
}

#[test]
fn runs_without_trials_or_tasks_have_a_page() {
    let mut unplayed = history("none", &outcomes(&[], 2));
    unplayed.tasks.iter_mut().for_each(|task| task.trials.clear());
    let without_tasks = history("none", &outcomes(&[], 0));

    assert!(page(&[unplayed]).contains("unfinished"));
    assert!(page(&[without_tasks]).contains("0 of 0 tasks"));
    let error = html(&[run("a run", &[])], &mut RecordsAlone).unwrap_err();
    assert_eq!(error.to_string(), "the run a run has no results");
}

#[test]
fn a_log_that_was_cut_off_shows_the_trial_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trials.log");
    let whole = history("none", &outcomes(&[], 1));
    let mut log = TrialLog::create(&path, &whole.run).unwrap();
    let key = TrialKey { task: 0, trial: 1 };
    let opening = "Two doors.".into();
    log.append(&Event::TrialStart(TrialStartEvent { key, opening })).unwrap();
    let step = &whole.tasks[0].trials[0].trajectory.steps[0];
    let step = StepEvent::new(key, step, &mut CallHistory::default(), 0);
    log.append(&Event::Step(step.clone())).unwrap();
    log.append(&Event::Step(step)).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 3]).unwrap();

    let read = read_log(&path).unwrap();
    let notes = vec![read.torn.unwrap().to_string()];
    let histories = [read.history];
    let page = html(&[ReportRun { notes, ..run("cut", &histories) }], &mut RecordsAlone).unwrap();

    assert!(page.contains("are not a whole record and were dropped"));
    let data = data(&page);
    let trial = &data["tasks"][0][0][0];
    assert_eq!(trial["ending"], "under way when the run stopped");
    assert_eq!(trial["actions"].as_array().unwrap().len(), 1);
}

#[test]
fn what_an_agent_said_of_itself_stands_beside_what_was_so() {
    let mut history = history("reflexion", &outcomes(&[2], 1));
    history.run.settings = history.run.settings.replace("\"success\"", "\"self\"");
    let trials = history.tasks.iter_mut().flat_map(|task| &mut task.trials);
    for (trial, completed) in trials.zip([false, true, false, true]) {
        let generation = trial.trajectory.steps[0].decision.answer.clone();
        trial.judgement = Some(Judgement { completed, generation });
    }

    let page = page(&[history.clone()]);

    assert!(page.contains("<td>1</td><td>1</td><td>2</td><td>0</td><td>75.0 % [30.1, 95.4]</td>"));
    let trials = &data(&page)["tasks"][0][0];
    assert_eq!((&trials[0]["judged"], &trials[1]["judged"]), (&json!(false), &json!(true)));
    let rows = parsed(&csv(&[run("a", &[history])]).unwrap());
    let judged: Vec<&str> = rows[1..].iter().map(|row| row[7].as_str()).collect();
    assert_eq!((rows[0][7].as_str(), judged), ("judged", vec!["0", "1", "0", "1"]));
}

#[test]
fn counts_are_grouped_by_thousands() {
    let found = [0, 999, 1000, 1_234_567].map(crate::table::thousands);

    assert_eq!(found, ["0", "999", "1,000", "1,234,567"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_comes_back_from_the_page_as_it_was_with_what_hides_spelled_out(text in "(</?script|<!--|[<>&\"'\u{2028}\u{2029}\\\\]|\\PC|[\n\t])*") {
        let page = page(&[saying(&text)]);

        prop_assert_eq!(page.matches("<script").count(), 3);
        prop_assert_eq!(page.matches("</script>").count(), 3);
        prop_assert_eq!(&data(&page)["texts"][0], &json!(visible(&text)));
    }
}
