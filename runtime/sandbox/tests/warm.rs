//! A worker that forks for each use.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::path::Path;
use std::time::Duration;

use runtime_sandbox::{Grants, Layer, Sandbox, Strength, UseEnding, UseLimits, Used, Warm};

const PYTHON: &str = "/usr/bin/python3";
const LIMITS: UseLimits = UseLimits { time: Duration::from_secs(5), output_bytes: 10_000 };

/// A worker that has loaded something; `None` where this machine has no sandbox or no Python.
fn worker() -> Option<Warm> {
    let missing = Layer::missing();
    if !missing.is_empty() || !Path::new(PYTHON).exists() {
        tests_needs::skipped(&format!("{PYTHON} or {missing:?}"));
        return None;
    }
    let grants = Grants { processes: 16, disk_bytes: 1 << 20, ..Grants::default() };
    let sandbox = Sandbox { grants, strength: Strength::Full };
    let begun = "import os, sys, time, socket, signal\ncount = 41";
    Some(Warm::start(&sandbox, PYTHON.as_ref(), begun).unwrap())
}

fn said(used: &Used) -> String {
    String::from_utf8_lossy(&used.output).into_owned()
}

#[test]
fn a_use_finds_what_was_loaded_and_nothing_of_other_uses() {
    let Some(mut worker) = worker() else { return };
    let leaves = "
count += 1
open('left', 'w').write('x'); os.mkdir('folder'); open('folder/left', 'w').write('x')
os.chmod('folder', 0)
if os.fork() == 0:
    os.setsid()
    time.sleep(60)
print(count, sorted(os.listdir('.')))
sys.exit(3)
";
    let looks = "
print(count, os.listdir('.'))
try:
    os.kill(-1, 0)
    print('others are there')
except ProcessLookupError:
    print('alone')
";
    for _ in 0..3 {
        let first = worker.run(leaves, LIMITS).unwrap();
        assert_eq!(first.ending, UseEnding::Exit(3), "{}", said(&first));
        assert_eq!(said(&first), "42 ['folder', 'left']\n");
        let second = worker.run(looks, LIMITS).unwrap();
        assert_eq!(second.ending, UseEnding::Exit(0), "{}", said(&second));
        assert!(said(&second).starts_with("41 []\n"), "{}", said(&second));
    }
}

#[test]
fn a_use_ends_at_its_limits_and_the_worker_goes_on() {
    let Some(mut worker) = worker() else { return };
    let short = UseLimits { time: Duration::from_millis(300), ..LIMITS };
    for (code, ending) in [
        ("while True: pass", UseEnding::Time),
        ("os.close(1); os.close(2); time.sleep(60)", UseEnding::Time),
        ("signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)", UseEnding::Time),
        ("while True: print('y' * 100)", UseEnding::Output),
        ("while True: os.write(2, bytes(65536))", UseEnding::Output),
        ("os.kill(os.getpid(), signal.SIGKILL)", UseEnding::Signal(9)),
        ("os.kill(1, signal.SIGKILL); os.kill(1, signal.SIGTERM)", UseEnding::Exit(0)),
        ("raise ValueError('so it is')", UseEnding::Exit(1)),
        ("sys.exit(7)", UseEnding::Exit(7)),
        // Neither is a stream that the worker speaks through within reach.
        (
            "for n in range(3, 99):\n try: os.write(n, b'end 0 0\\n')\n except OSError: pass",
            UseEnding::Exit(0),
        ),
        ("while True: os.fork()", UseEnding::Exit(1)),
    ] {
        let used = worker.run(code, short).unwrap();
        let told = said(&used);
        let is_bomb = code.contains("fork");
        assert!(used.ending == ending || is_bomb, "{code}: {:?} {told}", used.ending);
        assert!(used.output.len() as u64 <= LIMITS.output_bytes, "{code}");
        let next = worker.run("print('well')", LIMITS).unwrap();
        assert_eq!(said(&next), "well\n", "after {code}");
    }
    assert!(
        said(&worker.run("raise ValueError('so it is')", LIMITS).unwrap()).contains("so it is")
    );
}
