//! Lines that call each command, as its help shows them. A test lets the program read them all.

pub(crate) const EXAMPLES: &str = "\
rebound-train run actor.toml --out runs/actor
rebound-train run actor.toml --out runs/actor --plain --threads 2
rebound-train check actor.toml
rebound-train resume runs/actor
rebound-train export runs/actor
rebound-train inspect runs/actor/adapter.gguf
rebound-train score --model smollm2-135m-instruct --text-file story.txt
rebound-train bench --model smollm2-135m-instruct --tokens 256 --batch 1
rebound-train devices
rebound-train completions bash > ~/.local/share/bash-completion/completions/rebound-train";
