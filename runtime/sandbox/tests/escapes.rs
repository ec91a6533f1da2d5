//! Attempts to get out of the sandbox, two of a kind, as whoever runs the tests and, where that is user
//! 0, as an ordinary user, too. What is tried is refused, or ends with the program; what lies outside is
//! as it was, what comes behind it runs, and nothing is left.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::io::Read;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use runtime_sandbox::{Confined, Grants, Layer, Network, Sandbox, Strength};

const PYTHON: &str = "/usr/bin/python3";

/// What attempts have at hand, and what becomes of them: what is refused raises an error.
const BEGINNING: &str = r#"
import ctypes, os, signal, socket, subprocess, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
ARM = os.uname().machine == "aarch64"
ATTEMPT, FOLDER, PARENT, PORT, NAME = *sys.argv[1:3], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
OUTSIDE = FOLDER + "/file"

def call(number, on_arm, *arguments):
    result = libc.syscall(on_arm if ARM else number, *arguments)
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result

def none_of(*attempts):
    refused = None
    for attempt in attempts:
        try:
            attempt()
        except OSError as error:
            refused = error
        else:
            return
    raise refused

def race(flip, use):
    "Uses a name that another thread turns to the outside and back."
    ends, refused = time.monotonic() + 0.3, None
    def flips():
        while time.monotonic() < ends:
            flip()
    turning = threading.Thread(target=flips)
    turning.start()
    while time.monotonic() < ends:
        try:
            use()
        except OSError as error:
            refused = error
    turning.join()
    raise refused

def turned(target):
    os.path.lexists("new") and os.unlink("new")
    os.symlink(target, "new")
    os.rename("new", "name")

def ready():
    os.write(1, b"ready\n")

try:
    exec(ATTEMPT)
except (OSError, MemoryError, RuntimeError) as error:
    os.write(1, f"refused: {error}\n".encode())
else:
    os.write(1, b"got out\n")
os._exit(0)
"#;

/// What has to become of an attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Becomes {
    /// It is refused.
    Refused,
    /// The same where the program has a loopback of its own.
    RefusedWithLoopback,
    /// It goes on until it is killed.
    Killed,
    /// It ends by itself.
    Ends,
}
use Becomes::{Ends, Killed, Refused, RefusedWithLoopback};

/// A kind, an attempt in Python, and what becomes of it.
const ATTEMPTS: [(&str, &str, Becomes); 42] = [
    ("home folder", "open(OUTSIDE).read()", Refused),
    (
        "home folder",
        "none_of(*(lambda at=at: os.listdir(at) for at in (FOLDER, '/root', '/home', '/', '/etc', '/tmp')))",
        Refused,
    ),
    ("write outside", "open(OUTSIDE, 'a').write('x')", Refused),
    (
        "write outside",
        "none_of(lambda: os.truncate(OUTSIDE, 0), lambda: os.unlink(OUTSIDE), lambda: os.mkdir(FOLDER + '/new'), \
         lambda: os.link(OUTSIDE, 'mine'))",
        Refused,
    ),
    (
        "metadata outside",
        "none_of(lambda: os.chmod(OUTSIDE, 0o777), lambda: os.chmod(FOLDER, 0o777), lambda: os.utime(OUTSIDE, (0, 0)))",
        Refused,
    ),
    (
        "metadata outside",
        "none_of(lambda: os.setxattr(OUTSIDE, 'user.a', b'x'), lambda: os.chown(OUTSIDE, -1, os.getgid()), \
         lambda: os.chmod('/usr', 0o777), lambda: os.utime('/usr/bin/python3'))",
        Refused,
    ),
    ("sockets", "socket.create_connection(('127.0.0.1', PORT), 1)", Refused),
    (
        "sockets",
        "none_of(lambda: socket.create_connection(('127.0.0.1', PORT), 1), \
         lambda: socket.create_connection(('192.0.2.1', 80), 1), \
         lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1), \
         lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0))",
        RefusedWithLoopback,
    ),
    (
        "sockets of files",
        "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b'x', FOLDER + '/datagrams')",
        Refused,
    ),
    (
        "sockets of files",
        "none_of(lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].connect(FOLDER + '/datagrams'), \
         lambda: socket.socketpair()[0].connect(FOLDER + '/datagrams'), \
         lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', FOLDER + '/datagrams'))",
        RefusedWithLoopback,
    ),
    ("abstract sockets", "socket.socket(socket.AF_UNIX).connect('\\0' + NAME)", Refused),
    (
        "abstract sockets",
        "none_of(lambda: socket.socket(socket.AF_UNIX).connect('\\0' + NAME), \
         lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', '\\0' + NAME))",
        RefusedWithLoopback,
    ),
    ("fork bomb", "for n in range(500): os.fork() or time.sleep(60)", Refused),
    (
        "fork bomb",
        "for n in range(500): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        Refused,
    ),
    ("memory", "bytearray(3 << 30)", Refused),
    ("memory", "import mmap; kept = [mmap.mmap(-1, 64 << 20) for n in range(48)]", Refused),
    ("disk", "open('big', 'wb').write(bytes(9 << 20))", Refused),
    ("disk", "for n in range(99): open(f'f{n}', 'wb').write(bytes(1 << 20))", Refused),
    ("endless output", "ready()\nwhile True: os.write(1, b'y' * 65536)", Killed),
    ("endless output", "ready()\nwhile True: os.write(2, b'y' * 65536)", Killed),
    (
        "ignored signals",
        "for n in (1, 2, 3, 13, 15, 20): signal.signal(n, signal.SIG_IGN)\nready()\nwhile True: time.sleep(60)",
        Killed,
    ),
    (
        "ignored signals",
        "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nready()\nwhile True: pass",
        Killed,
    ),
    ("ptrace", "call(101, 117, 16, PARENT, 0, 0)", Refused),
    (
        "ptrace",
        "none_of(lambda: call(310, 270, PARENT, 0, 0, 0, 0, 0), lambda: call(438, 438, 3, 0, 0), \
         lambda: call(101, 117, 16, os.getppid(), 0, 0), lambda: os.kill(PARENT, 0))",
        Refused,
    ),
    ("the parent's /proc", "open(f'/proc/{PARENT}/environ').read()", Refused),
    (
        "the parent's /proc",
        "none_of(lambda: os.listdir('/proc'), lambda: os.listdir(f'/proc/{PARENT}/root/'), \
         lambda: open(f'/proc/{PARENT}/mem', 'rb'), lambda: os.listdir(f'/proc/{PARENT}/fd'))",
        Refused,
    ),
    ("devices", "os.mknod('null', 0o020666, os.makedev(1, 3))", Refused),
    (
        "devices",
        "none_of(*(lambda at=at: open('/dev/' + at, 'rb') for at in ('mem', 'kmsg', 'kvm', 'fuse', 'vda', 'sda', 'tty')))",
        Refused,
    ),
    (
        "symlink race",
        "race(lambda: turned(OUTSIDE) or turned('own'), lambda: open('name', 'a').write('x'))",
        Refused,
    ),
    (
        "symlink race",
        "os.mkdir('own')\nrace(lambda: turned(FOLDER) or turned('own'), lambda: open('name/file', 'a').write('x'))",
        Refused,
    ),
    (
        "leftover daemon",
        "if os.fork() == 0:\n os.setsid()\n if os.fork() == 0:\n  os.closerange(0, 9)\n  time.sleep(600)\n os._exit(0)\n\
         time.sleep(0.1)\nready()",
        Ends,
    ),
    (
        "leftover daemon",
        "if os.fork() == 0:\n os.setsid()\n signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n time.sleep(600)\n\
         time.sleep(0.1)\nready()\ntime.sleep(600)",
        Killed,
    ),
    ("clock", "time.clock_settime(time.CLOCK_REALTIME, time.time())", Refused),
    (
        "clock",
        "now = (ctypes.c_long * 2)(int(time.time()), 0)\nnone_of(lambda: call(164, 170, now, None), \
         lambda: call(159, 171, ctypes.create_string_buffer(256)))",
        Refused,
    ),
    ("io_uring", "call(425, 425, 8, ctypes.create_string_buffer(256))", Refused),
    (
        "io_uring",
        "none_of(lambda: call(426, 426, 0, 1, 0, 0, None, 0), lambda: call(427, 427, 0, 0, None, 0))",
        Refused,
    ),
    ("keyrings", "call(250, 219, 0, -3, 1)", Refused),
    (
        "keyrings",
        "none_of(lambda: call(248, 217, b'user', b'a', b'b', 1, -3), lambda: call(249, 218, b'user', b'a', None, -3))",
        Refused,
    ),
    ("setuid", "os.setuid(12345)", Refused),
    (
        "setuid",
        "caps = (ctypes.c_uint * 6)(*[0xffffffff] * 6)\nhead = (ctypes.c_uint * 2)(0x20080522, 0)\n\
         none_of(lambda: call(126, 91, head, caps), lambda: os.setgroups([0]), lambda: os.chown('.', 12345, 12345), \
         lambda: call(272, 97, 0x10000000), lambda: call(435, 435, ctypes.create_string_buffer(88), 88), \
         lambda: call(0x40000000 + 272, 97, 0x10000000), lambda: call(0x40000000 + 521, 117, 16, PARENT, 0, 0))",
        Refused,
    ),
    ("mounts", "call(165, 40, b'none', FOLDER.encode(), b'tmpfs', 0, None)", Refused),
    (
        "mounts",
        "none_of(lambda: os.chroot('.'), lambda: call(166, 39, b'/', 2), lambda: call(428, 428, -100, b'/', 1))",
        Refused,
    ),
];

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
        let has_loopback = becomes == RefusedWithLoopback;
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
            Refused | RefusedWithLoopback => {
                assert_eq!(&begun, b"refus", "{}", told(&mut confined));
            }
            Killed => {
                assert_eq!(&begun, b"ready", "{}", told(&mut confined));
                std::thread::sleep(Duration::from_millis(100));
                assert!(confined.ended().unwrap().is_none(), "{}", told(&mut confined));
                assert_eq!(confined.kill().unwrap().signal(), Some(9), "{attempt}");
            }
            Ends => {
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
