//! A file `.env`, as far as it is about endpoints.
//!
//! A value is taken as it stands: nothing is filled in from the environment, from which a
//! file of somebody else's could fetch other secrets and send them to its own address. The
//! file is never loaded into the environment, where a key would be inherited by whatever is
//! started. Errors do not repeat what they are about.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail, ensure};

/// A longer file is none that somebody wrote.
const BYTES_MAX: u64 = 64 << 10;

/// The value of each name, where the file has it; all `None` if there is no file. A folder
/// of that name is somebody's virtual environment.
pub(super) fn read<const N: usize>(
    path: &Path,
    names: [&str; N],
) -> anyhow::Result<[Option<String>; N]> {
    if !path.is_file() {
        return Ok([const { None }; N]);
    }
    let mut text = String::new();
    let file = runtime_files::open(path).map(|file| file.take(BYTES_MAX + 1));
    let read = file.and_then(|mut file| file.read_to_string(&mut text));
    read.with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(text.len() as u64 <= BYTES_MAX, "{} has more than {BYTES_MAX} bytes", path.display());
    let mut found = [const { None }; N];
    for (index, line) in text.lines().enumerate() {
        for (name, value) in names.iter().zip(&mut found) {
            let said = assigned(line, name);
            let said = said.with_context(|| format!("in line {} of {}", index + 1, path.display()));
            // The first counts.
            *value = value.take().or(said?);
        }
    }
    Ok(found)
}

/// What a line gives the name; `None` if it is about something else.
fn assigned(line: &str, name: &str) -> anyhow::Result<Option<String>> {
    let line = line.trim_start_matches('\u{feff}').trim();
    let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
    let Some(rest) = line.strip_prefix(name) else { return Ok(None) };
    if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
        return Ok(None);
    }
    let value = rest.trim_start().strip_prefix('=');
    let value = value.with_context(|| format!("expected {name}=VALUE"))?.trim();
    unquoted(value, name).map(Some)
}

/// A value without its quotes and without a comment behind it.
fn unquoted(value: &str, name: &str) -> anyhow::Result<String> {
    let quote = value.chars().next().filter(|first| ['"', '\''].contains(first));
    let (text, rest) = match quote {
        None => match value.find(" #").or(value.starts_with('#').then_some(0)) {
            Some(end) => (value[..end].trim_end(), ""),
            None => (value, ""),
        },
        Some(quote) => {
            let closed = value[1..].split_once(quote);
            closed.with_context(|| format!("the quote of {name} is not closed"))?
        }
    };
    let rest = rest.trim_start();
    ensure!(rest.is_empty() || rest.starts_with('#'), "there is more behind the value of {name}");
    if quote != Some('\'') && text.contains('$') {
        bail!(
            "the value of {name} has a $, and nothing is filled in here: write the value itself, \
             between ' if the $ is a part of it"
        );
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> anyhow::Result<[Option<String>; 2]> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        std::fs::write(&path, text).unwrap();
        read(&path, ["KEY", "URL"])
    }

    fn check(text: &str, key: &str) {
        let [found, _] = read_text(text).unwrap();
        assert_eq!(found.as_deref(), Some(key), "{text}");
    }

    #[test]
    fn values_stand_bare_or_in_quotes() {
        for text in [
            "KEY=sk-1",
            "  export KEY = sk-1  \r\n",
            "\u{feff}KEY=\"sk-1\" # mine",
            "# KEY=old\nKEY_2=x\nMONKEY=y\nKEY='sk-1'\nKEY=later",
            "OTHER=\"two\nlines\"\nKEY=sk-1 # mine",
        ] {
            check(text, "sk-1");
        }
        check("KEY='a$b'", "a$b");
        check("KEY=a#b", "a#b");
        check("KEY=", "");
        check("KEY= # none", "");
    }

    #[test]
    fn nothing_is_filled_in_from_the_environment() {
        for text in ["URL=https://x/${HOME}", "URL=\"https://x/$HOME\"", "KEY=$HOME"] {
            let error = format!("{:#}", read_text(text).unwrap_err());
            assert!(error.contains("has a $"), "{error}");
        }
        assert_eq!(read_text("OTHER=$HOME\n").unwrap(), [None, None]);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named_and_not_repeated() {
        for text in ["\nKEY \"sk-secret\"", "\nKEY=\"sk-secret", "\nKEY='a' sk-secret"] {
            let error = format!("{:#}", read_text(text).unwrap_err());
            assert!(error.contains("in line 2 of") && !error.contains("sk-"), "{error}");
        }
    }

    #[test]
    fn no_file_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path(), ["KEY"]).unwrap(), [None]);
        assert_eq!(read(Path::new("/nonexistent/.env"), ["KEY"]).unwrap(), [None]);
    }
}
