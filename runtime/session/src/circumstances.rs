//! The circumstances of a session: time, command line, engines and machine.

use std::time::SystemTime;

use anyhow::Context;
use runtime_evaluation::results::circumstances::{Machine, RunSession};
use runtime_store::line_log::LineLog;
use runtime_store::run_folder::RunFolder;
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use crate::agents::AgentParts;
use crate::engines;
use crate::loaded::SessionModel;
use crate::loading::Loading;

/// The ends of the names of environment variables with secrets.
const SECRETS: [&str; 4] = ["KEY", "TOKEN", "SECRET", "PASSWORD"];
/// Least length of a secret; shorter values could occur anywhere.
const SECRET_BYTES_MIN: usize = 8;

/// The time in UTC to the second, in the format of RFC 3339.
pub(crate) fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// The description of this process in a lock.
pub(crate) fn process() -> String {
    let host = System::host_name().map(|host| format!(" on {host}"));
    format!("process {}{}", std::process::id(), host.unwrap_or_default())
}

/// A description of this machine.
pub fn machine() -> Machine {
    let kinds = RefreshKind::nothing()
        .with_cpu(CpuRefreshKind::nothing())
        .with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(kinds);
    let processor = system.cpus().first().map(|cpu| cpu.brand().trim().to_owned());
    let about = [System::long_os_version(), System::kernel_version()];
    Machine {
        processor: processor.unwrap_or_default(),
        cores: engines::cores().into(),
        memory_bytes: system.total_memory(),
        system: about.into_iter().flatten().collect::<Vec<_>>().join(", kernel "),
    }
}

/// Records that a run starts or resumes with agents of these parts, and when the engine's settings
/// were measured; returns all its sessions.
pub(crate) fn log(
    folder: &RunFolder,
    parts: &[AgentParts],
    loading: &Loading,
    tuned: Option<String>,
) -> anyhow::Result<Vec<RunSession>> {
    let (mut log, mut sessions) = LineLog::open(&folder.sessions())?;
    let session = session(parts, loading, tuned)?;
    log.append(&session)?;
    sessions.push(session);
    Ok(sessions)
}

fn session(
    parts: &[AgentParts],
    loading: &Loading,
    tuned: Option<String>,
) -> anyhow::Result<RunSession> {
    let models = || parts.iter().flat_map(|parts| [&parts.actor, &parts.retrospective]);
    let mut engines = Vec::new();
    for model in models() {
        let engine = match model {
            SessionModel::Scripted(name) => (*name).to_owned(),
            SessionModel::Dictation(_) => "expert".to_owned(),
            SessionModel::Remote(_) => "remote".to_owned(),
            SessionModel::Loaded(_) => engines::build(loading).context("in the engine's build")?,
        };
        if !engines.contains(&engine) {
            engines.push(engine);
        }
    }
    let computes = models().any(|model| matches!(model, SessionModel::Loaded(_)));
    Ok(RunSession {
        start: now(),
        command_line: command_line(),
        engines,
        threads: computes.then(|| engines::threads(loading).into()),
        tuned,
        machine: machine(),
    })
}

fn command_line() -> Vec<String> {
    let variables = std::env::vars_os().map(|(name, value)| {
        (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
    });
    let is_secret = |(name, value): &(String, String)| {
        let name = name.to_uppercase();
        value.len() >= SECRET_BYTES_MIN && SECRETS.iter().any(|end| name.ends_with(end))
    };
    let secrets: Vec<_> = variables.filter(is_secret).collect();
    let arguments = std::env::args_os();
    arguments.map(|argument| without_secrets(&argument.to_string_lossy(), &secrets)).collect()
}

/// An argument with secret values replaced by their variables' names, and without the user part
/// of addresses.
fn without_secrets(argument: &str, secrets: &[(String, String)]) -> String {
    let mut shown = argument.to_owned();
    for (name, value) in secrets {
        shown = shown.replace(value, &format!("${name}"));
    }
    let Some((scheme, rest)) = shown.split_once("://") else { return shown };
    let end = rest.find(['/', ' ', '?']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://…{}", &rest[at..]),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_left_out_of_the_command_line() {
        let secrets = [("API_KEY".to_owned(), "sk-0123456789".to_owned())];
        let shown = |argument| without_secrets(argument, &secrets);

        assert_eq!(shown("exec:ask --key sk-0123456789"), "exec:ask --key $API_KEY");
        assert_eq!(shown("https://me:pass@host/v1?a=@b"), "https://…@host/v1?a=@b");
        assert_eq!(shown("tcp://host:4000"), "tcp://host:4000");
        assert_eq!(shown("runs/a b"), "runs/a b");
    }

    #[test]
    fn the_machine_names_its_system() {
        let machine = machine();

        assert!(machine.cores > 0 && machine.memory_bytes > 0);
        assert!(!machine.system.is_empty());
    }
}
