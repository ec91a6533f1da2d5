//! What no child needs to know: variables of the environment that look like secrets.
//!
//! Programs that are started for their own work, such as pip or our trainer, inherit the
//! environment without them. Whether a value is a secret nobody can tell; names can be told.

use std::ffi::OsStr;
use std::process::Command;

/// How a part of a name, between underscores, ends that says what is held.
const ENDS: [&str; 8] =
    ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "COOKIE"];
/// Parts that say so only where they stand alone.
const WHOLE: [&str; 4] = ["AUTH", "PASS", "PAT", "PWD"];
/// A folder, and the one before it.
const FOLDERS: [&str; 2] = ["PWD", "OLDPWD"];

/// Takes every variable that looks like a secret from a child's environment.
pub fn withhold(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_secret(name)) {
        command.env_remove(name);
    }
    command
}

/// Whether a variable of this name is one: `OPENAI_API_KEY`, `HF_TOKEN`, `DB_PASSWORD`.
fn is_secret(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    let is_named = |part: &str| {
        let one = part.strip_suffix('S').unwrap_or(part);
        WHOLE.contains(&part) || ENDS.iter().any(|end| one.ends_with(end))
    };
    !FOLDERS.contains(&name.as_str()) && name.split('_').any(is_named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_by_their_names() {
        for name in [
            "OPENAI_API_KEY",
            "openai_apikey",
            "HF_TOKEN",
            "GITHUB_TOKENS",
            "AWS_SECRET_ACCESS_KEY",
            "DB_PASSWORD",
            "PGPASSWORD",
            "MYSQL_PWD",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "SSH_AUTH_SOCK",
        ] {
            assert!(is_secret(OsStr::new(name)), "{name}");
        }
        for name in [
            "PATH",
            "HOME",
            "PWD",
            "OLDPWD",
            "REBOUND_MODELS",
            "TOKENIZERS_PARALLELISM",
            "PIP_INDEX_URL",
            "HTTPS_PROXY",
            "XDG_SESSION_ID",
            "KEYBOARD_LAYOUT",
            "COMPASS",
        ] {
            assert!(!is_secret(OsStr::new(name)), "{name}");
        }
    }
}
