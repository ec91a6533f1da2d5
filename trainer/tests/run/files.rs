//! Learning from text: the ids are the device's.

use std::fs;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use models::gguf::Gguf;
use models::vocabulary::Vocabulary;
use runtime_core::model::{Constraint, LanguageModel, Request, Sampling};
use runtime_core::prompt::{Message, Prompt, Role};
use runtime_engine::dictation::Dictation;
use serde_json::json;
use tests_needs::{GEMMA, SMOLLM2, weights};
use trainer::dataset::{self, Dropped, Sample, line};

use crate::world::{World, finished, play};

/// What a device prompts with, and answers.
fn on_device(model: &Path, prompt: Prompt, answer: &str) -> Vec<u32> {
    let mut device = Dictation::open(model, NonZeroU32::new(4096).unwrap()).unwrap();
    let request = Request {
        prompt,
        constraint: Constraint::Choices(vec![answer.to_owned()]),
        sampling: Sampling { temperature: 0.0, top_p: 1.0, seed: 0 },
        tokens_max: 512,
        stop: Vec::new(),
    };
    let generation = device.generate(&request).unwrap();
    let answer = generation.tokens.iter().map(|token| token.id);
    generation.prompt_ids.iter().copied().chain(answer).collect()
}

fn in_training(model: &Path, line: &serde_json::Value) -> (Sample, Vocabulary) {
    let vocabulary = Vocabulary::from_gguf(&Gguf::open(model).unwrap()).unwrap();
    let line = line::parse(line.to_string().as_bytes()).unwrap();
    (dataset::sample(&vocabulary, &line, String::new()).unwrap(), vocabulary)
}

/// The tiny model, and real ones where they were pulled.
fn models(world: &World) -> Vec<PathBuf> {
    let real = [SMOLLM2, GEMMA].into_iter().filter_map(weights);
    [world.base.path.clone()].into_iter().chain(real).collect()
}

#[test]
fn a_conversation_has_the_ids_that_the_device_prompts_and_answers_with() {
    let said = [
        (Role::System, "You are terse.\n"),
        (Role::User, "  What is <|im_end|> for? 123\n\n"),
        (Role::Assistant, "It ends a turn."),
        (Role::User, "And <start_of_turn>?"),
        (Role::Assistant, "It begins one, naïvely. 🙂"),
    ];
    let line = |&(role, content): &(Role, &str)| json!({"role": role.name(), "content": content});
    let line = json!({"messages": said.iter().map(line).collect::<Vec<_>>()});
    let (answer, before) = said.split_last().unwrap();
    let messages: Vec<Message> =
        before.iter().map(|&(role, content)| Message::text(role, content)).collect();

    for model in models(&World::new()) {
        let (sample, vocabulary) = in_training(&model, &line);

        let device = on_device(&model, Prompt::Chat(messages.clone()), answer.1);
        assert_eq!(sample.ids, device, "{}", model.display());
        let learned = sample.ids.iter().zip(&sample.learned).filter(|(_, learned)| **learned);
        let learned: Vec<u32> = learned.map(|(&id, _)| id).collect();
        let text = vocabulary.tokenizer.decode_lossy(&learned);
        assert_eq!(text, "It ends a turn.It begins one, naïvely. 🙂", "{}", model.display());
        assert_eq!(learned.last(), sample.ids.last());
        let ends = learned.iter().filter(|id| Some(id) == learned.last().as_ref()).count();
        // A file without a template says nothing of the ends of earlier turns.
        let is_chat = Gguf::open(&model).unwrap().text("tokenizer.chat_template").is_some();
        assert_eq!(ends, if is_chat { 2 } else { 1 }, "{}", model.display());
    }
}

#[test]
fn a_completion_has_the_ids_that_the_device_prompts_and_answers_with() {
    for model in models(&World::new()) {
        let (sample, _) =
            in_training(&model, &json!({"prompt": "go ", "completion": "to the door"}));

        let prompt = Prompt::Raw(vec![runtime_core::prompt::Piece::Text("go ".to_owned())]);
        assert_eq!(sample.ids, on_device(&model, prompt, "to the door"), "{}", model.display());
    }
}

#[test]
fn texts_are_learned_beside_records_and_without() {
    let world = World::new();
    let lines = (0..30).map(|number| {
        let answer = ["yes", "no", "the door"][number % 3];
        format!(
            "{}\n",
            json!({"prompt": format!("question {number} on {answer}:"), "completion": answer})
        )
    });
    fs::write(world.path("lines.jsonl"), lines.collect::<String>() + "\n").unwrap();
    let mut config = world.config();
    config.data.files = vec![world.path("lines.jsonl")];
    let both = world.open(config.clone(), "both").unwrap().dataset;
    config.data.records.clear();
    config.run.epochs = 20;
    let mut run = world.open(config, "texts").unwrap();
    let samples = run.dataset.train.len() + run.dataset.validation.len();

    finished(play(&mut run, None));

    assert_eq!(samples, 30);
    let of_records = world.open(world.config(), "records").unwrap().dataset;
    let of_records = of_records.train.len() + of_records.validation.len();
    assert_eq!(both.train.len() + both.validation.len(), 30 + of_records);
    let metrics = trainer::metrics::read(&world.path("texts").join("metrics.jsonl"));
    let losses: Vec<f32> = metrics.iter().filter_map(|metrics| metrics.validation_loss).collect();
    let (first, last) = (losses[0], losses[losses.len() - 1]);
    assert!(last < first / 2.0, "{first} to {last}");
}

#[test]
fn long_texts_are_cut_and_counted() {
    let world = World::new();
    let long = json!({"prompt": "a", "completion": "b".repeat(100)});
    let useless = json!({"prompt": "a".repeat(100), "completion": "b"});
    fs::write(world.path("long.jsonl"), format!("{long}\n{useless}\n{long}\n")).unwrap();
    let mut config = world.config();
    (config.data.records, config.data.files) = (Vec::new(), vec![world.path("long.jsonl")]);
    config.data.validation_share = 0.0;

    let found = world.open(config, "out").unwrap().dataset;

    assert_eq!(found.train[0].ids.len(), 64);
    // 100 letters and the end: 63 of them fit behind the prompt. The second loses both.
    let expected =
        Dropped { duplicates: 1, cut: 3, cut_tokens: 38 + 2 + 38, empty: 1, ..Dropped::default() };
    assert_eq!(found.dropped, expected);
}

#[test]
fn a_wrong_line_is_refused_with_file_line_and_field() {
    let world = World::new();
    let vocabulary = Vocabulary::from_gguf(&Gguf::open(&world.base.path).unwrap()).unwrap();
    let file = world.path("wrong.jsonl");
    let good = json!({"prompt": "a", "completion": "b"});
    let refused = |line: &[u8]| {
        fs::write(&file, [format!("{good}\n\n").as_bytes(), line].concat()).unwrap();
        dataset::read_file(&file, &vocabulary).unwrap_err().to_string()
    };

    let content = refused(br#"{"messages":[{"role":"assistant","content":7}]}"#);
    let bytes = refused(b"{\"prompt\":\"\xff\"}");

    let place = format!("{}: line 3: ", file.display());
    let expected = "messages[0].content: expected a text, found a number";
    assert_eq!(content, format!("{place}{expected}"));
    assert!(bytes.starts_with(&format!("{place}expected JSON")), "{bytes}");
}
