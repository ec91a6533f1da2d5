//! The attack: cases by their numbers, each in a folder and a process of its own, and what came of
//! them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use models::draws::mix;

use crate::edits;
use crate::judge::{Finding, Outcome, Terms, judge};
use crate::program::{Ended, Line, Programs};
use crate::serve::{PORT, Server, replaced};
use crate::shrink::smallest;
use crate::table::Table;
use crate::target::Target;

/// Findings of a kind that are made small; further ones are only counted.
const SHRUNK_OF_A_KIND: u64 = 2;
/// Cases that are tried to make one small, and of those that take their time.
const TRIALS_MAX: usize = 80;
const HUNG_TRIALS_MAX: usize = 6;
/// Commands whose answers are numbers.
const OF_NUMBERS: [&str; 2] = ["score", "inspect"];
/// Edits that a finding tells of.
const TOLD_MAX: usize = 20;

/// What is attacked, by what, and how long.
pub struct Attack<'a> {
    /// The programs.
    pub programs: &'a Programs,
    /// The targets, which take turns.
    pub targets: &'a [Target],
    /// Seeds every case, together with its number.
    pub seed: u64,
    /// Where failing cases are written.
    pub findings: &'a Path,
    /// Whether no further case may begin.
    pub is_over: &'a (dyn Fn() -> bool + Sync),
}

/// A case.
struct Case<'a> {
    target: &'a Target,
    number: u64,
    seed: u64,
}

impl Attack<'_> {
    /// Plays cases up to this number on so many threads.
    ///
    /// # Panics
    ///
    /// Where a case does.
    pub fn play(&self, cases: u64, threads: usize) -> io::Result<Table> {
        let sound = self.sound_answers()?;
        let (next, table) = (AtomicU64::new(0), Mutex::new(Table::default()));
        let work = || -> io::Result<()> {
            while !(self.is_over)() {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= cases {
                    break;
                }
                let case = self.case(number);
                let outcome = self.outcome(&case, &sound)?;
                let times = lock(&table).count(case.target.reader, outcome.clone());
                if matches!(outcome, Outcome::Finding(_)) && times <= SHRUNK_OF_A_KIND {
                    self.keep(&case, &outcome, &sound)?;
                }
            }
            Ok(())
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers.into_iter().try_for_each(|worker| worker.join().expect("no case panics"))
        })?;
        Ok(table.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn case(&self, number: u64) -> Case<'_> {
        let turns: Vec<&Target> = self
            .targets
            .iter()
            .flat_map(|target| std::iter::repeat_n(target, target.turns))
            .collect();
        let place = number % u64::try_from(turns.len()).expect("there are few targets");
        let target = turns[usize::try_from(place).expect("it is below a length")];
        Case { target, number, seed: mix(mix(self.seed) ^ number) }
    }

    fn outcome(&self, case: &Case<'_>, sound: &SoundAnswers) -> io::Result<Outcome> {
        let damaged = case.target.damaged(case.seed);
        let play =
            || self.outcome_of(case.target, (&damaged.bytes, damaged.is_deep, damaged.line), sound);
        match play()? {
            // A machine that stood still for a while is no finding.
            Outcome::Finding(Finding::Hang) => play(),
            outcome => Ok(outcome),
        }
    }

    fn outcome_of(
        &self,
        target: &Target,
        (bytes, is_deep, line): (&[u8], bool, usize),
        sound: &SoundAnswers,
    ) -> io::Result<Outcome> {
        let folder = tempfile::tempdir()?;
        let file = target.file_bytes(bytes, is_deep);
        let ended = self.call(target, &target.lines[line], &file, folder.path())?;
        let terms = Terms {
            sound_answer: &sound[&(target.reader, target.file, line)],
            names: &target.names,
            is_sealed: target.is_sealed && !is_deep,
            sound_code: target.sound_code,
            is_of_numbers: OF_NUMBERS.contains(&target.lines[line].arguments[0].as_str()),
        };
        Ok(judge(&ended, &terms))
    }

    /// Calls a line in a folder that has these bytes as the target's file.
    fn call(&self, target: &Target, line: &Line, file: &[u8], folder: &Path) -> io::Result<Ended> {
        target.write(folder, file)?;
        let longest = target.longest.unwrap_or(self.programs.longest);
        let programs = Programs { longest, ..self.programs.clone() };
        let server = target.service.map(|service| Server::start(service, file.to_vec()));
        let Some(server) = server.transpose()? else { return programs.call(line, folder) };
        let port = server.port.to_string();
        for (path, bytes) in target.around.iter() {
            fs::write(folder.join(path), replaced(bytes, PORT, &port))?;
        }
        let arguments = line.arguments.iter().map(|argument| argument.replace(PORT, &port));
        let line = Line { arguments: arguments.collect(), ..line.clone() };
        let ended = programs.call(&line, folder)?;
        let out = ended.out.replace(&format!(":{port}"), &format!(":{PORT}"));
        Ok(Ended { out, ..ended })
    }

    /// What the programs answer to what is sound: it must be something, twice the same.
    fn sound_answers(&self) -> io::Result<SoundAnswers> {
        let (mut answers, mut unsound) = (SoundAnswers::new(), String::new());
        for target in self.targets {
            for number in 0..target.lines.len() {
                match self.sound_answer(target, number)? {
                    Ok(answer) => {
                        answers.insert((target.reader, target.file, number), answer);
                    }
                    Err(what) => unsound.push_str(&what),
                }
            }
        }
        if unsound.is_empty() { Ok(answers) } else { Err(io::Error::other(unsound)) }
    }

    /// What a line answers to what is sound, or what is wrong with that.
    fn sound_answer(&self, target: &Target, number: usize) -> io::Result<Result<String, String>> {
        let (file, line) = ((target.seal)(&target.content), &target.lines[number]);
        let call = || self.call(target, line, &file, tempfile::tempdir()?.path());
        let [first, again] = [call()?, call()?];
        if first.code() == Some(target.sound_code) && first.out == again.out {
            return Ok(Ok(first.out));
        }
        let arguments = line.arguments.join(" ");
        Ok(Err(format!("\n{} {arguments}: {first:?}, {}", line.program, again.out)))
    }

    /// The targets without the lines that have no sound answer, as of builds that lack a command,
    /// and the number of these lines.
    pub fn answered(&self) -> io::Result<(Vec<Target>, usize)> {
        let (mut answered, mut lacking) = (Vec::new(), 0);
        for target in self.targets {
            let mut lines = Vec::new();
            for (number, line) in target.lines.iter().enumerate() {
                match self.sound_answer(target, number)? {
                    Ok(_) => lines.push(line.clone()),
                    Err(_) => lacking += 1,
                }
            }
            if !lines.is_empty() {
                answered.push(Target { lines, ..target.clone() });
            }
        }
        Ok((answered, lacking))
    }

    /// Makes a failing case small, and writes it with the line that is to be called on it.
    fn keep(&self, case: &Case<'_>, outcome: &Outcome, sound: &SoundAnswers) -> io::Result<()> {
        let Outcome::Finding(finding) = outcome else { return Ok(()) };
        let target = case.target;
        let damaged = target.damaged(case.seed);
        let is_finding = |bytes: &[u8]| {
            let found = self.outcome_of(target, (bytes, damaged.is_deep, damaged.line), sound);
            found.is_ok_and(|found| found == *outcome)
        };
        let trials_max = if *finding == Finding::Hang { HUNG_TRIALS_MAX } else { TRIALS_MAX };
        let edits = smallest((&damaged.sound, &damaged.bytes), trials_max, &is_finding);
        let bytes = edits::apply(&damaged.sound, &edits);
        let file = target.file_bytes(&bytes, damaged.is_deep);
        let folder = self.findings.join(format!("{}-{}", target.reader, case.number));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        let line = &target.lines[damaged.line];
        let ended = self.call(target, line, &file, &folder)?;
        let told: Vec<String> = edits
            .iter()
            .take(TOLD_MAX)
            .map(|edit| {
                let text = String::from_utf8_lossy(&edit.bytes);
                format!("{:?}: {:.200?}", edit.range, text)
            })
            .collect();
        let text = format!(
            "{finding}\nseed {}, case {}, deep: {}\n{} {}\n{}: {}\n\n{}\n{}",
            self.seed,
            case.number,
            damaged.is_deep,
            line.program,
            line.arguments.join(" "),
            target.file,
            told.join("; "),
            ended.out,
            ended.error,
        );
        fs::write(folder.join("finding.txt"), text)
    }
}

/// What is answered to what is sound, by reader, file and line.
type SoundAnswers = BTreeMap<(&'static str, &'static str, usize), String>;

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
