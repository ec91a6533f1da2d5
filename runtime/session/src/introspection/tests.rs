//! Introspection with models of fixed rules: attempts, cut logs, lines to train on, windows.

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::{Arc, Mutex};

use runtime_agent::prompts::PromptSet;
use runtime_core::model::{Generation, LanguageModel, ModelError, ModelIdentity, Request, Token};
use runtime_core::prompt::{Message, Piece, Prompt};
use runtime_evaluation::introspection::criterion::{Criterion, Duplicates, is_right};
use serde_json::Value;

use super::conversation::Conversation;
use super::convert::{ConvertRequest, convert};
use super::log::{ATTEMPTS, Asked};
use super::player::Player;
use super::problems::Problems;
use super::rollout::{Aim, Rollout};
use crate::options::RunOptions;
use crate::program::Surroundings;

/// A model that answers by a rule.
#[derive(Clone)]
struct Rule {
    /// The answer to a prompt's messages and a seed.
    answer: fn(&[String], u64) -> String,
    context_tokens: u32,
    /// What it was asked: the messages of each prompt.
    asked: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Rule {
    fn new(answer: fn(&[String], u64) -> String) -> Self {
        Self { answer, context_tokens: 1 << 20, asked: Arc::default() }
    }
}

impl LanguageModel for Rule {
    fn generate(&mut self, request: &Request) -> Result<Generation, ModelError> {
        let Prompt::Chat(messages) = &request.prompt else { panic!("{request:?}") };
        let text =
            |message: &Message| message.content.iter().map(Piece::as_text).collect::<String>();
        let messages: Vec<String> = messages.iter().map(text).collect();
        let answer = (self.answer)(&messages, request.sampling.seed);
        self.asked.lock().unwrap().push(messages);
        let tokens = answer.bytes().map(|byte| Token::forced(byte.into())).collect();
        Ok(Generation { tokens, ..Generation::of_text(answer) })
    }

    fn count_tokens(&mut self, text: &str) -> Result<u32, ModelError> {
        Ok(u32::try_from(text.len()).unwrap())
    }

    fn context_tokens(&self) -> u32 {
        self.context_tokens
    }

    fn identity(&self) -> ModelIdentity {
        ModelIdentity::default()
    }
}

/// The sum that the last problem of a prompt asks for.
fn sum(messages: &[String]) -> u64 {
    let question = messages.last().unwrap().rsplit("What is ").next().unwrap();
    question.split(" + ").map(|part| part.trim_end_matches('?').parse::<u64>().unwrap()).sum()
}

fn is_first(messages: &[String]) -> bool {
    !messages.last().unwrap().starts_with("Your answer is incorrect.")
}

/// Wrong in the first turn, right in the second.
fn improves(messages: &[String], seed: u64) -> String {
    let (sum, seed) = (sum(messages), seed % 100);
    if is_first(messages) {
        format!("{seed}: #### {}", sum + 1)
    } else {
        format!("{seed}: #### {sum}")
    }
}

/// Problems in a data folder.
fn problems(folder: &Path, aim: Aim) -> Problems {
    let set = folder.join("gsm8k");
    std::fs::create_dir_all(&set).unwrap();
    let row = |number: u64| {
        let answer = format!("So it is.\n#### {}", 2 * number);
        let question = format!("What is {number} + {number}?");
        serde_json::json!({ "question": question, "answer": answer }).to_string() + "\n"
    };
    let rows: String = (1..=5).map(row).collect();
    std::fs::write(set.join("gsm8k-train.jsonl"), rows).unwrap();
    let options =
        RunOptions { data: Some(folder.to_owned()), tasks: Some(3), ..RunOptions::default() };
    let options = RunOptions { split: Some("train".into()), ..options };
    Problems::open(&options, aim).unwrap()
}

fn rollout(turns: u32, samples: u32, aim: Aim) -> Rollout {
    let count = |count| NonZeroU32::new(count).unwrap();
    Rollout {
        turns: count(turns),
        samples: vec![count(samples)],
        models: Vec::new(),
        context_window: None,
        aim,
    }
}

/// Plays with one worker, with data and log in a folder.
fn play(folder: &Path, model: &Rule, rollout: &Rollout) -> anyhow::Result<Vec<Conversation>> {
    let problems = problems(folder, rollout.aim);
    let prompts = PromptSet::built_in("mathematics").unwrap();
    let asked = Asked {
        version: String::new(),
        environment: "gsm8k".to_owned(),
        split: problems.split.clone(),
        problems: problems.tasks.iter().map(|task| task.id.clone()).collect(),
        aim: rollout.aim,
        models: rollout.models().iter().map(|_| ModelIdentity::default()).collect(),
        samples: rollout.samples(),
        context_window: rollout.context_window,
        engine: None,
        context_tokens: model.context_tokens,
        temperature: 1.0,
        top_p: 1.0,
        tokens_max: 64,
        prompts_sha256: prompts.sha256().to_owned(),
        seed: 1,
    };
    let turns = rollout.turns.get();
    let player = Player {
        problems: &problems,
        prompts: &prompts,
        asked: &asked,
        models: &|| (0..turns).map(|_| Box::new(model.clone()) as Box<_>).collect(),
        workers: 1,
        surroundings: &Surroundings::silent(),
    };
    player.play(&folder.join(ATTEMPTS))
}

fn rewards(conversation: &Conversation) -> Vec<f32> {
    conversation.attempts().map(|attempt| attempt.reward).collect()
}

#[test]
fn whoever_learns_stops_at_the_right_answer_and_whoever_measures_goes_on() {
    let check = |aim, expected: &[f32]| {
        let folder = tempfile::tempdir().unwrap();
        let played = play(folder.path(), &Rule::new(improves), &rollout(3, 1, aim)).unwrap();

        assert_eq!(played.len(), 3);
        assert!(played.iter().all(|one| rewards(one) == expected), "{played:?}");
    };

    check(Aim::Learning, &[0.0, 1.0]);
    check(Aim::Measuring, &[0.0, 1.0, 1.0]);
}

#[test]
fn each_attempt_is_told_that_it_was_wrong_and_nothing_of_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let model = Rule::new(improves);

    let played = play(folder.path(), &model, &rollout(2, 1, Aim::Measuring)).unwrap();

    let asked = model.asked.lock().unwrap();
    let (first, second) = (&asked[0], &asked[1]);
    assert_eq!(second[..first.len()], first[..]);
    let attempt = played[0].attempts().next().unwrap();
    let question = first.last().unwrap();
    assert_eq!(second[first.len()], attempt.text);
    let expected = format!(
        "Your answer is incorrect. Look for the mistake, and solve the problem again:\n\n{question}"
    );
    assert_eq!(second[first.len() + 1..], [expected]);
}

#[test]
fn the_window_is_the_number_of_earlier_turns_in_a_prompt() {
    let lengths = |window, context_tokens| {
        let folder = tempfile::tempdir().unwrap();
        let model = Rule { context_tokens, ..Rule::new(improves) };
        let rollout = Rollout { context_window: window, ..rollout(4, 1, Aim::Measuring) };
        play(folder.path(), &model, &rollout).unwrap();
        let asked = model.asked.lock().unwrap();
        let head = asked[0].len();
        asked[..4].iter().map(|messages| (messages.len() - head) / 2).collect::<Vec<_>>()
    };

    assert_eq!(lengths(None, 1 << 20), [0, 1, 2, 3]);
    assert_eq!(lengths(Some(0), 1 << 20), [0, 0, 0, 0]);
    assert_eq!(lengths(Some(1), 1 << 20), [0, 1, 1, 1]);
    assert_eq!(lengths(Some(2), 1 << 20), [0, 1, 2, 2]);
    // What has no room is dropped, the oldest turn first.
    assert_eq!(lengths(None, 1), [0, 0, 0, 0]);
}

#[test]
fn a_cut_log_is_gone_on_with_to_the_byte_and_nothing_is_drawn_twice() {
    let folder = tempfile::tempdir().unwrap();
    let rollout = rollout(2, 3, Aim::Learning);
    let whole_model = Rule::new(improves);
    play(folder.path(), &whole_model, &rollout).unwrap();
    let whole = std::fs::read(folder.path().join(ATTEMPTS)).unwrap();
    let draws = whole_model.asked.lock().unwrap().len();
    assert_eq!(draws, 3 * 2 * 3);

    for cut in (0..whole.len()).step_by(97) {
        std::fs::write(folder.path().join(ATTEMPTS), &whole[..cut]).unwrap();
        let is_attempt = |line: &&[u8]| {
            let value = serde_json::from_slice::<Value>(line);
            value.is_ok_and(|value| value["attempt"].is_object())
        };
        let kept = whole[..cut].split(|byte| *byte == b'\n').filter(is_attempt).count();
        let model = Rule::new(improves);

        play(folder.path(), &model, &rollout).unwrap();

        assert_eq!(std::fs::read(folder.path().join(ATTEMPTS)).unwrap(), whole, "{cut} bytes");
        assert_eq!(model.asked.lock().unwrap().len(), draws - kept, "{cut} bytes");
    }
}

#[test]
fn whoever_asks_otherwise_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    play(folder.path(), &Rule::new(improves), &rollout(2, 1, Aim::Learning)).unwrap();

    let error = play(folder.path(), &Rule::new(improves), &rollout(2, 2, Aim::Learning));

    let error = error.unwrap_err().to_string();
    assert!(error.contains("begun with another `samples`"), "{error}");
}

#[test]
fn of_a_turn_the_best_goes_on_and_the_first_of_equals() {
    /// Of even seeds right, otherwise without an answer.
    fn lucky(messages: &[String], seed: u64) -> String {
        if seed.is_multiple_of(2) { format!("#### {}", sum(messages)) } else { format!("{seed}") }
    }
    let folder = tempfile::tempdir().unwrap();

    let played = play(folder.path(), &Rule::new(lucky), &rollout(1, 8, Aim::Learning)).unwrap();

    for conversation in played {
        let best = conversation.best(Aim::Learning);
        let first = conversation.attempts().find(|attempt| is_right(attempt.reward)).unwrap();
        assert_eq!(best, [first]);
        assert!(conversation.attempts().all(|one| [-1.0, 1.0].contains(&one.reward)));
    }
}

#[test]
fn degenerate_attempts_do_not_go_on_and_are_drawn_again_a_few_times() {
    fn repeats(_: &[String], _: u64) -> String {
        "again and\n".repeat(20)
    }
    let folder = tempfile::tempdir().unwrap();

    let played = play(folder.path(), &Rule::new(repeats), &rollout(2, 2, Aim::Learning)).unwrap();

    for conversation in played {
        assert_eq!(conversation.attempts().count(), 3 * 2);
        assert!(conversation.best(Aim::Learning).is_empty());
    }
}

/// The lines of attempts that improve, by a criterion.
fn lines(criterion: Criterion, shuffle: Option<u64>) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    play(folder.path(), &Rule::new(improves), &rollout(2, 1, Aim::Learning)).unwrap();
    let to = folder.path().join("lines.jsonl");
    let duplicates = Duplicates::Removed;
    let from = vec![folder.path().to_owned()];
    let request = ConvertRequest { from, to: to.clone(), criterion, duplicates, shuffle };

    let converted = convert(&request, &Surroundings::silent()).unwrap();

    let text = std::fs::read_to_string(to).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((converted.lines, converted.attempts), (lines.len(), 6));
    lines
}

#[test]
fn a_line_is_what_was_read_and_the_attempt_with_its_reward() {
    let all = lines(Criterion::Better, None);
    let right = lines(Criterion::Success, None);

    assert_eq!((all.len(), right.len()), (6, 3));
    let messages = |line: &Value| line["messages"].as_array().unwrap().clone();
    let (first, second) = (messages(&all[0]), messages(&all[1]));
    assert_eq!(second[..first.len()], first[..]);
    assert_eq!(second.len(), first.len() + 2);
    assert_eq!(second.last().unwrap()["role"], "assistant");
    assert_eq!((&all[0]["reward"], &all[1]["reward"]), (&0.0.into(), &1.0.into()));
    assert_eq!(right[0], all[1]);
}

#[test]
fn lines_are_shuffled_by_the_seed() {
    let [plain, one, again, other] =
        [None, Some(1), Some(1), Some(2)].map(|seed| lines(Criterion::All, seed));

    assert_eq!(one, again);
    assert!(one != other && one != plain);
    let sorted = |mut lines: Vec<Value>| {
        lines.sort_by_key(Value::to_string);
        lines
    };
    assert_eq!(sorted(one), sorted(plain));
}

/// The example's file, with a line in the place of another.
fn rounds_file(line: &str, replaced: &str) -> anyhow::Result<super::file::IterateFile> {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/introspect.toml");
    let text = std::fs::read_to_string(example).unwrap();
    assert!(text.contains(line), "{line}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rounds.toml");
    std::fs::write(&path, text.replacen(line, replaced, 1)).unwrap();
    super::file::IterateFile::read(&path)
}

#[test]
fn a_round_trains_on_its_own_lines_from_the_adapter_before() {
    let file = rounds_file("rounds = 1", "rounds = 2").unwrap();

    let (parent, lines) = (Path::new("parent.gguf"), Path::new("lines.jsonl"));
    let train = file.training((2, "model"), Some(parent), lines).unwrap();

    assert_eq!(train["parent"].as_str(), Some("parent.gguf"));
    assert_eq!(train["data"]["files"][0].as_str(), Some("lines.jsonl"));
    assert_eq!(train["data"]["records"].as_array().map(Vec::len), Some(0));
    assert_eq!((train["seed"].as_integer(), train["model"].as_str()), (Some(2), Some("model")));
    let seeds = [1, 2].map(|round| file.generate_options(round).unwrap().seed);
    assert_eq!(seeds, [Some(1), Some(2)]);
    assert_eq!(file.evaluate_options().unwrap().seed, Some(1));
}

#[test]
fn what_the_rounds_set_stands_nowhere_else() {
    let check = |line: &str, replaced: &str, expected: &str| {
        let error = rounds_file(line, replaced).unwrap_err();
        assert!(format!("{error:#}").contains(expected), "{error:#}");
    };

    check("[run]", "[run]\ntemperature = 1.0", "in [run]: `temperature` is set elsewhere");
    check("[train.data]", "[train.data]\nfiles = []", "in [train.data]: `files` is set elsewhere");
    check("turns = 2\nsamples = [1, 4]", "turns = 1\nsamples = [1, 4]", "there are 2 samples");
    check("rounds = 1", "rounds = 0", "rounds");
    check("rounds = 1", "rounds = 1\nround = 1", "unknown field `round`");
}
