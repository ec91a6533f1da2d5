//! Paths that stand in a file: they are taken from the file's folder, or from the folder that
//! the file names.
//!
//! A file that a program stores with a run keeps its paths as they were written, and the key
//! `folder` says where from. What comes out goes from the working folder.

use std::path::{Component, Path, PathBuf};

/// Where the paths of this file start, which may name a folder.
pub fn start(file: &Path, named: Option<&Path>) -> PathBuf {
    let own = file.parent().unwrap_or(Path::new(""));
    let start = named.map_or_else(|| own.to_owned(), |named| from(own, named));
    if is_working_folder(&start) { PathBuf::new() } else { start }
}

/// Where the paths of a stored file start: in the folder that it names. Where that is not on
/// this machine, and in older files, which name none, it is the working folder.
pub fn start_of_stored(named: Option<&Path>) -> PathBuf {
    let there = named.filter(|folder| folder.is_dir() && !is_working_folder(folder));
    there.map(Path::to_owned).unwrap_or_default()
}

/// The folder as a stored file names it.
pub fn named(start: &Path) -> std::io::Result<PathBuf> {
    Ok(from(&std::env::current_dir()?, start))
}

/// A path of a file whose paths start in `start`.
pub fn from(start: &Path, path: &Path) -> PathBuf {
    let mut whole = start.to_owned();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            // Behind a link, the folder above is not the one that it stands in.
            Component::ParentDir if whole.file_name().is_some() && !whole.is_symlink() => {
                whole.pop();
            }
            part => whole.push(part),
        }
    }
    if whole.as_os_str().is_empty() { PathBuf::from(".") } else { whole }
}

/// The same of what is a file's path or a name; a name stays.
pub fn named_or_from(start: &Path, name: &str) -> String {
    let path = Path::new(name);
    let is_file = |end: &std::ffi::OsStr| end.eq_ignore_ascii_case("gguf") || end == "toml";
    // A model behind an endpoint may have a name with a slash.
    let is_path = path.extension().is_some_and(is_file)
        || name.contains(['/', '\\']) && from(start, path).exists();
    if is_path { from(start, path).display().to_string() } else { name.to_owned() }
}

fn is_working_folder(folder: &Path) -> bool {
    folder.is_absolute() && std::env::current_dir().is_ok_and(|working| working == folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(start: &str, path: &str, expected: &str) {
        assert_eq!(from(Path::new(start), Path::new(path)), Path::new(expected));
    }

    #[test]
    fn a_path_is_taken_from_its_start() {
        check("", "a/b", "a/b");
        check("", "../a", "../a");
        check("", ".", ".");
        check("runs", "./a", "runs/a");
        check("a/b", "../../models/c", "models/c");
        check("a/b", "../../../c", "../c");
        check("/a/b", "../c", "/a/c");
        check("a", "/c", "/c");
    }

    #[cfg(unix)]
    #[test]
    fn above_a_link_is_the_folder_that_it_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("there/inner")).unwrap();
        std::fs::write(folder.path().join("there/file"), "").unwrap();
        std::os::unix::fs::symlink("there/inner", folder.path().join("link")).unwrap();

        assert!(from(&folder.path().join("link"), Path::new("../file")).exists());
    }

    #[test]
    fn a_name_stays_a_name() {
        let named = |name| named_or_from(Path::new("a"), name);

        assert_eq!(named("smollm2-135m-instruct"), "smollm2-135m-instruct");
        assert_eq!(named("remote:meta/llama"), "remote:meta/llama");
        assert_eq!(named("../tiny.gguf"), "tiny.gguf");
    }

    #[test]
    fn a_stored_folder_that_is_gone_is_the_working_one() {
        let here = std::env::current_dir().unwrap();
        let other = tempfile::tempdir().unwrap();

        assert_eq!(start_of_stored(None), Path::new(""));
        assert_eq!(start_of_stored(Some(Path::new("/nowhere"))), Path::new(""));
        assert_eq!(start_of_stored(Some(&here)), Path::new(""));
        assert_eq!(start_of_stored(Some(other.path())), other.path());
    }
}
