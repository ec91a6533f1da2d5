//! The engine on kernels of our own: answers that depend on nothing but their request, and
//! figures that are llama.cpp's and the exact decoder's.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use models::adapter;
use models::gguf::Gguf;
use models::tiny::{self, TinyConfig};
use runtime_core::model::{
    Constraint, Generation, HiddenStates, LanguageModel, Request, Sampling, StopReason,
};
use runtime_core::prompt::{Message, Piece, Prompt, Role};
use runtime_engine::decoder::{self, DecoderConfig, devices};
use runtime_engine::llama::{self, CacheType, LlamaConfig};
use runtime_engine::native::{self, NativeConfig};
use runtime_engine::{Engine, EngineError, Handle};

/// A tiny model in F32 of some family, and the folder that it lies in.
struct Tiny {
    folder: tempfile::TempDir,
}

impl Tiny {
    fn of(architecture: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = TinyConfig { architecture, embedding: 128, ..TinyConfig::default() };
        tiny::write_llama(&folder.path().join("tiny.gguf"), &config).unwrap();
        Self { folder }
    }

    fn new() -> Self {
        Self::of("llama")
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("tiny.gguf")
    }

    fn load(&self, sequences: u32, threads: u32) -> Engine {
        let mut config = NativeConfig::new(self.path());
        config.context_tokens = number(512);
        config.sequences_max = number(sequences);
        config.threads = number(threads);
        native::load(&config).unwrap()
    }

    fn handle(&self) -> Handle {
        self.load(4, 2).role(None).unwrap()
    }

    fn adapter(&self) -> PathBuf {
        let path = self.folder.path().join("adapter.gguf");
        let base = Gguf::open(&self.path()).unwrap();
        let targets = ["attn_q", "attn_output", "ffn_up", "ffn_down"];
        adapter::write(&path, &adapter::random(&base, 20, &targets, 7).unwrap()).unwrap();
        path
    }
}

fn number(value: u32) -> NonZeroU32 {
    NonZeroU32::new(value).unwrap()
}

fn raw(text: &str) -> Prompt {
    Prompt::Raw(vec![Piece::Text(text.to_owned())])
}

fn sampled(prompt: Prompt, seed: u64) -> Request {
    Request {
        prompt,
        constraint: Constraint::Free,
        sampling: Sampling { temperature: 1.0, top_p: 1.0, seed },
        tokens_max: 24,
        stop: Vec::new(),
    }
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
    sampled(Prompt::Chat(messages), answers.len() as u64)
}

/// The mean distance of two rows of log-probabilities.
fn distance(a: &[Option<f32>], b: &[Option<f32>]) -> f32 {
    let apart = a.iter().zip(b).skip(1).map(|(a, b)| (a.unwrap() - b.unwrap()).abs());
    apart.sum::<f32>() / (a.len() - 1) as f32
}

#[test]
fn every_familys_scores_are_those_of_llama_with_an_adapter_and_without() {
    for architecture in ["llama", "qwen2", "qwen3", "gemma3"] {
        let tiny = Tiny::of(architecture);
        let path = tiny.adapter();
        let mut config = LlamaConfig::new(tiny.path());
        config.context_tokens = number(512);
        config.cache_type = CacheType::F32;
        let (ours, llama) = (tiny.load(1, 2), llama::load(&config).unwrap());
        let tokens: Vec<u32> = (0..300).map(|index| 20 + index * 7 % 200).collect();

        let [bare, adapted] = [None, Some((&*path, 0.5))].map(|adapter| {
            let ours = ours.role(adapter).unwrap().score(&tokens).unwrap();
            (ours, llama.role(adapter).unwrap().score(&tokens).unwrap())
        });

        // Eight bits cost random weights more than trained ones, which are tested below.
        let apart = distance(&bare.0, &bare.1).max(distance(&adapted.0, &adapted.1));
        let effect = distance(&bare.1, &adapted.1);
        assert!(apart < 0.15 && apart < effect / 8.0, "{architecture}: {apart} of {effect}");
    }
}

#[test]
fn an_answer_depends_on_its_request_alone_to_the_bit() {
    let tiny = Tiny::new();
    let texts = ["a door", "a window and a very long sentence about a lamp", "x", "the key", "go"];
    let requests: Vec<Request> =
        texts.iter().zip(0..).map(|(text, seed)| sampled(raw(text), seed)).collect();
    let alone: Vec<Generation> = requests
        .iter()
        .map(|request| tiny.load(1, 1).role(None).unwrap().generate(request).unwrap())
        .collect();

    for (sequences, threads) in [(1, 3), (2, 1), (8, 2)] {
        let handle = tiny.load(sequences, threads).role(None).unwrap();
        for _ in 0..2 {
            let tickets: Vec<_> = requests.iter().map(|request| handle.submit(request)).collect();
            for (ticket, alone) in tickets.into_iter().zip(&alone) {
                // Ids and both log-probabilities.
                assert_eq!(ticket.wait().unwrap().tokens, alone.tokens);
            }
        }
    }
}

#[test]
fn an_episode_computes_its_tokens_once_and_goes_on_as_if_it_had_not() {
    let tiny = Tiny::new();
    let mut handle = tiny.handle();
    let mut answers: Vec<Generation> = Vec::new();
    for _ in 0..6 {
        answers.push(handle.generate(&next_step(&answers)).unwrap());
    }

    for (step, pair) in answers.windows(2).enumerate() {
        let before = pair[0].prompt_ids.len() + pair[0].text_ids().len();
        let cached = pair[1].cost.cached_tokens as usize;
        // The last token of an answer is drawn, not computed.
        assert!(cached + 1 >= before, "{cached} of {before}");
        let cold = tiny.handle().generate(&next_step(&answers[..=step])).unwrap();
        assert_eq!((cold.cost.cached_tokens, &cold.tokens), (0, &pair[1].tokens));
    }
}

#[test]
fn a_group_asked_at_once_computes_the_prompt_once() {
    let handle = Tiny::new().handle();
    let prompt = "a long and winding story about a lamp, a key and a door ".repeat(6);

    let tickets: Vec<_> = (0..4).map(|seed| handle.submit(&sampled(raw(&prompt), seed))).collect();
    let answers: Vec<Generation> = tickets.into_iter().map(|t| t.wait().unwrap()).collect();

    let computed: u32 = answers.iter().map(|answer| answer.cost.computed_tokens).sum();
    let prompt = answers[0].prompt_ids.len();
    assert!((computed as usize) < prompt + 3 * 32, "{computed} for {prompt}");
}

#[test]
fn answers_keep_to_choices() {
    let mut handle = Tiny::new().handle();
    let choices = ["go to desk 1", "go to bed 1", "look"].map(str::to_owned);
    for seed in 0..5 {
        let constraint = Constraint::Choices(choices.to_vec());
        let request = Request { constraint, ..sampled(raw("What now?"), seed) };
        let chosen = handle.generate(&request).unwrap();
        assert!(choices.contains(&chosen.text) && chosen.stop == StopReason::EndOfTurn);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let tiny = Tiny::new();
    let mut config = NativeConfig::new(tiny.path());
    config.context_tokens = number(1 << 20);
    assert!(matches!(native::load(&config), Err(EngineError::TooLarge { .. })));

    let narrow = tiny.folder.path().join("narrow.gguf");
    let of_narrow = TinyConfig { embedding: 48, heads: 3, kv_heads: 1, ..TinyConfig::default() };
    tiny::write_llama(&narrow, &of_narrow).unwrap();
    let refused = native::load(&NativeConfig::new(&narrow)).err().unwrap().to_string();
    assert!(refused.contains("narrow.gguf"), "{refused}");

    let other = tiny.folder.path().join("other.gguf");
    let new = adapter::random(&Gguf::open(&narrow).unwrap(), 4, &["attn_q"], 7).unwrap();
    adapter::write(&other, &new).unwrap();
    let refused = tiny.load(1, 1).role(Some((&other, 1.0)));
    assert!(matches!(refused, Err(EngineError::Adapter { .. })));
}

#[test]
fn hidden_states_are_close_to_those_of_llama() {
    let tiny = Tiny::new();
    let mut config = LlamaConfig::new(tiny.path());
    config.context_tokens = number(512);
    let (mut ours, mut theirs) = (tiny.handle(), llama::load(&config).unwrap().role(None).unwrap());
    let ids = ours.prompt_ids(&raw(&"a door and a window. ".repeat(12))).unwrap();

    let (found, expected) = (ours.state(&ids).unwrap(), theirs.state(&ids).unwrap());

    let products = found.iter().zip(&expected).map(|(a, b)| a * b).sum::<f32>();
    let length = |state: &[f32]| state.iter().map(|a| a * a).sum::<f32>().sqrt();
    assert!(products / (length(&found) * length(&expected)) > 0.999);
    assert!(ours.state(&[1 << 30]).is_err());
}

/// The first tokens of a text, as a model's own tokenizer has them.
fn text_ids(handle: &Handle, text: &str, tokens: usize) -> Vec<u32> {
    let mut ids = handle.prompt_ids(&raw(text)).unwrap();
    ids.truncate(tokens);
    ids
}

/// Against the exact forward of the same file, quantized activations cost no more here than
/// in llama.cpp.
#[test]
fn real_weights_lose_no_more_than_in_llama() {
    let text = include_str!("../../../ARCHITECTURE.md");
    let loaded = |path: &Path| {
        let mut exact = DecoderConfig::new(path, devices::open("flex").unwrap());
        let (mut ours, mut theirs) = (NativeConfig::new(path), LlamaConfig::new(path));
        let context = number(1024);
        (exact.context_tokens, ours.context_tokens) = (context, context);
        (theirs.context_tokens, theirs.cache_tokens) = (context, context);
        ours.threads = number(2);
        let engines = [
            native::load(&ours).unwrap(),
            llama::load(&theirs).unwrap(),
            decoder::load(&exact).unwrap(),
        ];
        engines.map(|engine| engine.role(None).unwrap())
    };
    for file in ["smollm2-135m-instruct-q4_1.gguf", "gemma-3-270m-q4_k_m.gguf"] {
        let Some(path) = tests_needs::weights(file) else { continue };
        let handles = loaded(&path);
        let ids = text_ids(&handles[0], text, 1000);

        let [ours, theirs, exact] = handles.map(|handle| handle.score(&ids).unwrap());

        let (ours, theirs) = (distance(&ours, &exact), distance(&theirs, &exact));
        assert!(ours <= 1.15 * theirs, "{file}: {ours} here, {theirs} in llama.cpp");
    }
}
