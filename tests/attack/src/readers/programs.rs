//! Problems whose answers are programs, and programs that an endpoint answers with.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::lines::{endpoint_of, made, with_head};
use crate::draws::Draws;
use crate::target::{Target, bare};
use crate::{damage, literals};

/// Problems in each form, of which each run plays those that are for test.
const PROBLEMS: &str = concat!(
    r#"{"task_id": "own/1", "prompt": "def twice(x):\n    \"\"\"Twice x.\n    >>> twice(2)\n    4\n    \"\"\"\n", "entry_point": "twice", "test": "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(-3) == -6\n"}"#,
    "\n",
    r#"{"task_id": 1001, "text": "Write a function to reverse a text.", "test_list": ["assert reverse('abc') == 'cba'", "assert reverse('') == ''"], "code": "def reverse(text):\n    return text[::-1]"}"#,
    "\n",
    r#"{"name": "own_1_thrice", "language": "rs", "prompt": "/// Thrice x.\nfn thrice(x: isize) -> isize {\n", "entry_point": "thrice", "test": "}\nfn main() {\n    assert_eq!(thrice(1), 3);\n}\n"}"#,
    "\n"
);
/// Programs to judge.
const SAMPLES: &str = concat!(
    r#"{"task_id": "own/1", "completion": "    return x + x\n", "arm": "one", "trial": 1}"#,
    "\n",
    r#"{"task_id": "own_1_thrice", "solution": "fn thrice(x: isize) -> isize { 3 * x }"}"#,
    "\n"
);
/// Stricter tests of a problem, and why another has none.
const STRICTER: &str = concat!(
    r#"{"stricter": 1, "seed": 1, "tests_max": 5, "interpreter": "Python 3.11.2"}"#,
    "\n",
    r#"{"task_id": "own/1", "tests": ["assert near(twice(7), 14)", "assert near(twice(0), 0)"]}"#,
    "\n",
    r#"{"task_id": "own_1_thrice", "doubt": "it is not in Python"}"#,
    "\n"
);
/// Tests that a model proposed.
const TESTS: &str = concat!(
    r#"{"kind": "internal tests", "version": 1}"#,
    "\n",
    r#"{"id": "test/own/1", "tests": ["assert twice(5) == 10"]}"#,
    "\n",
    r#"{"id": "test/own_1_thrice", "tests": ["assert_eq!(thrice(2), 6);"]}"#,
    "\n"
);
/// What a program and its compiler may use up by their own limits, 50 seconds on the clock and ten,
/// with room for the run around them.
const LONGEST: Duration = Duration::from_secs(70);
/// Programs in Python that take what they can, or change whom they are called by.
const PYTHON: [&str; 20] = [
    "while True: pass",
    "def twice(x):\n    while True: pass",
    "def twice(x):\n    return [0] * 10**12",
    "def twice(x):\n    return 'x' * 10**8",
    "def twice(x):\n    return 1 << 10**9",
    "def twice(x):\n    return twice(x)",
    "import sys\nsys.setrecursionlimit(10**9)\ndef twice(x):\n    return twice(x) + 1",
    "import os\ndef twice(x):\n    while True: os.fork()",
    "import os\nos.closerange(0, 100)\ndef twice(x):\n    return x",
    "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos.kill(0, signal.SIGKILL)",
    "import ctypes\ndef twice(x):\n    return ctypes.string_at(0)",
    "def twice(x):\n    print('\\x1b[2J\\u202e' * 10**7)\n    return 4",
    "def twice(x):\n    v = []\n    v.append(v)\n    return v",
    "def twice(x):\n    v = []\n    for _ in range(10**5): v = [v]\n    return v",
    "def twice(x):\n    return float('nan') if x > 0 else '\\ud800'",
    "def twice(x):\n    raise SystemExit(0)",
    "class Error(BaseException):\n    def __str__(self): raise self\ndef twice(x):\n    raise Error",
    "import threading\ndef twice(x):\n    for _ in range(10**5): threading.Thread(target=lambda: 0).start()",
    "import sys, gc\ndef twice(x):\n    for v in gc.get_objects():\n        try: v.clear()\n        except Exception: pass",
    "import os\nfor fd in range(3, 64):\n    try: os.write(fd, b'\\x00\\x00\\x00\\x02{}')\n    except OSError: pass",
];
/// The same in Rust.
const RUST: [&str; 14] = [
    "fn thrice(x: isize) -> isize { loop {} }",
    "fn thrice(x: isize) -> isize { thrice(x) + 1 }",
    "fn thrice(x: isize) -> isize { std::process::exit(0) }",
    "fn thrice(x: isize) -> isize { std::process::abort() }",
    "fn thrice(x: isize) -> isize { vec![1u8; 1 << 40].len() as isize }",
    "static S: [u8; 1 << 40] = [1; 1 << 40];\nfn thrice(x: isize) -> isize { S[0] as isize }",
    "const C: u64 = { let mut i = 0; while i < u64::MAX { i += 1 } i };\nfn thrice(x: isize) -> isize { C as isize }",
    "macro_rules! m { ($($x:tt)*) => { m!($($x)* $($x)* x) } }\nfn thrice(x: isize) -> isize { m!(x) }",
    "const T: &str = include_str!(\"/proc/self/environ\");\nfn thrice(x: isize) -> isize { T.len() as isize }",
    "fn thrice(x: isize) -> isize { loop { print!(\"\u{1b}[2J{x}\") } }",
    "fn thrice(x: isize) -> isize { loop { std::thread::spawn(|| loop {}); } }",
    "trait T { type A; }\nimpl<X> T for X where (X,): T { type A = <(X,) as T>::A; }\nfn thrice(x: isize) -> isize { std::mem::size_of::<<u8 as T>::A>() as isize }",
    "#[no_mangle]\npub extern \"C\" fn main() -> i32 { 0 }\nfn thrice(x: isize) -> isize { 0 }",
    "#![feature(no_core)]\n#![no_core]\nfn thrice(x: isize) -> isize { 3 }",
];
/// Depths of what is put within itself.
const DEPTHS: [usize; 3] = [50, 2_000, 50_000];

pub(super) fn targets() -> Vec<Target> {
    let python = "def twice(x):\n    return x * 2 + 0\n";
    let rust = "fn thrice(x: isize) -> isize {\n    x * 3 + 0\n}\n";
    let judge = "programs judge samples.jsonl -e programs --problems problems.jsonl \
                 --stricter stricter.jsonl";
    let run = format!("{RUN} -a scripted -n 3 --shown-tests internal --internal-tests tests.jsonl");
    vec![
        problems(),
        beside_problems(("samples.jsonl", SAMPLES), &[("stricter.jsonl", STRICTER)], judge),
        beside_problems(("stricter.jsonl", STRICTER), &[("samples.jsonl", SAMPLES)], judge),
        beside_problems(("tests.jsonl", TESTS), &[], &run),
        answers("python.txt", ("own/1", python), hostile_python),
        answers("rust.txt", ("own_1_thrice", rust), hostile_rust),
    ]
}

const RUN: &str =
    "run --quiet -e programs --problems problems.jsonl --split test --trials 1 --out out";

fn problems() -> Target {
    Target {
        reader: "programs",
        file: "problems.jsonl",
        content: PROBLEMS.as_bytes().to_vec(),
        seal: bare(),
        deep: literals::text,
        lines: vec![made(&format!("{RUN} -a scripted -n 3"))],
        names: vec!["problems.jsonl", "the tests of", "the split test"],
        longest: Some(LONGEST),
        ..Target::default()
    }
}

/// A file that is read beside the problems, by this command, and other files beside it.
fn beside_problems(
    (file, content): (&'static str, &str),
    others: &[(&str, &str)],
    command: &str,
) -> Target {
    let around = [("problems.jsonl", PROBLEMS)].into_iter().chain(others.iter().copied());
    let around = around.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
    Target {
        file,
        content: content.as_bytes().to_vec(),
        lines: vec![made(command)],
        around: Arc::new(around.collect()),
        names: vec![file],
        ..problems()
    }
}

/// An endpoint whose answer is a program to one of the problems.
fn answers(
    file: &'static str,
    (problem, sound): (&str, &str),
    deep: fn(&[u8], &mut Draws) -> Vec<u8>,
) -> Target {
    let problem = PROBLEMS.lines().find(|line| line.contains(problem)).expect("it is among them");
    let run = endpoint_of((file, sound), &format!("{RUN} -n 1"));
    let mut around = run.around.as_ref().clone();
    around.push(("problems.jsonl".to_owned(), format!("{problem}\n").into_bytes()));
    Target {
        reader: "programs",
        seal: Arc::new(|program| {
            let text = String::from_utf8_lossy(program);
            let message = json!({"role": "assistant", "content": text});
            let choice = json!({"index": 0, "finish_reason": "stop", "message": message});
            with_head(json!({"choices": [choice]}).to_string().as_bytes())
        }),
        deep,
        is_always_deep: true,
        around: Arc::new(around),
        longest: Some(LONGEST),
        ..run
    }
}

fn hostile_python(sound: &[u8], draws: &mut Draws) -> Vec<u8> {
    hostile(sound, &PYTHON, ("def twice(x):\n    return ", "\n"), draws)
}

fn hostile_rust(sound: &[u8], draws: &mut Draws) -> Vec<u8> {
    hostile(sound, &RUST, ("fn thrice(x: isize) -> isize { ", " }\n"), draws)
}

/// The program with its bytes or values damaged, one of these instead or behind it, or an
/// expression far within itself.
fn hostile(
    sound: &[u8],
    pieces: &[&str],
    (before, behind): (&str, &str),
    draws: &mut Draws,
) -> Vec<u8> {
    let text = String::from_utf8_lossy(sound);
    match draws.below(8) {
        0 | 1 => damage::bytes(sound, draws),
        2 | 3 => literals::text(sound, draws),
        4 => {
            let ((open, close), depth) =
                (*draws.of(&[("(", ")"), ("[", "]"), ("-", ""), ("1+", "")]), *draws.of(&DEPTHS));
            format!("{before}{}x{}{behind}", open.repeat(depth), close.repeat(depth)).into_bytes()
        }
        5 => format!("```\n{text}\n```\n```\n{}\n```", draws.of(pieces)).into_bytes(),
        _ => draws.of(pieces).as_bytes().to_vec(),
    }
}
