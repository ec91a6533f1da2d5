//! A confined program from its start to its end, with what it says.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use runtime_sandbox::{Confined, SandboxError};

/// How often an ended stream's program is asked whether it has ended, too.
const POLL: Duration = Duration::from_millis(1);

/// What a program may say, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowed {
    pub(super) wall: Duration,
    pub(super) output_bytes: u64,
}

/// How a program ended.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) ending: RunEnding,
    /// What it wrote to its standard output and error.
    pub(super) said: [Vec<u8>; 2],
}

/// Why a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RunEnding {
    /// By itself, with this code.
    Exit(i32),
    /// By a signal.
    Signal(i32),
    /// It took too long.
    Wall,
    /// It said too much.
    Output,
}

/// Tells a program its input and waits for its end.
pub(super) fn ran(
    mut confined: Confined,
    input: &[u8],
    allowed: Allowed,
) -> Result<Ran, SandboxError> {
    if let Some(mut to) = confined.take_input() {
        // One that has ended does not hear it.
        let _ = to.write_all(input);
    }
    let streams: [Option<Box<dyn Read + Send>>; 2] = [
        confined.take_output().map(|stream| Box::new(stream) as _),
        confined.take_error().map(|stream| Box::new(stream) as _),
    ];
    let (sender, receiver) = channel();
    let most = allowed.output_bytes;
    for (place, stream) in streams.into_iter().enumerate() {
        let (sender, Some(stream)) = (sender.clone(), stream) else { continue };
        std::thread::spawn(move || {
            let mut said = Vec::new();
            // What was read until an error is what it said.
            let _ = stream.take(most + 1).read_to_end(&mut said);
            let _ = sender.send((place, said));
        });
    }
    drop(sender);
    let mut said = [Vec::new(), Vec::new()];
    let ending = loop {
        match receiver.recv_timeout(allowed.wall) {
            Ok((place, text)) if text.len() as u64 > most => {
                said[place] = text;
                break RunEnding::Output;
            }
            Ok((place, text)) => said[place] = text,
            Err(RecvTimeoutError::Timeout) => break RunEnding::Wall,
            Err(RecvTimeoutError::Disconnected) => break ended(&mut confined, allowed.wall)?,
        }
    };
    confined.kill()?;
    Ok(Ran { ending, said })
}

/// How a program ended that says nothing more.
fn ended(confined: &mut Confined, wall: Duration) -> Result<RunEnding, SandboxError> {
    let turns = wall.as_millis() / POLL.as_millis();
    for _ in 0..turns.max(1) {
        if let Some(status) = confined.ended()? {
            return Ok(ending_of(status));
        }
        std::thread::sleep(POLL);
    }
    Ok(RunEnding::Wall)
}

fn ending_of(status: ExitStatus) -> RunEnding {
    match (status.code(), status.signal()) {
        (Some(code), _) => RunEnding::Exit(code),
        (None, signal) => RunEnding::Signal(signal.unwrap_or_default()),
    }
}
