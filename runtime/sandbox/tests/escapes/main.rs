//! Attempts to get out of the sandbox, two of a kind, as whoever runs the tests and, where that is user
//! 0, as an ordinary user, too. What is tried is refused, or ends with the program; what lies outside is
//! as it was, what comes behind it runs, and nothing is left.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod attempts;

use std::io::Read;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use attempts::{ATTEMPTS, BEGINNING, Becomes};
use runtime_sandbox::{Confined, Grants, Layer, Network, Sandbox, Strength};

const PYTHON: &str = "/usr/bin/python3";

#[test]
fn no_attempt_gets_out() {
    let missing = Layer::missing();
    if !missing.is_empty() || !Path::new(PYTHON).exists() {
        tests_needs::skipped(&format!("{PYTHON} or {missing:?}"));
        return;
    }
    let outside = Outside::new();

    for (number, (kind, attempt, becomes)) in ATTEMPTS.into_iter().enumerate() {
        let word = format!("attempt-{}-{number}", std::process::id());
        let private = outside.survives(&word, attempt, becomes);

        assert!(outside.is_untouched(), "{kind}: {attempt}");
        assert!(is_gone(&word), "{kind} is left: {attempt}");
        assert!(!private.exists(), "{kind} left its folder: {attempt}");
        let mut next = sandbox(Network::None).spawn("/bin/echo".as_ref(), ["well"]).unwrap();
        assert_eq!(read(&mut next), "well\n", "behind {kind}");
    }
}

/// The same by a user who is not 0; a test's program is where that user cannot read it.
#[test]
fn nor_does_one_of_an_ordinary_user() {
    const NOBODY: u32 = 65534;
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        // Then the other test has been it.
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("escapes");
    // What this process writes could be open in a program that another test is just starting.
    let copied = Command::new("cp").arg(std::env::current_exe().unwrap()).arg(&program).status();
    assert!(copied.unwrap().success());
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o777)).unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    let mut tries = Command::new(&program);
    tries.args(["--exact", "no_attempt_gets_out", "--nocapture"]).current_dir(folder.path());
    tries.env("TMPDIR", folder.path()).env("REBOUND_SKIPPED", folder.path().join("skipped"));
    let ended = tries.uid(NOBODY).gid(NOBODY).output().unwrap();

    let said = format!("{}{}", text(&ended.stdout), text(&ended.stderr));
    assert!(ended.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
    if folder.path().join("skipped").exists() {
        tests_needs::skipped("what a sandbox of an ordinary user is made of");
    }
}

/// What no attempt may reach: a file, two sockets that listen, and one for datagrams.
struct Outside {
    folder: tempfile::TempDir,
    tcp: TcpListener,
    named: UnixListener,
    datagrams: UnixDatagram,
    name: String,
}

impl Outside {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "the secret").unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let name = format!("rebound-escapes-{}", std::process::id());
        let named =
            UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        let datagrams = UnixDatagram::bind(folder.path().join("datagrams")).unwrap();
        datagrams.set_nonblocking(true).unwrap();
        tcp.set_nonblocking(true).unwrap();
        named.set_nonblocking(true).unwrap();
        Self { folder, tcp, named, datagrams, name }
    }

    fn is_untouched(&self) -> bool {
        let file = self.folder.path().join("file");
        std::fs::read_to_string(&file).is_ok_and(|text| text == "the secret")
            && file.metadata().is_ok_and(|file| file.nlink() == 1 && file.mode() & 0o777 == 0o600)
            && std::fs::read_dir(self.folder.path()).unwrap().count() == 2
            && self.datagrams.recv(&mut [0]).is_err()
            && self.tcp.accept().is_err()
            && self.named.accept().is_err()
    }

    /// Makes an attempt and holds it to what has to become of it; gives its private folder.
    fn survives(&self, word: &str, attempt: &str, becomes: Becomes) -> std::path::PathBuf {
        let has_loopback = becomes == Becomes::RefusedWithLoopback;
        let network = if has_loopback { Network::Loopback } else { Network::None };
        let folder = self.folder.path().display().to_string();
        let parent = std::process::id().to_string();
        let port = self.tcp.local_addr().unwrap().port().to_string();
        let arguments = ["-c", BEGINNING, attempt, &folder, &parent, &port, &self.name, word];
        let mut confined = sandbox(network).spawn(PYTHON.as_ref(), arguments).unwrap();
        let private = confined.private().to_owned();
        let mut begun = [0; 5];
        let mut output = confined.take_output().unwrap();
        let _ = output.read_exact(&mut begun);
        let told = |confined: &mut Confined| {
            let mut error = String::new();
            let _ = confined.kill();
            let _ = confined.take_error().unwrap().read_to_string(&mut error);
            format!("{attempt}: {} {error}", text(&begun))
        };
        match becomes {
            Becomes::Refused | Becomes::RefusedWithLoopback => {
                assert_eq!(&begun, b"refus", "{}", told(&mut confined));
            }
            Becomes::Killed => {
                assert_eq!(&begun, b"ready", "{}", told(&mut confined));
                std::thread::sleep(Duration::from_millis(100));
                assert!(confined.ended().unwrap().is_none(), "{}", told(&mut confined));
                assert_eq!(confined.kill().unwrap().signal(), Some(9), "{attempt}");
            }
            Becomes::Ends => {
                assert_eq!(&begun, b"ready", "{}", told(&mut confined));
                assert!(confined.wait().unwrap().success(), "{}", told(&mut confined));
            }
        }
        private
    }
}

fn sandbox(network: Network) -> Sandbox {
    let grants = Grants {
        memory_bytes: 1 << 30,
        disk_bytes: 8 << 20,
        processor: Duration::from_secs(10),
        processes: 32,
        network,
        ..Grants::default()
    };
    Sandbox { grants, strength: Strength::Full }
}

fn read(confined: &mut Confined) -> String {
    let mut said = String::new();
    confined.take_output().unwrap().read_to_string(&mut said).unwrap();
    said
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// Whether no process is left that was told this word, at last.
fn is_gone(word: &str) -> bool {
    let is_left = || {
        let all = std::fs::read_dir("/proc").unwrap().flatten();
        all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
            .any(|line| line.split(|byte| *byte == 0).any(|told| told == word.as_bytes()))
    };
    (0..250).any(|_| {
        let left = is_left();
        if left {
            std::thread::sleep(Duration::from_millis(20));
        }
        !left
    })
}
