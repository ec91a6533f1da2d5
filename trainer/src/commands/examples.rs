//! Examples of each command, as its help shows them. A test lets the program read them all.

use targets_console::command::Examples;

/// By the command's path below `rebound-train`.
pub(crate) const EXAMPLES: Examples<'static> = &[
    (
        "run",
        &[
            "rebound-train run actor.toml --out runs/actor",
            "rebound-train run actor.toml --out runs/actor --plain --threads 2",
        ],
    ),
    ("check", &["rebound-train check actor.toml"]),
    ("resume", &["rebound-train resume runs/actor"]),
    ("export", &["rebound-train export runs/actor"]),
    ("inspect", &["rebound-train inspect runs/actor/adapter.gguf"]),
    ("score", &["rebound-train score --model smollm2-135m-instruct --text-file story.txt"]),
    ("bench", &["rebound-train bench --model smollm2-135m-instruct --tokens 256 --batch 1"]),
    ("devices", &["rebound-train devices"]),
    (
        "completions",
        &["rebound-train completions bash \
             > ~/.local/share/bash-completion/completions/rebound-train"],
    ),
];
