//! What is tried to get out of the sandbox, in Python, and what has to become of each attempt.

/// What attempts have at hand, and what becomes of them: what is refused raises an error.
pub(super) const BEGINNING: &str = r#"
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
pub(super) enum Becomes {
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
pub(super) const ATTEMPTS: [(&str, &str, Becomes); 42] = [
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
