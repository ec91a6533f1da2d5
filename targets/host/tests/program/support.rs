//! Runs the program and keeps what it said.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// What a finished program said.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Exit code; -1 when a signal ended it.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// The program itself.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_rebound");

/// The program that these helpers start: another build, such as an older one, where
/// `REBOUND_PROGRAM` names it, to see what of these tests fails there.
pub(crate) fn program() -> String {
    std::env::var("REBOUND_PROGRAM").unwrap_or_else(|_| PROGRAM.to_owned())
}

/// Commands that tests approved, apart from their user's.
const APPROVALS: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/approved-commands");

/// What tests tried, apart from their user's.
const TRIED: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/tried");

/// Runs `rebound` with these arguments.
pub(crate) fn rebound(arguments: &[&str]) -> Outcome {
    rebound_with_input(arguments, "")
}

/// Runs `rebound` with these arguments and this standard input.
pub(crate) fn rebound_with_input(arguments: &[&str], input: &str) -> Outcome {
    let mut command = Command::new(program());
    command.args(arguments).env("REBOUND_APPROVALS", APPROVALS).env("REBOUND_TUNING", "none");
    command.env("REBOUND_TRIED", TRIED);
    finish(command, input)
}

/// Runs `rebound` in a folder, with these variables in its environment and no
/// other that is about endpoints.
pub(crate) fn rebound_in(
    folder: &Path,
    environment: &[(&str, &str)],
    arguments: &[&str],
) -> Outcome {
    let mut command = Command::new(program());
    command.args(arguments).current_dir(folder);
    command.env("REBOUND_APPROVALS", APPROVALS).env("REBOUND_TUNING", "none");
    command.env("REBOUND_TRIED", TRIED);
    command.env_remove("OPENAI_API_KEY").env_remove("OPENAI_BASE_URL");
    command.envs(environment.iter().copied());
    finish(command, "")
}

/// Runs a line of shell, in which `$REBOUND` is the program.
pub(crate) fn shell(line: &str) -> Outcome {
    let mut command = Command::new("sh");
    command.args(["-c", line]).env("REBOUND", program());
    finish(command, "")
}

fn finish(mut command: Command, input: &str) -> Outcome {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program was built with the test");
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    let input = input.to_string();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("the program ends");
    let _ = writer.join();
    outcome(&output)
}

/// Starts `rebound` and ends it with SIGKILL after a while, if it still runs.
pub(crate) fn killed_after(arguments: &[&str], after: Duration) {
    let mut child = start(arguments);
    std::thread::sleep(after);
    let _ = child.kill();
    let _ = child.wait();
}

/// The same in a folder, with these variables in its environment.
pub(crate) fn killed_after_in(
    folder: &Path,
    environment: &[(&str, &str)],
    arguments: &[&str],
    after: Duration,
) {
    let mut command = Command::new(program());
    command.args(arguments).current_dir(folder).envs(environment.iter().copied());
    let mut child = silent(command);
    std::thread::sleep(after);
    let _ = child.kill();
    let _ = child.wait();
}

/// Starts `rebound` and ends it with SIGKILL once the file has this many bytes,
/// if it still runs. However fast the machine is, the program is then as far.
pub(crate) fn killed_once_written(arguments: &[&str], file: &Path, bytes: u64) {
    let mut child = start(arguments);
    let written = || std::fs::metadata(file).is_ok_and(|file| file.len() >= bytes);
    while !written() && child.try_wait().is_ok_and(|status| status.is_none()) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// How a program ended that was sent a signal.
#[derive(Debug)]
pub(crate) struct Stopped {
    /// Exit code; -1 when a signal ended it.
    pub(crate) code: i32,
    /// Standard error.
    pub(crate) stderr: String,
    /// From the signal to the end.
    pub(crate) took: Duration,
}

/// Starts a program, and sends it a signal once it is far enough.
///
/// # Panics
///
/// Where it ends before that.
#[cfg(unix)]
#[allow(clippy::disallowed_methods, reason = "real time is what is measured")]
pub(crate) fn stopped(
    command: &mut Command,
    signal: &str,
    is_far_enough: impl Fn() -> bool,
) -> Stopped {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program was built with the test");
    while !is_far_enough() {
        assert!(child.try_wait().expect("it is a child").is_none(), "it ended too soon");
        std::thread::sleep(Duration::from_millis(5));
    }
    let begun = std::time::Instant::now();
    send(signal, child.id());
    let output = outcome(&child.wait_with_output().expect("the program ends"));
    Stopped { code: output.code, stderr: output.stderr, took: begun.elapsed() }
}

/// Sends a signal to a program.
#[cfg(unix)]
pub(crate) fn send(signal: &str, program: u32) {
    let sent = Command::new("kill").args(["-s", signal, &program.to_string()]).status();
    assert!(sent.expect("there is kill").success());
}

fn start(arguments: &[&str]) -> Child {
    let mut command = Command::new(program());
    command.args(arguments);
    silent(command)
}

fn silent(mut command: Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the program was built with the test")
}

/// A run's results.
pub(crate) fn results(out: &Path) -> serde_json::Value {
    serde_json::from_str(&text(&out.join("results.json"))).expect("results are JSON")
}

/// A run's results without what the clock says.
pub(crate) fn timeless(out: &Path) -> serde_json::Value {
    runtime_evaluation::results::without_times(&results(out))
}

/// A file's text.
pub(crate) fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn outcome(output: &Output) -> Outcome {
    Outcome {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Writes an adapter with random factors that fits the model.
pub(crate) fn write_random_adapter(base: &Path, adapter: &Path) {
    let gguf = models::gguf::Gguf::open(base).expect("the base was just written");
    let new = models::adapter::random(&gguf, 4, &["attn_q"], 7).expect("the base has layers");
    models::adapter::write(adapter, &new).expect("the folder can be written");
}

/// Writes the tiny model, and these templates into a folder of prompts: short ones, since
/// the tiny model's words are mostly letters.
pub(crate) fn write_tiny(model: &Path, prompts: &Path, templates: [&str; 8]) {
    models::tiny::write_llama(model, &models::tiny::TinyConfig::default()).expect("it fits");
    std::fs::create_dir_all(prompts).expect("the folder can be made");
    for (name, template) in runtime_agent::prompts::TEMPLATES.into_iter().zip(templates) {
        let file = prompts.join(name).with_extension("j2");
        std::fs::write(file, template).expect("the folder can be written");
    }
}
