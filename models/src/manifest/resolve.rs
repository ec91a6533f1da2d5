//! Resolves a path or a model's name to a file.

use std::path::{Path, PathBuf};

use super::{Manifest, catalog};
use crate::checksum;

/// A file to load, and what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedModel {
    /// The file.
    pub path: PathBuf,
    /// The model's name; the file's stem where it came as a path.
    pub name: String,
    /// What its SHA-256 should be: the manifest's, or what lies beside a file as `FILE.sha256`.
    pub sha256_expected: Option<String>,
}

/// Why a name or path gives no model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// No model has that name, and no file that path.
    #[error("there is no file and no model {name:?}{}", suggestion(nearest.as_deref()))]
    Unknown {
        /// The requested name.
        name: String,
        /// The known name that is nearest, if one is near.
        nearest: Option<String>,
    },
    /// The model is known but its file is not here.
    #[error("{name} is not in {folder}: run `rebound models pull {name}`")]
    NotPulled {
        /// The model.
        name: String,
        /// Where its file would be.
        folder: String,
    },
    /// The path is a folder.
    #[error("{path} is a folder, not a model file")]
    IsFolder {
        /// The path.
        path: String,
    },
}

/// Least similarity of a suggestion, 0.0 to 1.0.
const LIKENESS_MIN: f64 = 0.6;

/// The model that a name or path means; its file is not opened.
///
/// What looks like a path (has a separator or ends in `.gguf`) is one. Other
/// words are names first and files second, so that a stray file in the current
/// folder does not shadow a model.
pub fn resolve(name_or_path: &str, folder: &Path) -> Result<ResolvedModel, ResolveError> {
    let looks_like_path = name_or_path.contains(['/', '\\'])
        || Path::new(name_or_path).extension().is_some_and(|end| end.eq_ignore_ascii_case("gguf"));
    let catalog = catalog();
    let manifest = catalog.iter().find(|manifest| manifest.is_called(name_or_path));
    match manifest {
        Some(manifest) if !looks_like_path => in_folder(manifest, folder),
        _ => at_path(Path::new(name_or_path), &catalog),
    }
}

fn in_folder(manifest: &Manifest, folder: &Path) -> Result<ResolvedModel, ResolveError> {
    let path = folder.join(&manifest.file);
    let name = manifest.name.clone();
    if !path.is_file() {
        return Err(ResolveError::NotPulled { name, folder: folder.display().to_string() });
    }
    Ok(ResolvedModel { path, name, sha256_expected: Some(manifest.sha256.clone()) })
}

fn at_path(path: &Path, catalog: &[Manifest]) -> Result<ResolvedModel, ResolveError> {
    if path.is_dir() {
        return Err(ResolveError::IsFolder { path: path.display().to_string() });
    }
    if !path.is_file() {
        let name = path.display().to_string();
        let nearest = nearest(&name, catalog);
        return Err(ResolveError::Unknown { name, nearest });
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let sha256_expected = checksum::recorded(path);
    Ok(ResolvedModel { path: path.to_owned(), name, sha256_expected })
}

fn nearest(name: &str, catalog: &[Manifest]) -> Option<String> {
    let name = name.to_lowercase();
    catalog
        .iter()
        .flat_map(Manifest::names)
        .map(|known| (strsim::normalized_damerau_levenshtein(&name, known), known))
        .filter(|&(likeness, _)| likeness >= LIKENESS_MIN)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, known)| known.to_owned())
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|known| format!(", did you mean {known}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_whose_file_is_there_is_that_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("smollm2-135m-instruct-q4_1.gguf");
        std::fs::write(&file, "weights").unwrap();

        let model = resolve("SMOLLM2-135M", folder.path()).unwrap();

        assert_eq!((model.path, model.name.as_str()), (file, "smollm2-135m-instruct"));
        assert!(model.sha256_expected.unwrap().starts_with("b179c952"));
    }

    #[test]
    fn a_name_whose_file_is_missing_says_how_to_get_it() {
        let folder = tempfile::tempdir().unwrap();

        let message = resolve("gemma3-270m", folder.path()).unwrap_err().to_string();

        assert!(message.contains("run `rebound models pull gemma-3-270m`"), "{message}");
    }

    #[test]
    fn a_misspelled_name_is_answered_with_the_nearest() {
        let message = resolve("smolm2-135m", Path::new("nowhere")).unwrap_err().to_string();

        assert!(message.contains("did you mean smollm2-135m?"), "{message}");
    }

    #[test]
    fn a_path_is_a_path() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("own.gguf");
        std::fs::write(&file, "weights").unwrap();

        let model = resolve(file.to_str().unwrap(), Path::new("nowhere")).unwrap();
        let missing = resolve("nowhere/own.gguf", Path::new("nowhere")).unwrap_err();
        let is_folder = resolve(folder.path().to_str().unwrap(), Path::new("nowhere"));

        assert_eq!((model.name.as_str(), model.sha256_expected), ("own", None));
        assert!(matches!(missing, ResolveError::Unknown { nearest: None, .. }));
        assert!(matches!(is_folder, Err(ResolveError::IsFolder { .. })));
    }
}
