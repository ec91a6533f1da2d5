//! Models, and the chat templates in them.

use std::io;
use std::sync::Arc;

use crate::ground::{Ground, MODEL};
use crate::program::Line;
use crate::target::{Target, bare};
use crate::{gguf, templates};

/// Templates of known models.
const CHAT: &str = include_str!("../../../../models/tests/templates/llama-3.2.jinja");

pub(super) fn targets(ground: &Ground) -> io::Result<Vec<Target>> {
    let around = ground.files(&["prompts", "text.txt"])?;
    let model = ground.bytes(MODEL)?;
    let score = |program, more: &str| {
        Line::new(program, &format!("score --model m.gguf --text-file text.txt --threads 1 {more}"))
    };
    let play = |engine: &str, more: &str| Line {
        made: Some("out/results.json"),
        ..Line::new(
            "rebound",
            &format!(
                "run --quiet --actor m.gguf --prompts prompts --context 512 --steps 1 -n 1 \
                 --threads 1 --out out --engine {engine} {more}"
            ),
        )
    };
    let lines = vec![
        Line::new("rebound", "models show m.gguf --tensors"),
        score("rebound", "--engine native"),
        score("rebound", "--engine llama"),
        score("rebound", "--engine llama"),
        score("rebound-train", ""),
        play("llama", "--trials 1"),
        play("native", "--trials 1"),
    ];
    let models = Target {
        reader: "models",
        file: "m.gguf",
        content: model.clone(),
        seal: bare(),
        deep: gguf::parts,
        around: Arc::clone(&around),
        lines,
        // A run names its models as it begins, and then the task.
        names: vec!["m.gguf", "the model could not answer"],
        turns: 6,
        ..Target::default()
    };
    let templates = Target {
        reader: "chat templates",
        file: "m.gguf",
        content: CHAT.as_bytes().to_vec(),
        seal: Arc::new(move |template| gguf::with_template(&model, template)),
        deep: templates::hostile,
        is_always_deep: true,
        around,
        lines: vec![play("native", "--trials 2")],
        names: vec!["m.gguf", "template", "the model could not answer"],
        turns: 4,
        ..Target::default()
    };
    Ok(vec![models, templates])
}
