//! Trial logs, and the files beside them in a run's folder.

use std::io;
use std::sync::Arc;

use runtime_store::sealed;

use crate::ground::{Ground, MODEL};
use crate::program::Line;
use crate::target::{Seal, Target, bare};
use crate::{literals, records};

pub(super) fn targets(ground: &Ground) -> io::Result<Vec<Target>> {
    let around = ground.files(&["run", MODEL, "prompts"])?;
    let target = |reader, file: &'static str| -> io::Result<Target> {
        Ok(Target {
            reader,
            file,
            content: ground.bytes(file)?,
            seal: bare(),
            deep: records::payloads,
            is_sealed: true,
            around: Arc::clone(&around),
            lines: Vec::new(),
            names: vec![file.rsplit('/').next().unwrap_or(file), "of the arm"],
            ..Target::default()
        })
    };
    let resume =
        Line { made: Some("run/results.json"), ..Line::new("rebound", "run --resume run") };
    let shown = ["show run", "report run --csv", "records stats run"];
    let shown = shown.map(|line| Line::new("rebound", line));
    let read = ["show run 1 --arm reflexion --prompts", "records export run"];
    let read = read.map(|line| Line::new("rebound", line));
    let log = target("trial logs", "run/arms/reflexion/trials.log")?;
    let results = target("results", "run/results.json")?;
    let config = target("run files", "run/run.toml")?;
    Ok(vec![
        Target {
            lines: [std::slice::from_ref(&resume), &shown[..], &read[..]].concat(),
            turns: 4,
            ..log
        },
        Target { lines: shown.to_vec(), deep: literals::text, seal: json_seal(), ..results },
        Target {
            lines: vec![resume],
            deep: literals::text,
            seal: toml_seal(),
            content: without_first_line(&config.content),
            // What is there under no such name is named by the name.
            names: vec![
                "run.toml",
                "trials.log was begun with",
                "there is no",
                "models pull",
                "cannot read the prompts of",
            ],
            ..config
        },
    ])
}

/// The lines behind a checksum.
pub(super) fn without_first_line(text: &[u8]) -> Vec<u8> {
    text.iter().skip_while(|byte| **byte != b'\n').skip(1).copied().collect()
}

/// Writes the checksum of a TOML text before it.
pub(super) fn toml_seal() -> Seal {
    Arc::new(|text| match std::str::from_utf8(text) {
        Ok(text) => sealed::toml(text).into_bytes(),
        Err(_) => text.to_vec(),
    })
}

/// Writes the checksum of a JSON text into it, where it is an object.
pub(super) fn json_seal() -> Seal {
    Arc::new(|text| {
        let object = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(text);
        let sealed = object.ok().and_then(|mut object| {
            object.shift_remove(sealed::JSON_KEY);
            sealed::json(&object).ok()
        });
        sealed.map_or_else(|| text.to_vec(), String::into_bytes)
    })
}
