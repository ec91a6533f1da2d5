//! The catalog of data sets: the contents of their files and where to download them.
//!
//! One TOML file a data set, in `data/`, built into the program, as [`crate::manifest`] has
//! models. A file is made of an archive that its authors publish, and then known by what is in it:
//! the same entries are the same data, however they are packed. Or it is a plain file, known by its
//! own SHA-256, which is fetched as it is where somebody publishes it in this form.

use serde::Deserialize;

use crate::checksum::is_sha256;

/// A data set by name.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct DataSet {
    /// Its name, in lower case.
    pub name: String,
    /// A description.
    pub about: String,
    /// The license of its contents.
    pub license: String,
    /// The page of its authors.
    pub home: String,
    /// The form of its files on this machine.
    pub form: String,
    /// The published archives that packed files are made of, in the order to try; at least one
    /// where there are such files.
    #[serde(default)]
    pub sources: Vec<Published>,
    /// The files on this machine; at least one.
    pub files: Vec<DataFile>,
}

/// A file published by the authors.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Its address.
    pub url: String,
    /// Its length, if known.
    pub bytes: Option<u64>,
    /// Its SHA-256, if known.
    pub sha256: Option<String>,
}

/// A file of a data set on this machine.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct DataFile {
    /// The part of the data set in it.
    pub split: String,
    /// Its path in the data folder.
    pub path: String,
    /// Number of entries: lines of a plain file.
    pub entries: usize,
    /// In a packed file the SHA-256 of its contents: of the lines that `sha256sum` writes of its
    /// entries, in the order of their paths. `None` is a plain file.
    pub contents: Option<String>,
    /// Where a plain file is published as it is, if it is anywhere.
    pub url: Option<String>,
    /// The length of the file, if known.
    pub bytes: Option<u64>,
    /// The SHA-256 of the file, as `rebound data pull` makes it.
    pub sha256: String,
}

impl DataFile {
    /// Its name without folders.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Its name where it is published; its own where it is not.
    pub fn published_name(&self) -> &str {
        let published = self.url.as_deref().and_then(|url| url.rsplit('/').next());
        published.unwrap_or_else(|| self.name())
    }
}

/// Why a data set's file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataSetError {
    /// The text is not a data set.
    #[error("this is not a data set's file")]
    Parse(#[from] toml::de::Error),
    /// A field holds what it must not.
    #[error("data set {name}: {field}: expected {expected}, found {found:?}")]
    Field {
        /// The data set's name.
        name: String,
        /// The field.
        field: &'static str,
        /// The expected value.
        expected: &'static str,
        /// The value found.
        found: String,
    },
}

const BUILT_IN: [&str; 8] = [
    include_str!("../data/alfworld.toml"),
    include_str!("../data/gsm8k.toml"),
    include_str!("../data/humaneval.toml"),
    include_str!("../data/math.toml"),
    include_str!("../data/hotpotqa.toml"),
    include_str!("../data/mbpp.toml"),
    include_str!("../data/reflexion-programs.toml"),
    include_str!("../data/webshop.toml"),
];

impl DataSet {
    /// Reads a data set from the text of its file.
    pub fn parse(toml: &str) -> Result<Self, DataSetError> {
        let set: Self = toml::from_str(toml)?;
        set.check()?;
        Ok(set)
    }

    fn check(&self) -> Result<(), DataSetError> {
        let field = |field, expected, found: &str| {
            let (name, found) = (self.name.clone(), found.to_owned());
            Err(DataSetError::Field { name, field, expected, found })
        };
        if self.sources.is_empty() && self.files.iter().any(|file| file.contents.is_some()) {
            return field("sources", "at least one source", "none");
        }
        if self.files.is_empty() {
            return field("files", "at least one file", "none");
        }
        for DataFile { path, contents, url, sha256, .. } in &self.files {
            if let (Some(_), Some(url)) = (contents, url) {
                return field("url", "none beside `contents`: it is made of a source", url);
            }
            let is_within = path.split('/').all(|part| !["", ".", ".."].contains(&part));
            if !is_within || path.contains(['\\', ':']) {
                return field("path", "a path within the data folder", path);
            }
            if let Some(sum) =
                [Some(sha256), contents.as_ref()].into_iter().flatten().find(|sum| !is_sha256(sum))
            {
                return field("sha256", "64 hex digits", sum);
            }
        }
        let mut sums = self.sources.iter().filter_map(|source| source.sha256.as_ref());
        if let Some(sum) = sums.find(|sum| !is_sha256(sum)) {
            return field("sha256", "64 hex digits", sum);
        }
        Ok(())
    }
}

/// All built-in data sets.
///
/// # Panics
///
/// Never: a test reads each of them.
pub fn catalog() -> Vec<DataSet> {
    let parse = |toml: &&str| DataSet::parse(toml).expect("a test reads each of them");
    BUILT_IN.iter().map(parse).collect()
}

/// The built-in data set of that name, in any case.
pub fn find(name: &str) -> Option<DataSet> {
    catalog().into_iter().find(|set| set.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_data_set_on_offer_can_be_read() {
        for toml in BUILT_IN {
            DataSet::parse(toml).unwrap();
        }
    }

    fn check_refused(from: &str, to: &str, message: &str) {
        assert!(BUILT_IN[0].contains(from), "{from}");
        let error = DataSet::parse(&BUILT_IN[0].replace(from, to)).unwrap_err();
        let told = format!("{error}: {:?}", std::error::Error::source(&error));
        assert!(told.contains(message), "{told}");
    }

    #[test]
    fn what_is_not_a_data_set_is_refused_by_its_field() {
        check_refused("license", "licence", "licence");
        check_refused("alfworld/train.tar.zst", "../train.tar.zst", "within the data folder");
        check_refused("alfworld/train.tar.zst", "/train.tar.zst", "within the data folder");
        check_refused("sha256 = \"5df7", "sha256 = \"", "64 hex digits");
        check_refused("entries = 3553", "entries = 3553\nurl = \"https://a\"", "contents");
    }
}
