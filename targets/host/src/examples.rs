//! Examples of each command, as its help shows them. A test lets the program read them all.

use targets_console::command::Examples;

/// By the command's path below `rebound`.
pub(crate) const EXAMPLES: Examples<'static> = &[
    ("demo", &["rebound demo", "rebound demo -n 4 --out runs/quick"]),
    (
        "run",
        &[
            "rebound run                                   # 20 households, reflecting on failures",
            "rebound run --strategy none -n 50 --trials 4 --parallel 2",
            "rebound run --actor mine.gguf --split test/easy --name mine",
            "rebound run --resume runs/mine                # goes on where it stopped",
        ],
    ),
    (
        "compare",
        &[
            "rebound compare --strategies none,last-attempt,reflexion -n 30",
            "rebound compare --config run.toml --parallel 8",
            "rebound compare --strategies none,reflexion --watch",
            "rebound compare --resume runs/demo",
        ],
    ),
    (
        "demonstrate",
        &[
            "rebound demonstrate --split train/easy --tasks 200 --name demonstrations",
            "rebound demonstrate --environment alfworld --noise 0.1 --parallel 2",
        ],
    ),
    (
        "collect",
        &[
            "rebound collect --split train/easy --group 4 -n 100 --name collected",
            "rebound collect --resume runs/collected",
        ],
    ),
    (
        "learn",
        &[
            "rebound learn --config examples/learn.toml",
            "rebound learn --config examples/learn.toml --out runs/second --quiet",
        ],
    ),
    (
        "play",
        &[
            "rebound play",
            "rebound play --environment alfworld --split valid_unseen",
            "rebound play --json < commands.txt",
        ],
    ),
    (
        "score",
        &[
            "rebound score --model smollm2-135m-instruct --text-file story.txt",
            "rebound score --model mine.gguf --adapter adapter.gguf --text-file story.txt",
        ],
    ),
    ("models list", &["rebound models list", "rebound models list --json"]),
    ("models pull", &["rebound models pull smollm2-135m-instruct"]),
    ("models verify", &["rebound models verify", "rebound models verify gemma-3-270m"]),
    (
        "models show",
        &["rebound models show smollm2-135m-instruct", "rebound models show mine.gguf --tensors"],
    ),
    (
        "models merge",
        &[
            "rebound models merge --base smollm2-135m-instruct --adapter a.gguf --to q8_0 merged.gguf",
        ],
    ),
    ("data list", &["rebound data list"]),
    ("data pull", &["rebound data pull alfworld"]),
    ("data verify", &["rebound data verify"]),
    (
        "show",
        &[
            "rebound show runs/demo                        # its tasks, and how they ended",
            "rebound show runs/demo 3                      # what happened in the third",
        ],
    ),
    ("records export", &["rebound records export runs/demo > trials.jsonl"]),
    ("records stats", &["rebound records stats runs/demo"]),
    (
        "report",
        &[
            "rebound report runs/demo",
            "rebound report runs/first runs/second --out both.html",
            "rebound report runs/demo --csv > trials.csv",
        ],
    ),
    ("prompts list", &["rebound prompts list"]),
    ("prompts export", &["rebound prompts export my-prompts"]),
    ("adapter install", &["rebound adapter install runs/taught/adapter.gguf"]),
    ("adapter confirm", &["rebound adapter confirm"]),
    ("adapter revert", &["rebound adapter revert --model gemma-3-270m"]),
    ("adapter list", &["rebound adapter list"]),
    (
        "adapter import",
        &["rebound adapter import --base smollm2-135m-instruct peft-folder new.gguf"],
    ),
    (
        "adapter export",
        &["rebound adapter export --base smollm2-135m-instruct new.gguf peft-folder"],
    ),
    (
        "node inspect",
        &["rebound node inspect /dev/ttyACM0", "rebound node inspect tcp:127.0.0.1:4000"],
    ),
    ("node monitor", &["rebound node monitor tcp:127.0.0.1:4000 --every 1"]),
    ("node simulate", &["rebound node simulate --listen 127.0.0.1:4000"]),
    ("devices", &["rebound devices"]),
    ("doctor", &["rebound doctor", "rebound doctor --json"]),
    ("train", &["rebound train run actor.toml --out runs/actor", "rebound train --help"]),
    (
        "completions",
        &["rebound completions bash > ~/.local/share/bash-completion/completions/rebound"],
    ),
];
