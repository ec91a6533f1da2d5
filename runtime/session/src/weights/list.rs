//! The list of known models: sources, memory, and whether they are installed.

use std::fmt::Write as _;
use std::path::Path;

use models::manifest::{self, Manifest};
use models::pull::{self, LocalFile};
use serde::Serialize;
use sysinfo::System;

use crate::engines;

/// A known model.
#[derive(Serialize)]
struct Listed {
    name: String,
    parameters: String,
    license: String,
    bytes: u64,
    sha256: String,
    /// In the order that they are tried in.
    sources: Vec<String>,
    /// Whether its file is in the models folder.
    here: bool,
    /// Whether the file was verified.
    verified: bool,
    /// Its memory with the default context; `None` if this build cannot estimate it.
    needs_bytes: Option<u64>,
    /// Whether this machine has enough free memory now.
    fits: Option<bool>,
    #[serde(skip)]
    state: LocalFile,
}

/// The list as text.
pub fn text(folder: &Path) -> String {
    let free_bytes = free_bytes();
    told(&listed(folder, free_bytes), folder, free_bytes)
}

/// The list as JSON.
pub fn json(folder: &Path) -> serde_json::Result<String> {
    serde_json::to_string_pretty(&listed(folder, free_bytes()))
}

fn free_bytes() -> u64 {
    let mut system = System::new();
    system.refresh_memory();
    system.available_memory()
}

fn listed(folder: &Path, free_bytes: u64) -> Vec<Listed> {
    let all = manifest::catalog().into_iter();
    all.map(|manifest| look(manifest, folder, free_bytes)).collect()
}

fn look(manifest: Manifest, folder: &Path, free_bytes: u64) -> Listed {
    let needs_bytes = engines::of_listed(&manifest);
    let state = pull::here(&manifest, folder);
    Listed {
        sources: manifest.sources.iter().map(ToString::to_string).collect(),
        needs_bytes,
        fits: needs_bytes.map(|needed| needed <= free_bytes),
        here: state != LocalFile::No,
        verified: state == LocalFile::Verified,
        state,
        name: manifest.name,
        parameters: manifest.parameters,
        license: manifest.license,
        bytes: manifest.bytes,
        sha256: manifest.sha256,
    }
}

fn told(listed: &[Listed], folder: &Path, free_bytes: u64) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{:<28} {:>5} {:>8} {:>9}  {:<4} {:<9} {:<27} source",
        "name", "size", "MB, file", "MB, needs", "fits", "here", "license"
    );
    for model in listed {
        let mb = |bytes: u64| bytes / 1_000_000;
        let needs = model.needs_bytes.map_or("?".into(), |bytes| mb(bytes).to_string());
        let fits = model.fits.map_or("?", |fits| if fits { "yes" } else { "no" });
        let Listed { name, parameters, license, sources, .. } = model;
        let (file, here) = (mb(model.bytes), told_here(model.state));
        let source = sources.join("; or ");
        let _ = writeln!(
            text,
            "{name:<28} {parameters:>5} {file:>8} {needs:>9}  {fits:<4} {here:<9} {license:<27} {source}"
        );
    }
    let unread = listed.iter().any(|model| model.here && !model.verified);
    let unread = if unread { "; `rebound models verify` reads what is not verified" } else { "" };
    let _ = writeln!(text, "\nThey lie in {}{unread}.", folder.display());
    let _ = writeln!(
        text,
        "A model needs that much with one context of 2048 tokens; {} MB are free here.",
        free_bytes / 1_000_000
    );
    text
}

fn told_here(state: LocalFile) -> &'static str {
    match state {
        LocalFile::No => "",
        LocalFile::OtherLength => "not whole",
        LocalFile::Unread => "yes",
        LocalFile::Verified => "verified",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_more_than_is_free_does_not_fit() {
        let folder = tempfile::tempdir().unwrap();
        let model = manifest::find("llama-3.2-3b").unwrap();
        let needed = engines::of_listed(&model);

        let little = look(model.clone(), folder.path(), 500_000_000);
        let much = look(model, folder.path(), 64_000_000_000);

        // A build that cannot estimate says neither.
        assert_eq!(little.fits, needed.map(|_| false));
        assert_eq!(much.fits, needed.map(|_| true));
        assert!(needed.is_none_or(|bytes| bytes > much.bytes));
    }

    #[test]
    fn source_licence_and_whether_it_is_here_and_right_are_said() {
        let folder = tempfile::tempdir().unwrap();
        let model = manifest::find("qwen3-0.6b").unwrap();
        let line = || told(&[look(model.clone(), folder.path(), 1)], folder.path(), 1);

        let before = line();
        std::fs::write(folder.path().join(&model.file), "half of it").unwrap();
        let after = line();

        assert!(before.contains("Hugging Face Qwen/Qwen3-0.6B-GGUF"), "{before}");
        assert!(before.contains("Apache-2.0") && !before.contains("models verify"), "{before}");
        assert!(after.contains("not whole") && after.contains("models verify"), "{after}");
    }
}
