//! A server that forks a program for each talk.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::path::Path;
use std::time::Duration;

use runtime_sandbox::{Grants, Heard, Layer, Sandbox, Strength, TalkEnding, TalkLimits, Talks};

const PYTHON: &str = "/usr/bin/python3";
const LIMITS: TalkLimits = TalkLimits {
    processor: Duration::from_secs(5),
    wall: Duration::from_secs(10),
    output_bytes: 10_000,
    message_bytes: 1000,
    memory_bytes: 512 << 20,
};
const BEGUN: &str = "
import os, sys, time, threading
def hear():
    return os.read(0, int.from_bytes(os.read(0, 4), 'big'))
def say(text):
    os.write(3, len(text).to_bytes(4, 'big') + text)
def main(text):
    exec(text, globals())
";

fn server() -> Option<Talks> {
    let missing = Layer::missing();
    if !missing.is_empty() || !Path::new(PYTHON).exists() {
        tests_needs::skipped(&format!("{PYTHON} or {missing:?}"));
        return None;
    }
    let grants = Grants {
        processes: 3,
        disk_bytes: 1 << 20,
        processor: Duration::from_hours(24),
        ..Grants::default()
    };
    let sandbox = Sandbox { grants, strength: Strength::Full };
    Some(Talks::start(&sandbox, PYTHON.as_ref(), BEGUN).unwrap())
}

/// The last message before the end, and the end.
fn ended(server: &mut Talks) -> (String, TalkEnding, String) {
    let mut last = String::new();
    loop {
        match server.hear().unwrap() {
            Heard::Message(text) => last = String::from_utf8_lossy(&text).into_owned(),
            Heard::Over(over) => {
                return (last, over.ending, String::from_utf8_lossy(&over.output).into_owned());
            }
        }
    }
}

#[test]
fn a_program_answers_what_it_is_told_and_leaves_nothing() {
    let Some(mut server) = server() else { return };
    let code = b"
open('left', 'w').write('x')
count = globals().get('count', 0) + 1
print('printed', count, os.listdir('.'))
while True:
    say(hear() + b'!')
";
    for _ in 0..3 {
        server.begin(code, LIMITS).unwrap();
        for word in ["a", "b"] {
            server.say(word.as_bytes()).unwrap();
            let expected = Heard::Message(format!("{word}!").into_bytes());
            assert_eq!(server.hear().unwrap(), expected);
        }
        let over = server.end().unwrap().unwrap();
        assert_eq!(over.ending, TalkEnding::Told);
    }
    server.begin(b"print(globals().get('count'), os.listdir('.'))", LIMITS).unwrap();
    assert_eq!(ended(&mut server).2, "None []\n");
}

#[test]
fn a_program_ends_at_its_limits_and_the_server_goes_on() {
    let Some(mut server) = server() else { return };
    let short = TalkLimits { processor: Duration::from_millis(300), ..LIMITS };
    for (code, ending) in [
        ("while True: pass", TalkEnding::Processor),
        ("time.sleep(60)", TalkEnding::Wall),
        ("hear()", TalkEnding::Wall),
        ("os.close(1); os.close(2); os.close(3); time.sleep(60)", TalkEnding::Wall),
        ("while True: print('y' * 100)", TalkEnding::Output),
        ("while True: os.write(2, bytes(65536))", TalkEnding::Output),
        ("say(bytes(1001))", TalkEnding::Message),
        ("os.write(3, b'\\xff' * 8); time.sleep(60)", TalkEnding::Message),
        ("os._exit(7)", TalkEnding::Exit(7)),
        ("raise ValueError", TalkEnding::Exit(1)),
        ("os.kill(os.getpid(), 9)", TalkEnding::Signal(9)),
        ("os.kill(os.getppid(), 9)", TalkEnding::Exit(0)),
        (
            "for n in range(4, 99):\n try: os.write(n, b'over end 0 0\\n')\n except OSError: pass",
            TalkEnding::Exit(0),
        ),
        ("say(b'well'); os._exit(0)", TalkEnding::Exit(0)),
    ] {
        let is_idle = ending == TalkEnding::Wall;
        let wall = if is_idle { Duration::from_millis(900) } else { Duration::from_mins(1) };
        server.begin(code.as_bytes(), TalkLimits { wall, ..short }).unwrap();
        assert_eq!(ended(&mut server).1, ending, "{code}");
        server.begin(b"say(b'well')", LIMITS).unwrap();
        let next = ended(&mut server);
        assert_eq!((&*next.0, next.1), ("well", TalkEnding::Exit(0)), "after {code}");
    }
    for bomb in [
        "while True: os.fork()",
        "while True: threading.Thread(target=time.sleep, args=[9]).start()",
    ] {
        server.begin(bomb.as_bytes(), short).unwrap();
        ended(&mut server);
        server.begin(b"say(b'well')", LIMITS).unwrap();
        assert_eq!(ended(&mut server).0, "well", "after {bomb}");
    }
}
