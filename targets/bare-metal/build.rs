//! Gives the linker the memory of the board that the features name, and its scripts.

use std::path::PathBuf;
use std::{env, fs};

/// Each board's feature, as cargo writes it, and its file in `memory`.
const BOARDS: [(&str, &str); 3] = [
    ("CARGO_FEATURE_LM3S6965EVB", "lm3s6965evb.x"),
    ("CARGO_FEATURE_MPS2_AN386", "mps2-an386.x"),
    ("CARGO_FEATURE_RISCV_VIRT", "riscv-virt.x"),
];

fn main() {
    println!("cargo::rerun-if-changed=memory");
    println!("cargo::rerun-if-changed=build.rs");
    let chosen: Vec<&str> = BOARDS
        .into_iter()
        .filter(|(feature, _)| env::var_os(feature).is_some())
        .map(|(_, memory)| memory)
        .collect();
    match chosen[..] {
        // For the host: nothing is linked but tests.
        [] => {}
        [memory] => link(memory),
        _ => println!("cargo::error=choose one board, not {chosen:?}"),
    }
}

fn link(memory: &str) {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::copy(format!("memory/{memory}"), out.join("memory.x")).expect("the file can be copied");
    // cortex-m-rt asks for it; our table of interrupts is in the board's file.
    fs::write(out.join("device.x"), "").expect("the file can be written");
    println!("cargo::rustc-link-search={}", out.display());
    // cortex-m-rt's script includes memory.x, riscv-rt's does not.
    if memory == "riscv-virt.x" {
        println!("cargo::rustc-link-arg-bins=-Tmemory.x");
    }
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    println!("cargo::rustc-link-arg-bins=--nmagic");
}
