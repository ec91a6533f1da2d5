//! Breaks a workload off at one place, goes on with it, and compares what it made.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use super::disk::{Call, Disk, Loss, calls};
use super::shim::{How, Shim, Watch};
use super::workload::Workload;
use crate::ground::Ground;
use crate::program::{Ended, Line, Programs, wait};

/// Time for a workload, on a machine that does much else.
const LONGEST: Duration = Duration::from_mins(2);

/// A workload, and what it is broken off with.
pub struct Crash<'a> {
    /// The programs.
    pub programs: &'a Programs,
    /// The shim.
    pub shim: &'a Shim,
    /// Where its files come from.
    pub ground: &'a Ground,
    /// The workload.
    pub workload: &'a Workload,
}

/// A workload that nothing broke off.
pub struct Sound {
    /// What it made.
    pub result: String,
    /// The number of calls that change files.
    pub calls: u64,
    /// These calls.
    pub record: Vec<Call>,
}

/// What came of a workload that was broken off.
#[derive(Debug)]
pub struct Broken {
    /// Whether it ended otherwise than by itself.
    pub is_ended_early: bool,
    /// What is wrong with what came of it.
    pub finding: Option<String>,
}

/// Where a workload is broken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// At the call of this number, from 1.
    Call(u64, How),
    /// By a power cut after so many calls.
    PowerCut(usize, Loss),
    /// By a kill of everything after this time.
    Kill(Duration),
}

impl Crash<'_> {
    /// Lets the workload come to its end.
    pub fn sound(&self) -> io::Result<Sound> {
        let [folder, beside] = [tempfile::tempdir()?, tempfile::tempdir()?];
        let path = fs::canonicalize(folder.path())?;
        self.workload.prepare(self.ground, &path)?;
        let (ended, watch) = self.watched((&path, beside.path()), None, LONGEST)?;
        if ended.code() != Some(0) {
            return Err(io::Error::other(format!(
                "{} failed: {}",
                self.workload.name, ended.error
            )));
        }
        let record = calls(&watch.record()?, &path).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Sound { result: self.workload.result(&path)?, calls: watch.calls()?, record })
    }

    /// Breaks the workload off, goes on with it, and compares what it made.
    pub fn broken(&self, sound: &Sound, at: Break) -> io::Result<Broken> {
        let [folder, beside] = [tempfile::tempdir()?, tempfile::tempdir()?];
        let path = fs::canonicalize(folder.path())?;
        self.workload.prepare(self.ground, &path)?;
        let places = (path.as_path(), beside.path());
        let first = match at {
            Break::Call(number, how) => Some(self.watched(places, Some((number, how)), LONGEST)?.0),
            Break::Kill(after) => {
                Some(self.called(&self.workload.begin, places, &mut |_| Ok(()), after)?)
            }
            Break::PowerCut(calls, loss) => {
                let mut disk = Disk::of_folder(&path)?;
                sound.record.iter().take(calls).for_each(|call| disk.follow(call));
                fs::remove_dir_all(&path)?;
                disk.write_cut(loss, &path)?;
                None
            }
        };
        let is_ended_early = first.as_ref().is_none_or(|first| first.code().is_none());
        let finding = match first.as_ref().and_then(wrong_end) {
            Some(wrong) => Some(wrong),
            None => self.wrong_result(sound, places, first.map(|first| first.error))?,
        };
        Ok(Broken { is_ended_early, finding })
    }

    /// Goes on; what is wrong with what was then made.
    fn wrong_result(
        &self,
        sound: &Sound,
        places: (&Path, &Path),
        told: Option<String>,
    ) -> io::Result<Option<String>> {
        let is_done = self.workload.result(places.0)? == sound.result;
        let gone_on = self.gone_on(places)?;
        let result = self.workload.result(places.0)?;
        if result != sound.result {
            let text = format!("it made\n{result}instead of\n{}", sound.result);
            let told = told.unwrap_or_default();
            return Ok(Some(format!("{text}before: {told}\nthen: {gone_on:?}")));
        }
        Ok(gone_on.err().filter(|_| !is_done).map(|error| format!("it does not go on: {error}")))
    }

    /// Goes on with the workload, or begins it where there is nothing to go on with.
    fn gone_on(&self, (folder, beside): (&Path, &Path)) -> io::Result<Result<(), String>> {
        let mut told = String::new();
        for line in self.workload.again.iter().chain([&self.workload.begin]) {
            let ended = self.called(line, (folder, beside), &mut |_| Ok(()), LONGEST)?;
            if ended.code() == Some(0) {
                return Ok(Ok(()));
            }
            told.extend([format!("{:?}: {}", ended.status, ended.error)]);
        }
        Ok(Err(told))
    }

    fn watched(
        &self,
        places: (&Path, &Path),
        point: Option<(u64, How)>,
        longest: Duration,
    ) -> io::Result<(Ended, Watch)> {
        let mut watch = None;
        let ended = self.called(
            &self.workload.begin,
            places,
            &mut |command| {
                watch = Some(self.shim.watch(command, places, point)?);
                Ok(())
            },
            longest,
        )?;
        Ok((ended, watch.expect("the command was watched")))
    }

    /// Calls a line, and ends what it left behind.
    fn called(
        &self,
        line: &Line,
        (folder, beside): (&Path, &Path),
        prepare: &mut dyn FnMut(&mut std::process::Command) -> io::Result<()>,
        longest: Duration,
    ) -> io::Result<Ended> {
        let mut command = self.programs.command(line, folder, "ulimit -c 0");
        let told = beside.join("told");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&told)?);
        command.process_group(0);
        prepare(&mut command)?;
        let mut child = command.spawn()?;
        let status = wait(&mut child, longest)?;
        // Its children may still write, and nobody else is in the group.
        if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let error = String::from_utf8_lossy(&fs::read(told)?).into_owned();
        Ok(Ended { status, out: String::new(), error })
    }
}

/// What is wrong with how a program ended at its break: only a kill is meant to end it so.
fn wrong_end(ended: &Ended) -> Option<String> {
    let is_killed = ended.signal() == Some(Signal::KILL.as_raw());
    let is_signal = ended.signal().is_some() && !is_killed;
    let is_panic = ended.error.contains("panicked at");
    (is_signal || is_panic).then(|| format!("it ended by {:?}: {}", ended.status, ended.error))
}
