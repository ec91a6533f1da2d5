//! What the documents promise of the repository: links lead somewhere, named files are there,
//! every chapter is in the book, and formats stand as their modules lay them out.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::imports::MAY_IMPORT;

/// What a reader begins with, besides the book.
const DOCUMENTS: [&str; 5] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "targets/bare-metal/README.md",
];

/// The book's chapters and its summary.
const BOOK: &str = "docs/src";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names in a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Whether a file's name ends with a dot and these letters.
fn is_of(name: &str, letters: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == letters)
}

/// The chapters' files, by their names.
fn chapters() -> BTreeSet<String> {
    names(&root().join(BOOK)).into_iter().filter(|name| is_of(name, "md")).collect()
}

/// Every document, the book's included.
fn documents() -> Vec<PathBuf> {
    let book = chapters().into_iter().map(|name| format!("{BOOK}/{name}"));
    DOCUMENTS.map(str::to_owned).into_iter().chain(book).map(|path| root().join(path)).collect()
}

/// A document's lines outside its fenced blocks.
fn prose(document: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    document.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// What a document links to.
fn links(document: &str) -> Vec<String> {
    let behind = |line: &str| {
        let parts = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        parts.map(|(link, _)| link.to_owned()).collect::<Vec<_>>()
    };
    prose(document).flat_map(behind).collect()
}

/// The anchors that a document's headings make.
fn anchors(document: &str) -> BTreeSet<String> {
    let slug = |heading: &str| {
        let kept = heading.trim().to_lowercase().replace(' ', "-");
        kept.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect()
    };
    let headings = prose(document).filter(|line| line.starts_with('#'));
    headings.map(|line| slug(line.trim_start_matches('#'))).collect()
}

/// The fenced blocks of a document that are of a kind.
fn blocks<'a>(document: &'a str, kind: &str) -> Vec<&'a str> {
    let fence = format!("```{kind}\n");
    let parts = document.split(fence.as_str()).skip(1);
    parts.map(|rest| rest.split_once("```").expect("a fence that ends").0).collect()
}

#[test]
fn every_link_leads_to_a_file_and_every_anchor_to_a_heading() {
    for document in documents() {
        let own = text(&document);
        for link in links(&own).iter().filter(|link| !link.contains("://")) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let leads_to = match path {
                "" => document.clone(),
                path => document.with_file_name(path),
            };
            assert!(leads_to.exists(), "{}: no file behind {link}", document.display());
            let found = anchor.is_empty() || anchors(&text(&leads_to)).contains(anchor);
            assert!(found, "{}: no heading behind {link}", document.display());
        }
    }
}

#[test]
fn the_book_has_every_chapter_and_leads_nowhere_outside() {
    let summary = text(&root().join(BOOK).join("SUMMARY.md"));
    let listed: BTreeSet<String> = links(&summary).into_iter().collect();
    let mut written = chapters();
    written.remove("SUMMARY.md");
    assert_eq!(listed, written);

    // As pages, the book stands alone.
    for chapter in written {
        let links = links(&text(&root().join(BOOK).join(&chapter)));
        let outside = links.iter().find(|link| link.starts_with("..") || link.starts_with('/'));
        assert_eq!(outside, None, "in {chapter}");
    }
}

#[test]
fn files_that_the_documents_name_are_there() {
    let top = names(&root());
    let is_path = |word: &&str| {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-".contains(letter);
        word.split_once('/').is_some_and(|(first, _)| top.contains(first))
            && word.chars().all(plain)
            && !word.chars().any(|letter| letter.is_ascii_uppercase())
            && !["target/", "runs/"].iter().any(|made| word.starts_with(made))
    };
    let mut missing = Vec::new();
    // The changelog tells of versions, not of what is here.
    for document in documents().iter().filter(|path| !path.ends_with("CHANGELOG.md")) {
        for line in prose(&text(document)) {
            let words = line.split('`').skip(1).step_by(2).filter(is_path);
            let words = words.filter(|word| !root().join(word).exists());
            missing.extend(words.map(|word| format!("{}: {word}", document.display())));
        }
    }

    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn formats_are_described_as_their_modules_lay_them_out() {
    let formats = text(&root().join(BOOK).join("formats.md"));
    let mut modules = String::new();
    for line in prose(&formats) {
        for word in line.split('`').skip(1).step_by(2).filter(|word| is_of(word, "rs")) {
            let source = text(&root().join(word));
            let doc = source.lines().filter_map(|line| line.strip_prefix("//!"));
            modules.extend(doc.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))));
        }
    }

    for block in ["text", "toml"].into_iter().flat_map(|kind| blocks(&formats, kind)) {
        assert!(modules.contains(block), "no module lays this out:\n{block}");
    }
}

#[test]
fn the_architecture_names_everything_at_the_top() {
    let architecture = text(&root().join("ARCHITECTURE.md"));
    let tree = ["ls-tree", "--name-only", "HEAD"];
    let output = Command::new("git").args(tree).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    for name in String::from_utf8(output.stdout).unwrap().lines() {
        assert!(architecture.contains(&format!("`{name}`")), "ARCHITECTURE.md has no {name}");
    }
}

#[test]
fn the_architecture_has_the_table_of_imports_that_is_held() {
    let architecture = text(&root().join("ARCHITECTURE.md"));
    let (_, table) = architecture.split_once("| crate | what |").unwrap();
    let names = |cell: &str| -> BTreeSet<String> {
        cell.split('`').skip(1).step_by(2).map(|name| name.replace('/', "-")).collect()
    };
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let cells = rows.map(|row| row.split('|').map(str::trim).collect::<Vec<_>>());
    let written: BTreeSet<_> = cells.map(|row| (names(row[1]), names(row[3]))).collect();

    let set = |names: &[&str]| names.iter().map(|name| name.replace('/', "-")).collect();
    let held = MAY_IMPORT.map(|(folder, allowed)| (set(&[folder]), set(allowed)));
    assert_eq!(written, BTreeSet::from(held));
}
