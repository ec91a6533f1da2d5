//! Pulls from local files and from a hub that lives in the test.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::shape::Shape;

/// Remembers what it was told.
#[derive(Default)]
struct Told {
    tried: Vec<String>,
    failed: Vec<String>,
    received: Vec<(u64, Option<u64>)>,
}

impl PullProgress for Told {
    fn trying(&mut self, source: &str) {
        self.tried.push(source.to_owned());
    }

    fn received(&mut self, bytes_done: u64, bytes_total: Option<u64>) {
        self.received.push((bytes_done, bytes_total));
    }

    fn failed(&mut self, _source: &str, error: &SourceError) {
        self.failed.push(error.to_string());
    }
}

/// A model of three bytes: `abc`.
fn manifest(sources: Vec<DownloadSource>) -> Manifest {
    Manifest {
        name: "abc".to_owned(),
        aliases: Vec::new(),
        license: "none".to_owned(),
        parameters: "3".to_owned(),
        architecture: "llama".to_owned(),
        context_tokens: 1,
        file: "abc.gguf".to_owned(),
        bytes: 3,
        sha256: ABC.to_owned(),
        shape: Shape {
            layers: 1,
            width: 1,
            inner: 1,
            kv_heads: 1,
            key_width: 1,
            value_width: 1,
            vocabulary: 1,
        },
        sources,
    }
}

const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn local(folder: &Path, name: &str, text: &str) -> DownloadSource {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    DownloadSource::Local { path }
}

#[test]
fn the_next_source_is_tried_when_one_fails() {
    let folder = tempfile::tempdir().unwrap();
    let missing = DownloadSource::Local { path: folder.path().join("missing") };
    let wrong = local(folder.path(), "wrong", "xyz");
    let right = local(folder.path(), "right", "abc");
    let mut told = Told::default();

    let models = folder.path().join("models");
    let path = pull(&manifest(vec![missing, wrong, right]), &models, &mut told).unwrap();

    assert_eq!(std::fs::read(&path).unwrap(), b"abc");
    assert_eq!(told.tried.len(), 3);
    assert!(told.failed[1].contains("SHA-256") && told.failed[1].contains(ABC));
    let left = std::fs::read_dir(models).unwrap().count();
    assert_eq!(left, 2, "nothing but the model and its sha256 is left");
}

#[test]
fn a_file_counts_as_verified_until_it_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = manifest(vec![local(folder.path(), "right", "abc")]);
    let now = || here(&manifest, folder.path());

    assert_eq!(now(), LocalFile::No);
    let path = pull(&manifest, folder.path(), &mut Silent).unwrap();
    assert_eq!(now(), LocalFile::Verified);
    std::fs::write(&path, "abd").unwrap();
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
    let file = std::fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(later).unwrap();
    assert_eq!(now(), LocalFile::Unread);
    let changed = verify(&manifest, folder.path()).unwrap_err().to_string();
    let again = pull(&manifest, folder.path(), &mut Silent).unwrap_err();
    std::fs::write(&path, "abcd").unwrap();

    assert!(changed.contains(ABC), "{changed}");
    assert!(matches!(again, PullError::Occupied(_)));
    assert_eq!(now(), LocalFile::OtherLength);
}

#[test]
fn a_file_that_was_put_there_is_verified_once_it_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = manifest(Vec::new());
    std::fs::write(folder.path().join("abc.gguf"), "abc").unwrap();

    assert_eq!(here(&manifest, folder.path()), LocalFile::Unread);
    verify(&manifest, folder.path()).unwrap();

    assert_eq!(here(&manifest, folder.path()), LocalFile::Verified);
}

#[test]
fn all_failures_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let sources =
        ["one", "two"].map(|name| DownloadSource::Local { path: folder.path().join(name) });

    let error = pull(&manifest(sources.to_vec()), folder.path(), &mut Silent).unwrap_err();

    let text = error.to_string();
    assert!(text.contains("one: cannot use") && text.contains("two: cannot use"), "{text}");
}

#[cfg(feature = "hub")]
mod from_a_hub {
    use super::*;
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    /// Answers each request with the next answer; returns the address and, in
    /// the end, the requests' `range` headers.
    fn serve(answers: Vec<String>) -> (String, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/model.gguf", listener.local_addr().unwrap());
        let serving = std::thread::spawn(move || {
            let answer = |answer: String| {
                let (mut stream, _) = listener.accept().unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let head = lines.map(Result::unwrap).take_while(|line| !line.is_empty());
                let range = head.filter_map(|line| line.strip_prefix("range: ").map(str::to_owned));
                let ranges: String = range.collect();
                stream.write_all(answer.as_bytes()).unwrap();
                ranges
            };
            answers.into_iter().map(answer).collect()
        });
        (url, serving)
    }

    fn answer(status: &str, headers: &str, body: &str) -> String {
        format!("HTTP/1.1 {status}\r\nconnection: close\r\n{headers}\r\n{body}")
    }

    #[test]
    fn an_interrupted_download_goes_on_where_it_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let part = folder.path().join("part");
        let whole = answer("200 OK", "content-length: 6\r\n", "abc");
        let rest = "content-length: 3\r\ncontent-range: bytes 3-5/6\r\n";
        let (url, serving) = serve(vec![whole, answer("206 Partial Content", rest, "def")]);

        let first = hub::download(&url, &part, None, &mut Silent);
        let mut told = Told::default();
        hub::download(&url, &part, None, &mut told).unwrap();

        assert!(first.is_err(), "three of six bytes are not the file");
        assert_eq!(std::fs::read(&part).unwrap(), b"abcdef");
        assert_eq!(serving.join().unwrap(), ["", "bytes=3-"]);
        assert_eq!(told.received.last(), Some(&(6, Some(6))));
    }

    #[test]
    fn a_published_file_is_checked_as_far_as_it_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let abc = || answer("200 OK", "content-length: 3\r\n", "abc");
        let (url, serving) = serve(vec![abc(), abc(), abc()]);
        let path = folder.path().join("games.zip");
        let get = |sha256: Option<&str>| {
            let sha256 = sha256.map(str::to_owned);
            file(&Published { url: url.clone(), bytes: None, sha256 }, &path, &mut Silent)
        };

        let wrong = get(Some(&"0".repeat(64))).unwrap_err().to_string();
        assert!(wrong.contains("SHA-256") && wrong.contains(ABC), "{wrong}");
        assert!(!folder.path().join("games.zip").exists(), "what is wrong gets no name");
        get(Some(ABC)).unwrap();
        get(None).unwrap();

        assert_eq!(std::fs::read(folder.path().join("games.zip")).unwrap(), b"abc");
        assert_eq!(serving.join().unwrap(), ["", "", ""]);
    }

    #[test]
    fn a_hub_that_starts_over_is_started_over_with() {
        let folder = tempfile::tempdir().unwrap();
        let part = folder.path().join("part");
        std::fs::write(&part, "xyz").unwrap();
        let (url, serving) = serve(vec![answer("200 OK", "content-length: 3\r\n", "abc")]);

        hub::download(&url, &part, None, &mut Silent).unwrap();

        assert_eq!(std::fs::read(&part).unwrap(), b"abc");
        serving.join().unwrap();
    }

    #[test]
    fn more_than_the_manifest_says_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (url, serving) = serve(vec![answer("200 OK", "content-length: 9\r\n", "abcdefghi")]);

        let error = hub::download(&url, &folder.path().join("part"), Some(3), &mut Silent);

        assert!(error.unwrap_err().to_string().contains("9 bytes, expected at most 3"));
        serving.join().unwrap();
    }

    #[test]
    fn an_answer_that_is_not_the_file_names_its_status() {
        let folder = tempfile::tempdir().unwrap();
        let (url, serving) = serve(vec![answer("404 Not Found", "content-length: 0\r\n", "")]);

        let error = hub::download(&url, &folder.path().join("part"), None, &mut Silent);

        assert!(error.unwrap_err().to_string().contains("status 404"));
        serving.join().unwrap();
    }

    #[test]
    fn a_hub_that_is_not_there_is_an_error_with_its_address() {
        let folder = tempfile::tempdir().unwrap();
        let url = "http://127.0.0.1:9/model.gguf";

        let error = hub::download(url, &folder.path().join("part"), None, &mut Silent);

        assert!(error.unwrap_err().to_string().contains(url));
    }
}

/// Counts those that wait, and the sources that are tried.
#[derive(Default)]
struct Counts {
    waiting: AtomicU32,
    tried: AtomicU32,
}

impl PullProgress for &Counts {
    fn waiting(&mut self, holder: &str) {
        assert!(holder.starts_with("process 7, since 20"), "{holder}");
        self.waiting.fetch_add(1, Ordering::Relaxed);
    }

    fn trying(&mut self, _source: &str) {
        self.tried.fetch_add(1, Ordering::Relaxed);
    }

    fn received(&mut self, _bytes_done: u64, _bytes_total: Option<u64>) {}

    fn failed(&mut self, source: &str, error: &SourceError) {
        panic!("{source}: {error}");
    }
}

#[test]
fn pulls_at_once_wait_and_find_what_the_first_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = manifest(vec![local(folder.path(), "right", "abc")]);
    let models = folder.path().join("models");
    std::fs::create_dir(&models).unwrap();
    let held = Lock::take(&models.join("abc.gguf.lock"), "process 7").unwrap();
    let counts = Counts::default();

    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| pull(&manifest, &models, &mut &counts).unwrap());
        }
        while counts.waiting.load(Ordering::Relaxed) < 2 {
            std::thread::yield_now();
        }
        drop(held);
    });

    assert_eq!(counts.tried.load(Ordering::Relaxed), 1);
    assert_eq!(std::fs::read(models.join("abc.gguf")).unwrap(), b"abc");
    assert!(!models.join("abc.gguf.lock").exists());
}
