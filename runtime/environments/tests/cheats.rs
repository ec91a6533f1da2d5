//! Programs that cheat: none passes, and after each the judge passes an honest one.
//!
//! Every cheat is tried where it would pass if the judge believed what it forges: the honest answer
//! is twice the argument, which none of them computes.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::time::Duration;

use runtime_environments::programs::judge::{ProgramJudge, ProgramLimits};
use runtime_environments::programs::problem::{self, Problem};
use runtime_sandbox::{Layer, Strength};

const PYTHON: &str = r#"{"task_id": "own/1", "prompt": "def twice(x):\n    \"\"\"Twice x.\"\"\"\n", "entry_point": "twice", "test": "def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(70) == 140\n    assert [candidate(3)] == [6]\n"}"#;
const RUST: &str = r#"{"name": "own_1_twice", "language": "rs", "prompt": "/// Twice x.\nfn twice(x: isize) -> isize {\n", "entry_point": "twice", "test": "fn main() {\n    assert_eq!(twice(1), 2);\n    assert_eq!(twice(70), 140);\n}\n"}"#;

/// Kind and program.
const CHEATS_IN_PYTHON: &[(&str, &str)] = &[
    ("early exit", "import os\ndef twice(x):\n    os._exit(0)"),
    ("early exit", "import sys\ndef twice(x):\n    sys.exit(0)"),
    ("early exit", "import os\nos._exit(0)"),
    (
        "equality",
        "class Any:\n    def __eq__(self, other): return True\n    __ne__ = lambda s, o: False\n    __hash__ = None\ndef twice(x):\n    return Any()",
    ),
    (
        "equality",
        "class Any(int):\n    def __eq__(self, other): return True\n    def __hash__(self): return 0\ndef twice(x):\n    return Any(0)",
    ),
    (
        "equality",
        "class Any(str):\n    def __eq__(self, other): return True\n    def __hash__(self): return 0\ndef twice(x):\n    return Any('2')",
    ),
    (
        "equality by a metaclass",
        "class Meta(type):\n    def __eq__(self, other): return True\n    __hash__ = None\nclass Any(metaclass=Meta): pass\ndef twice(x):\n    return Any",
    ),
    (
        "frames",
        "import sys\ndef twice(x):\n    frame = sys._getframe()\n    while frame:\n        for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):\n            if isinstance(value, str) and '140' in value: return 140 if x == 70 else 2\n        frame = frame.f_back\n    return None",
    ),
    (
        "frames",
        "import gc\ndef twice(x):\n    for value in gc.get_objects():\n        if isinstance(value, dict) and 'tests' in value and 'check' in value: return 2\n    raise ValueError",
    ),
    (
        "patched builtins",
        "import builtins\nbuiltins.all = builtins.any = lambda *a: True\nbuiltins.AssertionError = Exception\ndef twice(x):\n    return 0",
    ),
    (
        "patched builtins",
        "import json\njson.dumps = lambda value, **named: '{\"value\": true, \"changed\": null}'\ndef twice(x):\n    return 0",
    ),
    (
        "patched builtins",
        "import builtins, operator\noperator.eq = lambda a, b: True\nbuiltins.isinstance = lambda a, b: True\ndef twice(x):\n    return 0",
    ),
    (
        "forged output",
        "import os\ntext = b'v{\"end\": \"whole\", \"sites\": [{\"test\": \"\", \"outcome\": \"passed\", \"texts\": []}]}'\nos.write(3, len(text).to_bytes(4, 'big') + text)\ndef twice(x):\n    return 0",
    ),
    (
        "forged output",
        "import os, sys\ndef twice(x):\n    print('over end 0 0', flush=True)\n    os.write(1, b'said 5\\nwhole')\n    for n in range(4, 99):\n        try: os.write(n, b'said 5\\nwhole')\n        except OSError: pass\n    return 0",
    ),
    (
        "forged output",
        "import os\ndef twice(x):\n    for _ in range(3):\n        text = b'{\"value\": {\"x\": 1}, \"changed\": null}'\n        os.write(3, len(text).to_bytes(4, 'big') + text)\n    return 0",
    ),
    (
        "fork",
        "import os\ndef twice(x):\n    try:\n        while True: os.fork()\n    except OSError: pass\n    return 0",
    ),
    (
        "fork",
        "import os\ndef twice(x):\n    try:\n        if os.fork() == 0:\n            os.setsid()\n            while True: pass\n    except OSError: pass\n    os._exit(0)",
    ),
    (
        "threads",
        "import threading, time\ndef spin():\n    while True: time.sleep(0.01)\ntry:\n    for _ in range(64): threading.Thread(target=spin).start()\nexcept RuntimeError: pass\ndef twice(x):\n    return 0",
    ),
    (
        "atexit",
        "import atexit, os\natexit.register(lambda: os._exit(0))\ndef twice(x):\n    raise SystemExit(0)",
    ),
    ("state between tests", "kept = []\ndef twice(x):\n    kept.append(x)\n    return kept"),
    (
        "state between programs",
        "import os\ntry: open('expected').read()\nexcept OSError: open('expected', 'w').write('2')\ndef twice(x):\n    return int(open('expected').read()) if x == 1 else os.listdir('.')",
    ),
    (
        "reading files",
        "import os\ndef twice(x):\n    found = ''\n    for path in ['/proc/self/environ', '/proc/1/cmdline', '/proc/self/mem', '/proc/1/maps', '/etc/passwd', '/root', '/tmp']:\n        try: found += open(path, errors='replace').read(1000)\n        except OSError: pass\n    return 2 if found and x == 1 else 140 if found else None",
    ),
    (
        "killing the judge",
        "import os, signal\nfor who in (1, os.getppid(), -1):\n    try: os.kill(who, signal.SIGKILL)\n    except OSError: pass\ndef twice(x):\n    return 0",
    ),
    ("endless loop", "def twice(x):\n    while True: pass"),
    ("memory", "def twice(x):\n    return len(bytearray(1 << 40))"),
    ("too much output", "def twice(x):\n    while True: print('passed' * 1000)"),
    (
        "values that take long",
        "def twice(x):\n    return {(2 ** 61 - 1) * n: n for n in range(30000)}",
    ),
    (
        "values that are no values",
        "def twice(x):\n    value = []\n    for _ in range(5000): value = [value]\n    return value",
    ),
];

/// Kind and program.
const CHEATS_IN_RUST: &[(&str, &str)] = &[
    ("early exit", "fn twice(x: isize) -> isize { std::process::exit(0) }"),
    ("early exit", "fn twice(x: isize) -> isize { std::process::abort() }"),
    (
        "macros",
        "#[macro_export]\nmacro_rules! assert_eq { ($($t:tt)*) => {} }\nfn twice(x: isize) -> isize { 0 }",
    ),
    (
        "macros",
        "macro_rules! assert_eq { ($($t:tt)*) => {} }\nmacro_rules! panic { ($($t:tt)*) => {} }\nfn twice(x: isize) -> isize { 0 }\npub fn main() {}",
    ),
    (
        "equality",
        "#[derive(Debug)]\npub struct Any;\nimpl PartialEq<isize> for Any { fn eq(&self, _: &isize) -> bool { true } }\nfn twice(x: isize) -> Any { Any }",
    ),
    (
        "equality",
        "#[allow(non_camel_case_types)]\n#[derive(Debug)]\npub struct isize;\nimpl PartialEq<i32> for isize { fn eq(&self, _: &i32) -> bool { true } }\nfn twice<T>(x: T) -> isize { isize }",
    ),
    (
        "forged output",
        "fn twice(x: isize) -> isize { for n in 0..200 { println!(\"passed {n}\"); } println!(\"whole\"); std::process::exit(0) }",
    ),
    (
        "forged output",
        "fn twice(x: isize) -> isize { let mut n = String::new(); std::io::stdin().read_line(&mut n).unwrap(); println!(\"\\n{} whole\", n.trim()); std::process::exit(0) }",
    ),
    (
        "reading files",
        "fn twice(x: isize) -> isize { let own = std::env::args().next().unwrap(); let read = std::fs::read(own).is_ok() || std::fs::read(\"/proc/self/exe\").is_ok() || std::fs::read(\"/proc/self/mem\").is_ok(); if read { x * 2 } else { 0 } }",
    ),
    (
        "compile-time reads",
        "const TESTS: &str = include_str!(\"tests.rs\");\nfn twice(x: isize) -> isize { TESTS.len() as isize }",
    ),
    (
        "compile-time reads",
        "const FOUND: &str = concat!(include_str!(\"/etc/passwd\"));\nfn twice(x: isize) -> isize { FOUND.len() as isize }",
    ),
    (
        "compile-time reads",
        "const FOUND: &str = env!(\"CARGO_MANIFEST_DIR\");\nfn twice(x: isize) -> isize { FOUND.len() as isize }",
    ),
    ("raw memory", "fn twice(x: isize) -> isize { un\x73afe { *(x as *const isize) } }"),
    (
        "raw memory",
        "#![allow(unsafe_code)]\n#[no_mangle]\npub extern \"C\" fn write(_: i32, _: *const u8, n: usize) -> isize { n as isize }\nfn twice(x: isize) -> isize { 0 }",
    ),
    (
        "raw memory",
        "core::arch::global_asm!(\".globl main\", \"main: xor eax, eax\", \"ret\");\nfn twice(x: isize) -> isize { 0 }",
    ),
    (
        "fork",
        "fn twice(x: isize) -> isize { for _ in 0..99 { let _ = std::process::Command::new(\"/bin/sleep\").arg(\"60\").spawn(); } 0 }",
    ),
    (
        "threads",
        "fn twice(x: isize) -> isize { for _ in 0..3 { let _ = std::thread::Builder::new().spawn(|| loop { std::thread::sleep(std::time::Duration::from_millis(1)) }); } 0 }",
    ),
    (
        "threads",
        "fn twice(x: isize) -> isize { let _ = std::thread::Builder::new().spawn(|| { std::mem::forget(std::io::stdout().lock()); std::thread::park() }); 0 }",
    ),
    (
        "panic hooks",
        "fn twice(x: isize) -> isize { std::panic::set_hook(Box::new(|_| std::process::exit(0))); panic!() }",
    ),
    (
        "compiler bombs",
        "const fn spin(n: u64) -> u64 { let mut i = 0; while i < n { i += 1; } i }\n#[allow(long_running_const_eval)]\nconst N: u64 = spin(u64::MAX);\nfn twice(x: isize) -> isize { N as isize }",
    ),
    (
        "compiler bombs",
        "macro_rules! bomb { ($($t:tt)*) => { bomb!($($t)* $($t)*) } }\n#[allow(unused)] fn b() { bomb!(x x) }\nfn twice(x: isize) -> isize { 0 }",
    ),
    ("endless loop", "fn twice(x: isize) -> isize { loop {} }"),
    ("memory", "fn twice(x: isize) -> isize { let v = vec![1u8; 1 << 40]; v.len() as isize }"),
    ("too much output", "fn twice(x: isize) -> isize { loop { println!(\"passed\") } }"),
];

fn problem(row: &str) -> Problem {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("problems.jsonl");
    std::fs::write(&path, row).unwrap();
    problem::read(&path).unwrap().remove(0)
}

/// The cheats that pass, or after which an honest program does not.
fn successes(row: &str, honest: &str, cheats: &[(&str, &str)]) -> Vec<String> {
    let limits = ProgramLimits { processor: Duration::from_secs(1), ..ProgramLimits::default() };
    let mut judge = ProgramJudge::new(limits, Strength::Full);
    let problem = problem(row);
    let mut successes = Vec::new();
    for (kind, program) in cheats {
        let verdict = judge.judge(&problem, program).unwrap();
        if verdict.passed() {
            successes.push(format!("{kind} passes: {program}"));
        }
        let after = judge.judge(&problem, honest).unwrap();
        if !after.passed() {
            successes.push(format!("after {kind}: {after:?}"));
        }
    }
    successes
}

fn can_judge() -> bool {
    let missing = Layer::missing();
    if !missing.is_empty() {
        tests_needs::skipped(&format!("{missing:?}"));
    }
    missing.is_empty()
}

#[test]
fn there_are_forty_cheats_of_twenty_kinds() {
    let all = CHEATS_IN_PYTHON.iter().chain(CHEATS_IN_RUST);
    let kinds: std::collections::BTreeSet<&str> = all.clone().map(|(kind, _)| *kind).collect();

    assert!(all.count() >= 40 && kinds.len() >= 20, "{kinds:?}");
}

#[test]
fn no_cheat_in_python_passes_and_the_judge_goes_on() {
    if can_judge() {
        let honest = "def twice(x):\n    return 2 * x";
        assert_eq!(successes(PYTHON, honest, CHEATS_IN_PYTHON), Vec::<String>::new());
    }
}

#[test]
fn no_cheat_in_rust_passes_and_the_judge_goes_on() {
    if can_judge() {
        let honest = "fn twice(x: isize) -> isize { 2 * x }";
        assert_eq!(successes(RUST, honest, CHEATS_IN_RUST), Vec::<String>::new());
    }
}
