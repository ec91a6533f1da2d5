//! The architecture's table: who may import whom, and what a folder must never contain.
//! `ARCHITECTURE.md` has the same table with its reasons.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use toml::Table;

/// A crate's folder, and which of ours it may depend on outside its tests. A
/// name that ends in `*` stands for all that begin so.
pub(crate) const MAY_IMPORT: [(&str, &[&str]); 25] = [
    ("runtime/core", &[]),
    ("runtime/node", &[]),
    ("runtime/agent", &["runtime-core"]),
    ("runtime/engine", &["runtime-core", "models", "models-decoder", "models-native"]),
    ("runtime/environments", &["runtime-core", "runtime-files", "runtime-node", "runtime-sandbox"]),
    ("runtime/store", &["runtime-core", "runtime-files", "models"]),
    ("runtime/files", &[]),
    ("runtime/sandbox", &[]),
    ("runtime/probe", &["runtime-agent", "runtime-files", "runtime-sandbox", "models"]),
    ("runtime/evaluation", &["runtime-core"]),
    ("runtime/session", &["runtime-*", "models", "trainer-contract"]),
    ("models", &["runtime-files"]),
    ("models/decoder", &["models"]),
    ("models/native", &["models"]),
    (
        "trainer",
        &[
            "runtime-core",
            "runtime-files",
            "runtime-probe",
            "models",
            "models-decoder",
            "trainer-contract",
            "targets-console",
        ],
    ),
    ("trainer/contract", &[]),
    ("targets/console", &["runtime-core"]),
    ("targets/host", &["runtime-*", "models", "targets-console"]),
    ("targets/bare-metal", &["runtime-node"]),
    ("targets/bare-metal/qemu", &["targets-bare-metal", "runtime-node"]),
    ("benches", &["runtime-*", "models*", "trainer"]),
    ("fuzz", &["runtime-*", "models*", "trainer"]),
    ("tests", &["runtime-*", "models*", "trainer"]),
    ("tests/attack", &["runtime-*", "models*"]),
    ("tests/needs", &[]),
];

/// Crates that are no members of the workspace.
const APART: [&str; 3] = ["fuzz", "targets/bare-metal", "targets/bare-metal/qemu"];

/// Words of code that a folder must never contain outside its tests.
const NEVER: [(&str, &[&str]); 11] = [
    (
        "runtime/core/src",
        &["std::", "Instant", "SystemTime", "File", "thread", "minijinja", "llama", "burn"],
    ),
    ("runtime/node/src", &["std::", "alloc::", "lm3s6965evb", "mps2_an386", "riscv_virt"]),
    ("runtime/agent/src", &["std::fs", "File", "llama", "burn", "ureq"]),
    ("runtime/engine/src", &["minijinja", "runtime_core::task", "Reward", "Trajectory"]),
    ("runtime/environments/src", &["LanguageModel", "PromptSet", "Generation"]),
    ("runtime/evaluation/src", &["std::fs", "File", "llama", "burn"]),
    ("runtime/session/src", &["clap::", "indicatif", "targets_console", "println!", "io::stdin"]),
    ("models/src", &["burn", "llama_cpp_2", "Optimizer"]),
    ("models/decoder/src", &["Sampler", "Optimizer", "Loss"]),
    ("models/native/src", &["burn", "Sampler", "Optimizer"]),
    ("trainer/src", &["llama_cpp_2", "SerialPort"]),
];

/// Crates that must build without `std`.
const WITHOUT_STD: [&str; 3] = ["runtime/core", "runtime/node", "targets/bare-metal"];

/// The only places for unsafe code; a folder stands for all that is in it.
const MAY_BE_UNSAFE: [&str; 9] = [
    "runtime/engine/src/llama/raw.rs",
    "models/src/map.rs",
    "models/src/fault.rs",
    "models/tests/memory",
    "runtime/session/src/memory.rs",
    "models/decoder/src/kernels",
    "models/native/src/kernels",
    "runtime/sandbox/src/raw",
    "targets/bare-metal/src/board",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn manifest(folder: &str) -> Table {
    fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap().parse().unwrap()
}

/// The folders of all crates that there are.
pub(crate) fn folders() -> Vec<String> {
    let workspace = manifest(".");
    let members = workspace["workspace"]["members"].as_array().unwrap();
    let members = members.iter().map(|member| member.as_str().unwrap().to_string());
    members.chain(APART.map(str::to_string)).collect()
}

/// What a manifest depends on outside its tests, of ours and others.
fn dependencies(manifest: &Table) -> Vec<String> {
    let mut sections = vec![manifest];
    if let Some(targets) = manifest.get("target").and_then(|targets| targets.as_table()) {
        sections.extend(targets.values().filter_map(|target| target.as_table()));
    }
    let kinds = ["dependencies", "build-dependencies"];
    let tables = sections.iter().flat_map(|section| kinds.map(|kind| section.get(kind)));
    let tables = tables.flatten().filter_map(|table| table.as_table());
    tables.flat_map(|table| table.iter().map(|(name, value)| package(name, value))).collect()
}

/// The name of the package behind a dependency, which may be renamed.
fn package(name: &str, dependency: &toml::Value) -> String {
    let renamed = dependency.get("package").and_then(|package| package.as_str());
    renamed.unwrap_or(name).to_string()
}

fn is_allowed(name: &str, allowed: &[&str]) -> bool {
    allowed.iter().any(|allowed| match allowed.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == *allowed,
    })
}

/// Every Rust file of the workspace, by its path from the root.
pub(crate) fn rust_files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if path.extension().is_some_and(|suffix| suffix == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(root()).unwrap();
                files.insert(path.to_string_lossy().replace('\\', "/"), text);
            }
        }
    }
    files
}

#[test]
fn crates_are_named_after_their_folders() {
    for folder in folders() {
        let name = manifest(&folder)["package"]["name"].as_str().unwrap().to_string();
        assert_eq!(name, folder.replace('/', "-"));
    }
}

#[test]
fn every_crate_imports_only_what_the_architecture_allows() {
    let table: BTreeMap<&str, &[&str]> = MAY_IMPORT.into_iter().collect();
    let ours: Vec<String> = table.keys().map(|folder| folder.replace('/', "-")).collect();

    for folder in folders() {
        let allowed = table.get(folder.as_str());
        let allowed = allowed.unwrap_or_else(|| panic!("{folder} is not in the architecture"));
        for name in dependencies(&manifest(&folder)) {
            let wrong = ours.contains(&name) && !is_allowed(&name, allowed);
            assert!(!wrong, "{folder} imports {name}, which the architecture does not allow");
        }
    }
}

#[test]
fn the_core_is_built_without_std() {
    let files = rust_files();

    for folder in WITHOUT_STD.into_iter().filter(|folder| root().join(folder).exists()) {
        let names = ["lib.rs", "main.rs"].map(|name| format!("{folder}/src/{name}"));
        let text = names.iter().find_map(|name| files.get(name)).unwrap();
        assert!(text.lines().any(|line| line == "#![no_std]"), "{folder} may use std");
    }
}

/// A file's code without its comments and tests.
pub(crate) fn code(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().take_while(|line| line.trim() != "#[cfg(test)]");
    lines.filter(|line| !line.trim_start().starts_with("//"))
}

/// Whether a line has the word, which is no part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    line.match_indices(word).any(|(start, _)| {
        let (before, after) = (&line[..start], &line[start + word.len()..]);
        let is_open = word.ends_with("::") || !after.starts_with(is_part);
        is_open && !before.ends_with(is_part)
    })
}

#[test]
fn no_folder_contains_what_the_architecture_keeps_out_of_it() {
    let files = rust_files();

    for (folder, words) in NEVER {
        let inside = files.iter().filter(|(path, _)| {
            path.starts_with(folder) && !path.ends_with("/tests.rs") && !path.contains("/tests/")
        });
        let mut count = 0;
        for (path, text) in inside {
            count += 1;
            for line in code(text) {
                let found = words.iter().find(|word| has_word(line, word));
                assert_eq!(found, None, "in {path}: {line}");
            }
        }
        assert!(count > 0, "there is no {folder}");
    }
}

#[test]
fn unsafe_code_stands_only_where_the_architecture_says() {
    // Split, since this file is read, too.
    let word = concat!("un", "safe");
    let is_code = |line: &&str| !line.trim_start().starts_with("//");

    for (path, text) in rust_files() {
        if MAY_BE_UNSAFE.iter().any(|allowed| path.starts_with(allowed)) {
            continue;
        }
        let found = text.lines().filter(is_code).find(|line| has_word(line, word));
        assert_eq!(found, None, "in {path}");
    }
}
