//! The engine on our own decoder: what a user would notice, and that llama.cpp
//! answers the same.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::num::NonZeroU32;
use std::path::Path;

use models::adapter;
use models::gguf::Gguf;
use models::tiny::{self, TinyConfig};
use runtime_core::model::{
    Constraint, Generation, HiddenStates, LanguageModel, ModelError, Request, Sampling, StopReason,
};
use runtime_core::prompt::{Message, Piece, Prompt, Role};
use runtime_engine::decoder::{self, DecoderConfig, devices};
use runtime_engine::llama::{self, CacheType, LlamaConfig};
use runtime_engine::{Engine, EngineError, Handle};

/// A tiny model in F32, and the folder that it lies in.
struct Tiny {
    engine: Engine,
    folder: tempfile::TempDir,
}

impl Tiny {
    fn with(change: impl FnOnce(&mut DecoderConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tiny.gguf");
        tiny::write_llama(&path, &TinyConfig::default()).unwrap();
        let device = std::env::var("REBOUND_TEST_DEVICE").unwrap_or_else(|_| "flex".to_owned());
        let mut config = DecoderConfig::new(&path, devices::open(&device).unwrap());
        config.context_tokens = number(512);
        config.sequences_max = number(4);
        change(&mut config);
        Self { engine: decoder::load(&config).unwrap(), folder }
    }

    fn new() -> Self {
        Self::with(|_| {})
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("tiny.gguf")
    }

    fn handle(&self) -> Handle {
        self.engine.role(None).unwrap()
    }

    /// The same file in llama.cpp.
    fn in_llama(&self) -> Handle {
        let mut config = LlamaConfig::new(self.path());
        config.context_tokens = number(512);
        config.cache_tokens = number(1024);
        config.threads = number(1);
        config.cache_type = CacheType::F32;
        llama::load(&config).unwrap().role(None).unwrap()
    }

    fn adapter(&self) -> std::path::PathBuf {
        let path = self.folder.path().join("adapter.gguf");
        let base = Gguf::open(&self.path()).unwrap();
        let new = adapter::random(&base, 4, &["attn_q", "ffn_down"], 7).unwrap();
        adapter::write(&path, &new).unwrap();
        path
    }
}

fn number(value: u32) -> NonZeroU32 {
    NonZeroU32::new(value).unwrap()
}

fn greedy(prompt: Prompt) -> Request {
    Request {
        prompt,
        constraint: Constraint::Free,
        sampling: Sampling { temperature: 0.0, top_p: 1.0, seed: 0 },
        tokens_max: 12,
        stop: Vec::new(),
    }
}

fn raw(text: &str) -> Prompt {
    Prompt::Raw(vec![Piece::Text(text.to_owned())])
}

fn ids(answer: &Generation) -> Vec<u32> {
    answer.tokens.iter().map(|token| token.id).collect()
}

/// The request for a conversation's next answer, after `answers`.
fn next_step(answers: &[Generation]) -> Request {
    let mut messages = vec![
        Message::text(Role::System, "You walk through a house and do what you are told."),
        Message::text(Role::User, "You are in the hall. There is a door and a window here."),
    ];
    for answer in answers {
        let piece = Piece::Tokens { ids: answer.text_ids(), text: answer.text.clone() };
        messages.push(Message { role: Role::Assistant, content: vec![piece] });
        messages.push(Message::text(Role::User, "Nothing happens."));
    }
    Request { tokens_max: 6, ..greedy(Prompt::Chat(messages)) }
}

#[test]
fn both_engines_give_the_same_answers_and_log_probabilities() {
    let tiny = Tiny::new();
    let (mut ours, mut theirs) = (tiny.handle(), tiny.in_llama());

    for text in ["a", "go to the kitchen", "The lamp is on the desk, the key is", "x y z"] {
        let (a, b) = (ours.generate(&greedy(raw(text))), theirs.generate(&greedy(raw(text))));
        let (a, b) = (a.unwrap(), b.unwrap());
        assert_eq!(ids(&a), ids(&b), "{text}");
        for (a, b) in a.tokens.iter().zip(&b.tokens) {
            let difference = a.log_prob_full.unwrap() - b.log_prob_full.unwrap();
            assert!(difference.abs() < 1e-3, "{difference}");
        }
    }
}

#[test]
fn scores_are_those_of_llama_with_an_adapter_and_without() {
    let tiny = Tiny::new();
    let path = tiny.adapter();
    let mut config = LlamaConfig::new(tiny.path());
    config.context_tokens = number(512);
    config.cache_type = CacheType::F32;
    let llama = llama::load(&config).unwrap();
    let tokens: Vec<u32> = (0..300).map(|index| 20 + index * 7 % 200).collect();

    for adapter in [None, Some((&*path, 0.5))] {
        let ours = tiny.engine.role(adapter).unwrap().score(&tokens).unwrap();
        let theirs = llama.role(adapter).unwrap().score(&tokens).unwrap();
        assert_eq!((ours.len(), ours[0]), (300, None));
        for (a, b) in ours.iter().zip(&theirs).skip(1) {
            assert!((a.unwrap() - b.unwrap()).abs() < 2e-3, "{a:?} {b:?}");
        }
    }
}

#[test]
fn an_adapter_changes_its_own_role_and_no_other() {
    let tiny = Tiny::new();
    let tokens: Vec<u32> = (30..90).collect();
    let bare = tiny.handle();
    let before = bare.score(&tokens).unwrap();

    let adapted = tiny.engine.role(Some((&tiny.adapter(), 1.0))).unwrap();
    let changed = adapted.score(&tokens).unwrap();

    assert_ne!(before, changed);
    assert_eq!(before, bare.score(&tokens).unwrap());
    assert!(adapted.identity().adapter_sha256.is_some());
    let answer = adapted.clone().generate(&greedy(raw("a"))).unwrap();
    assert_eq!(answer.adapter, adapted.identity().adapter_sha256);
}

#[test]
fn an_adapter_of_another_model_is_refused() {
    let tiny = Tiny::new();
    let wide = tiny.folder.path().join("wide.gguf");
    let embedding = TinyConfig::default().embedding * 2;
    tiny::write_llama(&wide, &TinyConfig { embedding, ..TinyConfig::default() }).unwrap();
    let adapter = tiny.folder.path().join("other.gguf");
    let new = adapter::random(&Gguf::open(&wide).unwrap(), 4, &["attn_q"], 7).unwrap();
    adapter::write(&adapter, &new).unwrap();

    let refused = tiny.engine.role(Some((&adapter, 1.0)));

    assert!(matches!(refused, Err(EngineError::Adapter { .. })));
}

#[test]
fn an_episode_computes_its_tokens_once() {
    let mut handle = Tiny::new().handle();

    let mut answers: Vec<Generation> = Vec::new();
    for _ in 0..5 {
        answers.push(handle.generate(&next_step(&answers)).unwrap());
    }

    for pair in answers.windows(2) {
        let before = pair[0].prompt_ids.len() + pair[0].text_ids().len();
        let cached = pair[1].cost.cached_tokens as usize;
        // The last token of an answer is drawn, not computed.
        assert!(cached + 1 >= before, "{cached} of {before}");
        let computed = pair[1].cost.computed_tokens as usize;
        assert_eq!(cached + computed, pair[1].prompt_ids.len());
    }
}

#[test]
fn an_answer_is_the_same_with_and_without_the_cache() {
    let mut warm = Tiny::new().handle();
    let first = warm.generate(&next_step(&[])).unwrap();
    let second = warm.generate(&next_step(std::slice::from_ref(&first))).unwrap();
    // Goes back to a beginning that is remembered in part.
    let again = warm.generate(&next_step(&[])).unwrap();

    let cold = Tiny::new().handle().generate(&next_step(std::slice::from_ref(&first))).unwrap();

    assert_eq!(ids(&second), ids(&cold));
    assert_eq!(ids(&again), ids(&first));
    assert!(again.cost.cached_tokens > 0 && cold.cost.cached_tokens == 0);
}

#[test]
fn requests_at_once_are_answered_as_one_by_one() {
    let tiny = Tiny::new();
    let texts = ["a door", "a window and a very long sentence about a lamp", "x", "the key", "go"];
    let mut alone = Tiny::new().handle();
    let expected = texts.map(|text| ids(&alone.generate(&greedy(raw(text))).unwrap()));

    let handle = tiny.handle();
    let tickets = texts.map(|text| handle.submit(&greedy(raw(text))));

    let found = tickets.map(|ticket| ids(&ticket.wait().unwrap()));
    assert_eq!(found, expected);
}

#[test]
fn a_group_asked_at_once_computes_the_prompt_once() {
    let tiny = Tiny::new();
    let handle = tiny.handle();
    let prompt = "a long and winding story about a lamp, a key and a door ".repeat(6);

    let tickets: Vec<_> = (0..4).map(|_| handle.submit(&greedy(raw(&prompt)))).collect();
    let answers: Vec<Generation> = tickets.into_iter().map(|t| t.wait().unwrap()).collect();

    let computed: u32 = answers.iter().map(|answer| answer.cost.computed_tokens).sum();
    let prompt = answers[0].prompt_ids.len();
    assert!((computed as usize) < prompt + 3 * 32, "{computed} for {prompt}");
    assert!(answers.iter().all(|answer| answer.text == answers[0].text));
}

#[test]
fn answers_keep_to_choices_and_schemas() {
    let mut handle = Tiny::new().handle();
    let choices = ["go to desk 1", "go to bed 1", "look"].map(str::to_owned);
    let schema = r#"{"type":"object","properties":{"a":{"enum":["x","y"]}},"required":["a"],"additionalProperties":false}"#;

    for seed in 0..5 {
        let sampling = Sampling { temperature: 1.0, top_p: 1.0, seed };
        let constraint = Constraint::Choices(choices.to_vec());
        let request = Request { constraint, sampling, ..greedy(raw("What now?")) };
        let chosen = handle.generate(&request).unwrap();
        assert!(choices.contains(&chosen.text) && chosen.stop == StopReason::EndOfTurn);
        let constraint = Constraint::JsonSchema(schema.to_owned());
        let request = Request { constraint, tokens_max: 40, ..request };
        let object = handle.generate(&request).unwrap();
        assert!([r#"{"a":"x"}"#, r#"{"a":"y"}"#].contains(&&*object.text), "{}", object.text);
    }
}

#[test]
fn a_grammar_is_refused_with_what_to_use_instead() {
    let constraint = Constraint::Grammar("root ::= [a-z]".to_owned());
    let request = Request { constraint, ..greedy(raw("a")) };

    let refused = Tiny::new().handle().generate(&request).unwrap_err();

    assert!(matches!(&refused, ModelError::Constraint(reason) if reason.contains("JSON schema")));
}

#[test]
fn deterministic_answers_do_not_depend_on_what_was_asked_before() {
    let tiny = || Tiny::with(|config| config.deterministic = true);
    let request =
        Request { sampling: Sampling { temperature: 1.0, top_p: 1.0, seed: 3 }, ..next_step(&[]) };
    let expected = tiny().handle().generate(&request).unwrap();

    let mut used = tiny().handle();
    for seed in 0..3 {
        used.generate(&Request {
            sampling: Sampling { seed, ..request.sampling },
            ..next_step(&[])
        })
        .unwrap();
    }
    let found = used.generate(&request).unwrap();

    assert!(found.cost.cached_tokens > 0);
    assert_eq!(found.tokens, expected.tokens);
}

#[test]
fn a_cancelled_request_makes_room() {
    let tiny = Tiny::with(|config| config.sequences_max = number(1));
    let handle = tiny.handle();
    let endless = handle.submit(&Request { tokens_max: 400, ..greedy(raw("a")) });
    let next = handle.submit(&greedy(raw("b")));

    endless.cancel();

    assert!(next.wait().is_ok());
}

#[test]
fn what_is_no_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.gguf");
    std::fs::write(&path, b"GGUF\x03\0\0\0broken").unwrap();
    let load = |path: &Path| {
        decoder::load(&DecoderConfig::new(path, devices::open("flex").unwrap())).err().unwrap()
    };

    assert!(matches!(load(&path), EngineError::File(_)));
    let tiny = Tiny::new();
    let mut config = DecoderConfig::new(tiny.path(), devices::open("flex").unwrap());
    config.context_tokens = number(1 << 20);
    assert!(matches!(decoder::load(&config), Err(EngineError::TooLarge { .. })));
}

#[test]
fn hidden_states_are_those_of_llama() {
    let tiny = Tiny::new();
    let (mut ours, mut theirs) = (tiny.handle(), tiny.in_llama());
    let ids = ours.prompt_ids(&raw(&"a door and a window. ".repeat(12))).unwrap();
    assert!(ids.len() > 64, "more than llama.cpp computes at once");

    let (found, expected) = (ours.state(&ids).unwrap(), theirs.state(&ids).unwrap());

    assert_eq!(found.len(), expected.len());
    let apart = found.iter().zip(&expected).map(|(a, b)| (a - b).abs());
    assert!(apart.fold(0.0, f32::max) < 1e-3, "{found:?} {expected:?}");
    // Logits go on as they were.
    ours.generate(&greedy(raw("a door"))).unwrap();
    assert_eq!(ours.state(&ids).unwrap(), found);
    assert!(theirs.state(&[]).is_err() && theirs.state(&[1 << 30]).is_err());
}
