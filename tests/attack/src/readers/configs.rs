//! Configurations: of runs, boards, trainings and loops.

use std::io;
use std::sync::Arc;

use crate::ground::{Ground, MODEL};
use crate::literals;
use crate::program::Line;
use crate::readers::logs::{json_seal, toml_seal, without_first_line};
use crate::target::{Around, Target, bare};

const RUN: &str = "strategies = [\"none\", \"reflexion\"]\nactor = \"scripted\"\nseed = 3\n\
    tasks = 2\ntrials = 2\nsteps = 2\ntemperature = 0.5\nsplit = \"validation/easy\"\n\
    feedback = \"score\"\nparallel = 2\ncontext = 512\nagent = \"act\"\n";
const BOARD: &str = include_str!("../../../../targets/boards/raspberry-pi-4.toml");

pub(super) fn targets(ground: &Ground) -> io::Result<Vec<Target>> {
    let target = |file: &'static str, content: Vec<u8>, around: Around, lines: Vec<Line>| Target {
        reader: "configurations",
        file,
        content,
        seal: bare(),
        deep: literals::text,
        around,
        lines,
        // A value that names nothing is named itself.
        names: vec![file, "does not fit the board", "there is no", "there are", "models pull"],
        ..Target::default()
    };
    let run = Line {
        made: Some("out/results.json"),
        ..Line::new("rebound", "compare --quiet --config r.toml --out out")
    };
    let board = "run --quiet --actor tiny.gguf --prompts prompts --board b.toml --steps 1 -n 1 \
        --trials 1 --engine native --threads 1 --out out";
    let board = Line { made: Some("out/results.json"), ..Line::new("rebound", board) };
    let check = Line::new("rebound-train", "check train.toml");
    let records = ground.files(&[MODEL, "run/arms/none/trials.log"])?;
    let tiny = ground.files(&[MODEL, "prompts"])?;
    let (run_text, board_text) = (RUN.as_bytes().to_vec(), BOARD.as_bytes().to_vec());
    let learn = Line::new("rebound", "learn --quiet --config loop/learn.toml --out loop");
    let learn = Line { made: Some("loop/learning.json"), ..learn };
    let whole_loop = ground.files(&[MODEL, "prompts", "loop"])?;
    let loop_text = without_first_line(&ground.bytes("loop/learn.toml")?);
    let state = Target {
        reader: "loops",
        seal: json_seal(),
        is_sealed: true,
        names: vec!["learning.json"],
        ..target(
            "loop/learning.json",
            ground.bytes("loop/learning.json")?,
            Arc::clone(&whole_loop),
            vec![learn.clone()],
        )
    };
    Ok(vec![
        state,
        Target {
            reader: "loops",
            seal: toml_seal(),
            is_sealed: true,
            names: vec![
                "learn.toml",
                "check.toml",
                "there is no",
                "cannot read the prompts of",
                "models pull",
            ],
            ..target("loop/learn.toml", loop_text, whole_loop, vec![learn])
        },
        target("r.toml", run_text, Arc::default(), vec![run]),
        Target {
            names: vec!["b.toml", "does not fit the board", "there is no"],
            ..target("b.toml", board_text, tiny, vec![board])
        },
        target("train.toml", ground.bytes("train.toml")?, records, vec![check]),
    ])
}
