//! Documents that are read into memory and, with the index, from disk.

use super::*;
use std::path::PathBuf;

use crate::worlds::hotpotqa::documents::Documents;

const LINES: &str = r#"{"title": "Bath, Maine", "text": "Bath is a city in Maine. It builds ships."}
{"title": "Bath, Maine", "text": "It has bridges."}
{"title": "Tătărescu", "sentences": ["A Romanian politician.", " He was born in 1886."]}
{"id": "7", "title": "Bath", "text": ["Bath is a city.", " It is in Somerset."]}
"#;

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pages.jsonl");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn sentences(documents: &dyn Documents, title: &str) -> Option<Vec<String>> {
    documents.page(title).unwrap().map(|page| page.sentences.clone())
}

#[test]
fn pages_are_found_by_title_and_by_words() {
    let (_folder, path) = file(LINES);

    let documents = open(&path).unwrap();

    let maine = sentences(&*documents, "bath maine").unwrap();
    assert_eq!(maine, ["Bath is a city in Maine.", "It builds ships.", "It has bridges."]);
    assert_eq!(sentences(&*documents, "TATARESCU").unwrap()[1], "He was born in 1886.");
    assert_eq!(sentences(&*documents, "Bath").unwrap()[1], "It is in Somerset.");
    assert_eq!(sentences(&*documents, "Bristol"), None);
    assert_eq!(documents.similar("Romanian ships", 5).unwrap(), ["Tătărescu", "Bath, Maine"]);
    assert_eq!(documents.similar("\"bridges\" AND NOT [", 5).unwrap(), ["Bath, Maine"]);
    assert!(documents.similar("", 5).unwrap().is_empty());
}

#[test]
fn a_file_that_changed_is_read_again() {
    let (_folder, path) = file(LINES);
    open(&path).unwrap();

    std::fs::write(&path, LINES.replace("Tătărescu", "Iorga")).unwrap();
    let documents = open(&path).unwrap();

    assert!(sentences(&*documents, "Iorga").is_some());
    assert!(sentences(&*documents, "Tătărescu").is_none());
}

#[test]
fn what_is_not_a_page_is_told_by_its_line() {
    let check = |line: &str, expected: &str| {
        let (_folder, path) = file(&format!("{LINES}{line}\n"));
        let problem = open(&path).unwrap_err().to_string();
        assert!(problem.contains("line 5") && problem.contains(expected), "{problem}");
    };
    check("{\"title\": \"x\"}", "field text");
    check("{\"title\": \" \", \"text\": \"y\"}", "field title");
    check("{\"title\": \"x\", \"sentences\": [1]}", "field sentences[0]");
    check("no JSON", "expected JSON");
}

#[test]
fn a_file_without_pages_is_refused() {
    let (_folder, path) = file("\n");

    assert!(matches!(open(&path), Err(HotpotqaError::NoDocuments { .. })));
    assert!(open(Path::new("/nowhere.jsonl")).is_err());
}

#[cfg(feature = "index")]
mod on_disk {
    use super::*;

    fn made(folder: &Path) -> std::time::SystemTime {
        let index = folder.join("pages.jsonl.index").join("meta.json");
        index.metadata().unwrap().modified().unwrap()
    }

    #[test]
    fn an_index_is_made_once_and_known_by_the_contents() {
        let (folder, path) = file(LINES);
        open(&path).unwrap();
        let first = made(folder.path());

        open(&path).unwrap();
        std::fs::write(&path, LINES).unwrap();
        open(&path).unwrap();

        assert_eq!(made(folder.path()), first);
    }

    #[test]
    fn a_torn_index_is_made_anew() {
        let (folder, path) = file(LINES);
        open(&path).unwrap();
        std::fs::write(folder.path().join("pages.jsonl.index").join("source.json"), "{").unwrap();

        let documents = open(&path).unwrap();

        assert!(documents.page("Bath").unwrap().is_some());
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 2);
    }

    #[test]
    fn memory_and_disk_find_the_same() {
        use crate::worlds::hotpotqa::documents::MemoryDocuments;
        let (_folder, path) = file(LINES);
        let on_disk = open(&path).unwrap();
        let mut pages = Vec::new();
        each_page(&path, |page| {
            pages.push(page);
            Ok(())
        })
        .unwrap();
        let in_memory = MemoryDocuments::new(pages);

        for query in ["Bath", "city Maine", "born 1886 ships", "bridges in Somerset"] {
            assert_eq!(on_disk.similar(query, 5).unwrap(), in_memory.similar(query, 5).unwrap());
        }
    }
}
