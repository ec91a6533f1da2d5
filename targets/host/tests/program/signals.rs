//! One signal ends every wait, soon, with a code of its own; what is finished stays.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::remote::server::{Manner, Server};
use crate::support::{PROGRAM, Stopped, rebound_in, results, stopped, text};

/// Less than any wait that is ended here, and enough for a machine that is busy.
const SOON: Duration = Duration::from_secs(8);

const RUN: [&str; 16] = [
    "--quiet",
    "--engine",
    "remote",
    "--actor",
    "m",
    "--strategy",
    "none",
    "-n",
    "6",
    "--trials",
    "2",
    "--steps",
    "4",
    "--seed",
    "5",
    "--out",
];

fn program(folder: &Path, base_url: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command.current_dir(folder).env("OPENAI_BASE_URL", base_url).env_remove("OPENAI_API_KEY");
    command
}

/// Begins a run at an endpoint that answers `good` requests and then gets this manner; stops
/// it there.
fn stopped_at(manner: Manner, signal: &str) -> (tempfile::TempDir, String, Stopped) {
    const GOOD: usize = 7;
    let (is_well, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (well, count) = (Arc::clone(&is_well), Arc::clone(&asked));
    let server = Server::start(move |_, _| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        if number < GOOD || well.load(Ordering::SeqCst) { Manner::Good } else { manner }
    });
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path(), &server.base_url);
    let ended = stopped(command.arg("run").args(RUN).arg("a"), signal, || {
        asked.load(Ordering::SeqCst) > GOOD
    });
    is_well.store(true, Ordering::SeqCst);
    (folder, server.base_url, ended)
}

/// Goes on with the run, and compares it with one that nothing stopped.
fn check_resumed(folder: &Path, base_url: &str) {
    let environment = [("OPENAI_BASE_URL", base_url)];
    let resumed = rebound_in(folder, &environment, &["run", "--resume", "a", "--quiet"]);
    let whole = rebound_in(folder, &environment, &[&["run"], &RUN[..], &["b"]].concat());

    assert_eq!((resumed.code, whole.code), (0, 0), "{}{}", resumed.stderr, whole.stderr);
    let tasks = |out: &str| {
        let mut tasks = results(&folder.join(out))["arms"][0]["tasks"].clone();
        for task in tasks.as_array_mut().unwrap() {
            task.as_object_mut()
                .unwrap()
                .retain(|key, _| ["id", "solved", "trials"].contains(&&**key));
            for trial in task["trials"].as_array_mut().into_iter().flatten() {
                trial
                    .as_object_mut()
                    .unwrap()
                    .retain(|key, _| ["ending", "steps", "return"].contains(&&**key));
            }
        }
        tasks
    };
    assert_eq!(tasks("a"), tasks("b"));
}

#[test]
fn sigterm_ends_the_wait_that_an_endpoint_asked_for_and_the_run_goes_on() {
    let (folder, base_url, ended) = stopped_at(Manner::TooManyForAMinute, "TERM");

    assert_eq!(ended.code, 143, "{}", ended.stderr);
    assert!(ended.took < SOON, "{:?}", ended.took);
    let told = &ended.stderr;
    assert!(told.contains("stopped; `rebound run --resume a` goes on"), "{told}");
    assert!(told.contains(" of 6 tasks done and "), "{told}");
    check_resumed(folder.path(), &base_url);
}

#[test]
fn ctrl_c_ends_the_wait_for_an_endpoint_that_hangs() {
    let (folder, base_url, ended) = stopped_at(Manner::Hangs, "INT");

    assert_eq!(ended.code, 130, "{}", ended.stderr);
    assert!(ended.took < SOON, "{:?}", ended.took);
    check_resumed(folder.path(), &base_url);
}

/// A hub that sends the beginning of a file, and no more.
fn stalling_hub() -> (String, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let has_begun = Arc::new(AtomicBool::new(false));
    let begun = Arc::clone(&has_begun);
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 639446688\r\n\r\nGGUF").unwrap();
        begun.store(true, Ordering::SeqCst);
        std::thread::sleep(Duration::from_mins(1));
    });
    (address, has_begun)
}

#[test]
fn sigterm_ends_a_download_that_stalls_and_what_came_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (hub, has_begun) = stalling_hub();
    let part = folder.path().join("Qwen3-0.6B-Q8_0.gguf.download.part");
    let mut command = Command::new(PROGRAM);
    command.args(["models", "pull", "qwen3-0.6b"]).env("HF_ENDPOINT", hub);
    command.env("REBOUND_MODELS", folder.path());

    let ended = stopped(&mut command, "TERM", || {
        has_begun.load(Ordering::SeqCst)
            && std::fs::metadata(&part).is_ok_and(|file| file.len() > 0)
    });

    assert_eq!(ended.code, 143, "{}", ended.stderr);
    assert!(ended.took < SOON, "{:?}", ended.took);
    assert!(
        ended.stderr.contains("stopped; `rebound models pull qwen3-0.6b` goes on"),
        "{ended:?}"
    );
    assert_eq!(text(&part), "GGUF");
}

#[test]
fn what_has_nothing_to_keep_ends_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let out = std::fs::File::create(folder.path().join("looks")).unwrap();
    let node = format!("exec:{PROGRAM} node simulate");
    let mut command = Command::new("sh");
    let line = format!("exec {PROGRAM} node monitor '{node}' --every 3600 >looks");
    command.args(["-c", &line]).current_dir(folder.path());
    let looks = || out.metadata().is_ok_and(|file| file.len() > 0);

    let ended = stopped(&mut command, "INT", looks);

    assert_eq!(ended.code, 130, "{}", ended.stderr);
    assert!(ended.took < SOON, "{:?}", ended.took);
}
