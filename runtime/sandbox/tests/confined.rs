//! What a confined program can do, and what it cannot.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use runtime_sandbox::{Confined, Grants, Layer, Network, Sandbox, Strength};

/// Whether this machine has all layers; without them there is nothing to test.
fn is_full() -> bool {
    let missing = Layer::missing();
    if !missing.is_empty() {
        tests_needs::skipped(&format!("{missing:?}"));
    }
    missing.is_empty()
}

fn start(grants: Grants, script: &str) -> Confined {
    let sandbox = Sandbox { grants, strength: Strength::Full };
    sandbox.spawn("/bin/sh".as_ref(), ["-c", script]).unwrap()
}

struct Ended {
    status: ExitStatus,
    output: String,
    error: String,
}

/// Runs a script to its end.
fn run_with(grants: Grants, script: &str) -> Ended {
    let mut confined = start(grants, script);
    drop(confined.take_input());
    let (mut output, mut error) = (Vec::new(), Vec::new());
    let mut errors = confined.take_error().unwrap();
    let reading = std::thread::spawn(move || {
        errors.read_to_end(&mut error).unwrap();
        error
    });
    confined.take_output().unwrap().read_to_end(&mut output).unwrap();
    let status = confined.wait().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ended { status, output: text(output), error: text(reading.join().unwrap()) }
}

fn run(script: &str) -> Ended {
    run_with(Grants::default(), script)
}

/// What is left of the script's processes, by a word of their command lines.
fn left(word: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let lines = all.filter(|path| {
        std::fs::read(path.join("cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains(word))
    });
    lines.collect()
}

/// Waits until nothing is left.
fn gone(word: &str) -> bool {
    (0..500).any(|_| {
        let is_empty = left(word).is_empty();
        if !is_empty {
            std::thread::sleep(Duration::from_millis(20));
        }
        is_empty
    })
}

fn secret(folder: &Path) -> PathBuf {
    let file = folder.join("secret");
    std::fs::write(&file, "the secret").unwrap();
    file
}

#[test]
fn a_program_speaks_and_ends_as_it_would() {
    if !is_full() {
        return;
    }
    let ended = run("echo hello; echo oh >&2; exit 7");
    assert_eq!((ended.output.as_str(), ended.error.as_str()), ("hello\n", "oh\n"));
    assert_eq!(ended.status.code(), Some(7));

    assert_eq!(
        run("kill -TERM $$").status.signal(),
        None,
        "process 1 ignores what it does not handle"
    );
    assert_eq!(run("sh -c 'kill -KILL $$'; exit $?").status.code(), Some(137));
    let none = Sandbox::default().spawn("/nowhere/at-all".as_ref(), [""; 0]);
    assert!(none.unwrap_err().to_string().contains("cannot start /nowhere/at-all"));

    let mut echo = start(Grants::default(), "read line; echo \"$line\"");
    echo.take_input().unwrap().write_all(b"said\n").unwrap();
    let mut said = String::new();
    echo.take_output().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said, "said\n");
}

#[test]
fn it_sees_only_the_environment_that_it_is_given() {
    if !is_full() {
        return;
    }
    let grants =
        Grants { environment: vec![("WORLD".into(), "doors".into())], ..Grants::default() };

    let ended = run_with(grants, "env | sed 's/=.*//' | sort | tr '\\n' ' '");

    let names: Vec<&str> = ended.output.split_whitespace().filter(|name| *name != "_").collect();
    assert_eq!(names, ["HOME", "PATH", "PWD", "TMPDIR", "WORLD"], "{}", ended.error);
}

#[test]
fn files_are_read_and_changed_only_where_granted() {
    if !is_full() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (path, file) = (folder.path(), secret(folder.path()));
    let read = format!("cat {}", file.display());
    let write = format!("echo more >> {}", file.display());
    let reading = Grants { read: vec![path.into()], ..Grants::default() };
    let writing = Grants { write: vec![path.into()], ..Grants::default() };

    assert!(!run(&read).status.success());
    assert_eq!(run_with(reading.clone(), &read).output, "the secret");
    let reading_too = reading.clone();
    assert!(!run_with(reading, &write).status.success());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "the secret");
    let mode = format!("chmod 640 {}", file.display());
    assert!(!run_with(reading_too, &mode).status.success());
    assert!(run_with(writing.clone(), &mode).status.success());
    assert!(run_with(writing, &write).status.success());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "the secretmore\n");

    // Nor by a detour: another name, or a link in its own folder.
    let linked = format!("ln -s {} link && cat link", file.display());
    let moved = format!("ln {} hard || mv {} here", file.display(), file.display());
    assert!(!run(&linked).status.success());
    assert!(!run(&moved).status.success());
    assert!(file.exists());
    let outside = format!("echo x > {}", path.join("new").display());
    assert!(!run(&outside).status.success() && !path.join("new").exists());
    assert!(!run("cat /etc/passwd || cat /etc/shadow").status.success());
}

#[test]
fn its_folder_is_its_own_limited_and_gone_with_it() {
    if !is_full() {
        return;
    }
    let grants = || Grants { disk_bytes: 1 << 20, ..Grants::default() };
    let ended = run_with(grants(), "echo kept > note && cat note && pwd");
    assert!(ended.status.success(), "{}", ended.error);
    let (note, folder) = ended.output.split_once('\n').unwrap();
    assert_eq!(note, "kept", "{}", ended.error);
    assert!(!Path::new(folder.trim()).exists());

    assert!(run_with(grants(), "head -c 500000 /dev/zero > some").status.success());
    assert!(!run_with(grants(), "head -c 5000000 /dev/zero > all").status.success());
    let many = "for i in 1 2 3 4 5 6 7 8; do head -c 500000 /dev/zero > f$i || exit 3; done";
    assert_eq!(run_with(grants(), many).status.code(), Some(3));
}

/// Says to a test that its program was started again.
const INHERITED: &str = "REBOUND_TEST_INHERITED";

/// The test's program is started again with a file that it would hand on.
#[test]
fn it_inherits_no_open_file() {
    if !is_full() {
        return;
    }
    if std::env::var_os(INHERITED).is_some() {
        assert!(!run("cat <&9").status.success());
        assert_eq!(run("echo well").output, "well\n");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut again = std::process::Command::new("/bin/sh");
    again.args(["-c", "exec 9<\"$0\"; cat <&9; exec 9<\"$0\"; exec \"$@\""]);
    again.arg(secret(folder.path())).arg(std::env::current_exe().unwrap());
    again.args(["--exact", "it_inherits_no_open_file"]).env(INHERITED, "1");

    let ended = again.output().unwrap();

    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(said.starts_with("the secret") && ended.status.success(), "{said}");
}

#[test]
fn it_finds_no_other_process() {
    if !is_full() {
        return;
    }
    assert!(!run("cat /proc/self/environ").status.success());
    assert!(!run("ls /proc").status.success());
    let me = std::process::id();
    // In its own namespace there is no such process.
    assert!(!run(&format!("kill -0 {me}")).status.success());
    assert_eq!(run("echo $$").output, "1\n");
}

#[test]
fn nothing_is_left_of_what_it_started() {
    if !is_full() {
        return;
    }
    let word = "86399.25";
    let leave = format!("trap '' TERM HUP INT; (setsid sleep {word} &) ; sleep 0.2; echo ready");
    let killed = format!("{leave}; sleep {word}");

    let mut confined = start(Grants::default(), &killed);
    let mut ready = [0; 6];
    confined.take_output().unwrap().read_exact(&mut ready).unwrap();
    assert!(!left(word).is_empty());
    assert_eq!(confined.kill().unwrap().signal(), Some(9));
    assert!(gone(word), "{:?}", left(word));

    // Also where it ends by itself, and where its handle is dropped.
    assert!(run(&format!("{leave} >/dev/null 2>&1")).status.success());
    assert!(gone(word), "{:?}", left(word));
    drop(start(Grants::default(), &killed));
    assert!(gone(word), "{:?}", left(word));
}

#[test]
fn memory_and_time_are_limited() {
    if !is_full() {
        return;
    }
    let grants = Grants { memory_bytes: 256 << 20, ..Grants::default() };
    assert!(!run_with(grants, "tail /dev/zero").status.success());

    let grants = Grants { processor: Duration::from_secs(1), ..Grants::default() };
    // As process 1 it would ignore the first signal of the limit, not the last.
    assert!(!run_with(grants, "sh -c 'while :; do :; done'").status.success());
}

#[test]
fn it_has_no_network_but_its_own() {
    if !is_full() {
        return;
    }
    if !Path::new("/usr/bin/python3").exists() {
        tests_needs::skipped("/usr/bin/python3");
        return;
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connect = format!(
        "/usr/bin/python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {port}), 2)'"
    );
    let own = "/usr/bin/python3 -c '
import socket
server = socket.create_server((\"127.0.0.1\", 0))
socket.create_connection(server.getsockname(), 2)
print(\"own\")
try:
    socket.socket(socket.AF_UNIX)
except PermissionError:
    print(\"no other\")
'";
    let loopback = || Grants { network: Network::Loopback, ..Grants::default() };

    let denied = run(&connect);
    assert!(denied.error.contains("PermissionError"), "{}", denied.error);
    assert!(!run_with(loopback(), &connect).status.success());
    let ended = run_with(loopback(), own);
    assert_eq!(ended.output, "own\nno other\n", "{}", ended.error);
}

#[test]
fn a_fork_bomb_is_bounded_and_ends_with_the_program() {
    if !is_full() {
        return;
    }
    let word = "86398.75";
    let grants = || Grants { processes: 20, ..Grants::default() };
    let start = |count: u32| format!("for i in $(seq {count}); do sleep {word} & done; echo ready");

    let few = run_with(grants(), &format!("({}) >/dev/null 2>&1; echo ready", start(10)));
    assert_eq!(few.output, "ready\n", "{}", few.error);
    let many = run_with(grants(), &format!("({}) >/dev/null; echo $?", start(200)));
    assert_ne!(many.output, "0\n");
    assert!(many.error.contains("fork"), "{}", many.error);
    assert!(gone(word), "{:?}", left(word));
}
