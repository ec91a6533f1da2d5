//! Attempts to get out of the sandbox, two of a kind: what is refused raises an error, and what is
//! not says so. Each goes on with what it was started in, as whoever runs the tests.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use runtime_sandbox::{Grants, Layer, Sandbox, Strength};

const PYTHON: &str = "/usr/bin/python3";

/// What attempts have at hand.
const BEGINNING: &str = r#"
import ctypes, os, signal, socket, struct, subprocess, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return result
FOLDER, OUTSIDE, PARENT = sys.argv[1], sys.argv[1] + "/file", int(sys.argv[2])
ARM = os.uname().machine == "aarch64"
"#;

/// A kind, and an attempt in Python: it has escaped if nothing is raised.
const ATTEMPTS: [(&str, &str); 36] = [
    ("home folder", "open(os.path.join(FOLDER, 'file')).read()"),
    ("home folder", "os.listdir(FOLDER) + os.listdir('/root') + os.listdir('/home')"),
    ("write outside", "open(OUTSIDE, 'a').write('x')"),
    ("write outside", "os.truncate(OUTSIDE, 0)"),
    ("sockets", "socket.create_connection(('127.0.0.1', 1), 1)"),
    ("sockets", "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)"),
    (
        "abstract sockets",
        "socket.socket(socket.AF_UNIX).connect('\\0/org/freedesktop/systemd1/private')",
    ),
    ("abstract sockets", "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)"),
    ("fork bomb", "for n in range(500): os.fork() or time.sleep(30)"),
    (
        "fork bomb",
        "for n in range(500): threading.Thread(target=time.sleep, args=(30,), daemon=True).start()",
    ),
    ("memory", "bytearray(3 << 30)"),
    ("memory", "import mmap; mmap.mmap(-1, 3 << 30)"),
    ("disk", "open('big', 'wb').write(bytes(9 << 20))"),
    ("disk", "for n in range(99): open(f'f{n}', 'wb').write(bytes(1 << 20))"),
    ("ignored signals", "signal.signal(signal.SIGKILL, signal.SIG_IGN)"),
    ("ignored signals", "os.kill(PARENT, signal.SIGTERM)"),
    ("ptrace", "call(117 if ARM else 101, 16, PARENT, 0, 0)"),
    ("ptrace", "call(270 if ARM else 310, PARENT, 0, 0, 0, 0, 0)"),
    ("the parent's /proc", "open(f'/proc/{PARENT}/environ').read()"),
    (
        "the parent's /proc",
        "os.readlink(f'/proc/{PARENT}/root'); os.listdir(f'/proc/{PARENT}/root/')",
    ),
    ("devices", "os.mknod('null', 0o020666, os.makedev(1, 3))"),
    ("devices", "open('/dev/kmsg', 'w').write('x'); open('/dev/mem', 'rb').read(1)"),
    ("symlink race", "os.symlink(OUTSIDE, 'link'); open('link', 'a').write('x')"),
    ("symlink race", "os.symlink('/', 'root'); os.rename('root' + OUTSIDE, 'mine')"),
    ("leftover daemon", "call(435, ctypes.create_string_buffer(88), 88)"),
    ("leftover daemon", "call(97 if ARM else 272, 0x20000000)"),
    ("clock", "time.clock_settime(time.CLOCK_REALTIME, 0)"),
    ("clock", "call(170 if ARM else 164, ctypes.create_string_buffer(16), None)"),
    ("io_uring", "call(425, 8, ctypes.create_string_buffer(256))"),
    ("io_uring", "call(426, 0, 1, 0, 0, None, 0)"),
    ("keyrings", "call(219 if ARM else 250, 0, -3, 1)"),
    ("keyrings", "call(217 if ARM else 248, b'user', b'a', b'b', 1, -3)"),
    ("setuid", "os.setuid(12345)"),
    ("setuid", "os.chown('.', 12345, 12345); libc.prctl(39, 0, 0, 0, 0) == 0 or os.seteuid(12345)"),
    ("mounts", "call(40 if ARM else 165, b'none', FOLDER.encode(), b'tmpfs', 0, None)"),
    ("mounts", "os.chroot('.')"),
];

#[test]
fn no_attempt_gets_out() {
    let missing = Layer::missing();
    if !missing.is_empty() || !Path::new(PYTHON).exists() {
        tests_needs::skipped(&format!("{PYTHON} or {missing:?}"));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "the secret").unwrap();

    for (kind, attempt) in ATTEMPTS {
        let said = tried(folder.path(), attempt);
        assert!(said.starts_with("refused"), "{kind}: {attempt}: {said}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "the secret", "{kind}: {attempt}");
    }
}

/// What an attempt says of itself.
fn tried(folder: &Path, attempt: &str) -> String {
    let script = format!(
        "{BEGINNING}\ntry:\n    exec({attempt:?})\nexcept (OSError, MemoryError, RuntimeError) as error:\n    \
         print('refused', error)\nelse:\n    print('got out')\nsys.stdout.flush()\nos._exit(0)"
    );
    let grants = Grants {
        memory_bytes: 1 << 30,
        disk_bytes: 8 << 20,
        processor: Duration::from_secs(10),
        processes: 32,
        ..Grants::default()
    };
    let sandbox = Sandbox { grants, strength: Strength::Full };
    let parent = std::process::id().to_string();
    let arguments = ["-c", &script, &folder.display().to_string(), &parent];
    let mut confined = sandbox.spawn(PYTHON.as_ref(), arguments).unwrap();
    let mut said = String::new();
    let mut output = confined.take_output().unwrap();
    // A forked copy of the attempt may hold its output open until it is killed.
    let mut first = [0; 7];
    if output.read_exact(&mut first).is_ok() {
        said = String::from_utf8_lossy(&first).into_owned();
    }
    if said != "refused" {
        let mut error = String::new();
        let _ = confined.kill();
        let _ = output.read_to_string(&mut said);
        let _ = confined.take_error().unwrap().read_to_string(&mut error);
        said += &error;
    }
    said
}
