//! Modules of a crate do not use each other in a circle: each can be read after those that it
//! uses.

use std::collections::{BTreeMap, BTreeSet};

use crate::imports::{code, folders, rust_files};

/// A module by its path in its crate; the crate's root has none.
type Module = Vec<String>;

/// The modules of a crate, each with the text of its code.
fn modules(folder: &str, files: &BTreeMap<String, String>) -> BTreeMap<Module, String> {
    let sources = format!("{folder}/src/");
    let inside = files.iter().filter_map(|(path, text)| Some((path.strip_prefix(&sources)?, text)));
    let ours = inside.filter(|(path, _)| !path.ends_with("tests.rs") && !path.contains("tests/"));
    let named = ours.map(|(path, text)| {
        let names = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        let is_root = ["lib.rs", "main.rs"].contains(&path);
        let text: Vec<&str> = code(text).collect();
        (if is_root { Module::new() } else { names }, text.join("\n"))
    });
    named.collect()
}

/// The paths that begin with `crate`, `self` or `super` in some code, braces opened once.
fn paths(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for root in ["crate::", "super::", "self::"] {
        for (start, _) in text.match_indices(root) {
            let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
            if text[..start].ends_with(is_part) {
                continue;
            }
            let rest = &text[start..];
            let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
            let path = &rest[..end];
            match rest[end..].strip_prefix('{').and_then(|inner| inner.split_once('}')) {
                Some((inner, _)) if path.ends_with("::") => {
                    found.extend(inner.split(',').map(|name| format!("{path}{}", name.trim())));
                }
                _ => found.push(path.to_owned()),
            }
        }
    }
    found
}

/// The module that a path in `from` leads to, or into.
fn target(path: &str, from: &Module, modules: &BTreeMap<Module, String>) -> Module {
    let mut module = from.clone();
    let mut names = path.split("::").peekable();
    match names.next() {
        Some("crate") => module.clear(),
        Some("super") => {
            module.pop();
            while names.next_if_eq(&"super").is_some() {
                module.pop();
            }
        }
        _ => {}
    }
    module.extend(names.map(str::to_owned));
    while !module.is_empty() && !modules.contains_key(&module) {
        module.pop();
    }
    module
}

/// All modules that `from` uses, by others too.
fn reached(from: &Module, uses: &BTreeMap<Module, BTreeSet<Module>>) -> BTreeSet<Module> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&Module> = uses[from].iter().collect();
    while let Some(module) = open.pop() {
        if reached.insert(module.clone()) {
            open.extend(&uses[module]);
        }
    }
    reached
}

/// Modules that are reached from themselves.
fn circles(modules: &BTreeMap<Module, String>) -> Vec<String> {
    let targets_of = |module: &Module, text: &str| {
        let targets = paths(text).into_iter().map(|path| target(&path, module, modules));
        targets.filter(|target| target != module && !target.is_empty()).collect()
    };
    let uses: BTreeMap<_, BTreeSet<_>> =
        modules.iter().map(|(module, text)| (module.clone(), targets_of(module, text))).collect();
    let round = uses.keys().filter(|module| reached(module, &uses).contains(*module));
    round.map(|module| module.join("::")).collect()
}

#[test]
fn no_modules_use_each_other_in_a_circle() {
    let files = rust_files();

    for folder in folders() {
        let found = circles(&modules(&folder, &files));
        assert!(found.is_empty(), "{folder}: {}", found.join(", "));
    }
}

#[test]
fn a_circle_is_found_through_braces_and_parents() {
    let module = |name: &str, text: &str| (vec![name.to_owned()], text.to_owned());
    let straight = [module("a", "use crate::b::{self, B};"), module("b", "fn b() {}")];
    let round = [module("a", "use super::{b, c};"), module("b", "crate::a::f()"), module("c", "")];

    assert!(circles(&straight.into()).is_empty());
    assert_eq!(circles(&round.into()), ["a", "b"]);
}
