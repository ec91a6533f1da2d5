//! Adapters, those that PEFT saves, and the slots in which they are installed.

use std::io;
use std::sync::Arc;

use crate::ground::{Ground, MODEL};
use crate::program::Line;
use crate::readers::logs::toml_seal;
use crate::safetensors;
use crate::target::{Target, bare};
use crate::{gguf, literals};

const PEFT_CONFIG: &[u8] = include_bytes!("../../../../models/tests/peft/adapter_config.json");
const PEFT_FACTORS: &[u8] =
    include_bytes!("../../../../models/tests/peft/adapter_model.safetensors");

pub(super) fn targets(ground: &Ground) -> io::Result<Vec<Target>> {
    let mut targets = peft(ground)?;
    targets.extend([adapters(ground)?, slots(ground)?]);
    Ok(targets)
}

fn adapters(ground: &Ground) -> io::Result<Target> {
    let score = "score --model tiny.gguf --text-file text.txt --threads 1 --adapter a.gguf";
    let lines = [
        Line::new("rebound", &format!("{score} --engine native")),
        Line::new("rebound", &format!("{score} --engine llama")),
        Line::new("rebound", &format!("{score} --engine llama")),
        Line::new("rebound-train", score),
        Line::new("rebound-train", "inspect a.gguf"),
        Line::new("rebound", "adapter export --base tiny.gguf a.gguf out"),
        Line::new("rebound", "models merge --base tiny.gguf --adapter a.gguf --to q8_0 m.gguf"),
    ];
    let install = Line::new("rebound", "adapter install --model tiny.gguf a.gguf");
    Ok(Target {
        reader: "adapters",
        file: "a.gguf",
        content: ground.bytes("training/adapter.gguf")?,
        seal: bare(),
        deep: gguf::parts,
        around: ground.files(&[MODEL, "text.txt"])?,
        lines: [&lines[..], &[install]].concat(),
        names: vec!["a.gguf", "the adapter"],
        turns: 5,
        ..Target::default()
    })
}

fn peft(ground: &Ground) -> io::Result<Vec<Target>> {
    let files = [
        ("peft/adapter_config.json", PEFT_CONFIG),
        ("peft/adapter_model.safetensors", PEFT_FACTORS),
    ];
    let mut around = ground.files(&[MODEL])?.to_vec();
    around.extend(files.map(|(path, bytes)| (path.to_owned(), bytes.to_vec())));
    let around = Arc::new(around);
    let import = Line {
        made: Some("out.gguf"),
        ..Line::new("rebound", "adapter import --base tiny.gguf peft out.gguf")
    };
    let target = |(file, content): (&'static str, &[u8]), deep| Target {
        reader: "PEFT folders",
        file,
        content: content.to_vec(),
        seal: bare(),
        deep,
        around: Arc::clone(&around),
        lines: vec![import.clone()],
        names: vec!["adapter_config.json", "adapter_model.safetensors"],
        ..Target::default()
    };
    Ok(vec![target(files[0], literals::text), target(files[1], safetensors::head)])
}

fn slots(ground: &Ground) -> io::Result<Target> {
    let around = ground.files(&[MODEL, "adapters", "prompts"])?;
    let state = around.iter().find(|(path, _)| path.ends_with("state.toml"));
    let (path, text) = state.ok_or_else(|| io::Error::other("no adapter was installed"))?;
    let content = text.iter().skip_while(|byte| **byte != b'\n').skip(1).copied().collect();
    let lines = ["list", "revert"];
    let lines =
        lines.map(|verb| Line::new("rebound", &format!("adapter {verb} --model tiny.gguf")));
    Ok(Target {
        reader: "slots",
        file: path.clone().leak(),
        content,
        seal: toml_seal(),
        deep: literals::text,
        is_sealed: true,
        around: Arc::clone(&around),
        lines: lines.to_vec(),
        names: vec!["state.toml", "adapter"],
        ..Target::default()
    })
}
