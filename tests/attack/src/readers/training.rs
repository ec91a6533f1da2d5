//! Checkpoints, and the data that are trained on.

use std::io;
use std::sync::Arc;

use models::checksum::sha256_bytes;

use crate::gguf;
use crate::ground::{Ground, MODEL};
use crate::literals;
use crate::program::Line;
use crate::target::{Seal, Target, bare};

/// The end of a checkpoint: a mark, and the SHA-256 of all before it in hexadecimal.
const MARK: &[u8] = b"RBSHA256";
const DIGITS: usize = 64;
/// Conversations to train on.
const CHAT: &str = "{\"messages\":[{\"role\":\"user\",\"content\":\"Where?\"},\
    {\"role\":\"assistant\",\"content\":\"There.\"}]}\n\
    {\"messages\":[{\"role\":\"user\",\"content\":\"When?\"},\
    {\"role\":\"assistant\",\"content\":\"Then.\"}]}\n";

pub(super) fn targets(ground: &Ground) -> io::Result<Vec<Target>> {
    let files = ["training", MODEL, "run/arms/none/trials.log", "train.toml"];
    let around = ground.files(&files)?;
    let content = ground.bytes("training/checkpoints/step-00000004.gguf")?;
    let whole = content.len() - MARK.len() - DIGITS;
    let export = |verb: &str| Line {
        made: Some("training/adapter.gguf"),
        ..Line::new("rebound-train", &format!("{verb} training"))
    };
    let without_adapter = around.iter().filter(|(path, _)| !path.starts_with("training/adapter"));
    let checkpoints = Target {
        reader: "checkpoints",
        file: "training/checkpoints/step-00000004.gguf",
        content: content[..whole].to_vec(),
        seal: checkpoint_seal(),
        deep: gguf::parts,
        is_sealed: true,
        around: Arc::new(without_adapter.cloned().collect()),
        lines: vec![export("export"), export("resume --quiet --threads 1")],
        names: vec!["step-00000004.gguf", "checkpoint"],
        turns: 2,
        ..Target::default()
    };
    Ok(vec![checkpoints, chats(ground)?])
}

/// A file of conversations, and a training of one step on it.
fn chats(ground: &Ground) -> io::Result<Target> {
    let text = String::from_utf8_lossy(&ground.bytes("train.toml")?).into_owned();
    let config = text
        .replace("records = [\"run/arms/none/trials.log\"]", "records = []")
        .replace("files = []", "files = [\"chats.jsonl\"]")
        .replace("epochs = 2", "epochs = 1");
    let mut around = ground.files(&[MODEL])?.to_vec();
    around.push(("chats.toml".to_owned(), config.into_bytes()));
    Ok(Target {
        reader: "training data",
        file: "chats.jsonl",
        content: CHAT.as_bytes().to_vec(),
        seal: bare(),
        deep: literals::text,
        around: Arc::new(around),
        lines: vec![Line {
            made: Some("t/adapter.gguf"),
            ..Line::new("rebound-train", "run chats.toml --out t --quiet --threads 1")
        }],
        names: vec!["chats.jsonl", "nothing to train on"],
        ..Target::default()
    })
}

fn checkpoint_seal() -> Seal {
    Arc::new(|bytes| [bytes, MARK, sha256_bytes(bytes).as_bytes()].concat())
}
