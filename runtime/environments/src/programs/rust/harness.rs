//! Around the tests of a program in Rust: makes each assertion on its own, and says what became of it
//! behind a number that the program cannot know. Its text is the beginning of the tests' crate.

mod judge {
    use std::any::Any;
    use std::io::{BufRead, Write};
    use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
    use std::sync::OnceLock;

    static NUMBER: OnceLock<String> = OnceLock::new();
    const SHOWN: usize = 300;

    pub(crate) fn begin() {
        let mut number = String::new();
        std::io::stdin().lock().read_line(&mut number).expect("the judge says it");
        NUMBER.set(number.trim().to_owned()).expect("it is set once");
        set_hook(Box::new(|_| {}));
    }

    pub(crate) fn say(words: &str, texts: &[String]) {
        let texts: Vec<String> = texts.iter().map(|text| hexadecimal(text)).collect();
        let number = NUMBER.get().expect("it is set first");
        let mut out = std::io::stdout().lock();
        let said = writeln!(out, "\n{number} {words} {}", texts.join(" "));
        said.and_then(|()| out.flush()).expect("the judge reads it");
    }

    pub(crate) fn check(line: u32, sides: impl FnOnce() -> Option<[String; 2]>) {
        say(&format!("begun {line}"), &[]);
        match catch_unwind(AssertUnwindSafe(sides)) {
            Ok(None) => say(&format!("passed {line}"), &[]),
            Ok(Some(sides)) => say(&format!("failed {line}"), &sides),
            Err(payload) => {
                say(&format!("raised {line}"), &[text(&*payload)]);
                // What the program raised may do something when it is dropped.
                std::mem::forget(payload);
            }
        }
    }

    fn text(payload: &(dyn Any + Send)) -> String {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        format!("a panic: {}", text.unwrap_or_default())
    }

    fn hexadecimal(text: &str) -> String {
        let text: String = text.chars().take(SHOWN).collect();
        let digits: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        format!(":{digits}")
    }
}

macro_rules! assert_eq {
    ($left:expr, $right:expr $(,)?) => {
        crate::judge::check(line!(), || {
            let (left, right) = ($left, $right);
            (!(left == right)).then(|| [format!("{left:?}"), format!("{right:?}")])
        })
    };
}

#[allow(unused_macros)]
macro_rules! assert {
    ($holds:expr $(, $($rest:tt)*)?) => {
        crate::judge::check(line!(), || {
            let holds: bool = $holds;
            (!holds).then(|| ["false".to_owned(), "true".to_owned()])
        })
    };
}

fn main() {
    judge::begin();
    tests::main();
    judge::say("whole", &[]);
}
