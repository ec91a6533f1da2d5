//! Model files by name: downloading, verifying, inspecting and merging.

pub mod list;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use models::adapter::{self, Adapter, MergePrecision};
use models::checksum;
use models::gguf::{Gguf, Value};
use models::manifest::{self, Manifest, ResolveError};
use models::pull::{self, PullProgress};

use crate::files;

/// The manifest of a name that `rebound models list` has.
pub fn known(name: &str, folder: &Path) -> anyhow::Result<Manifest> {
    match manifest::find(name) {
        Some(manifest) => Ok(manifest),
        // The error for a name that nothing has suggests the nearest.
        None => match manifest::resolve(name, folder) {
            Err(error) => Err(error.into()),
            Ok(_) => bail!("{name} is a file, not a name from `rebound models list`"),
        },
    }
}

/// Whether a listed model is still to be fetched into the folder.
pub fn is_missing(name: &str, folder: &Path) -> bool {
    matches!(manifest::resolve(name, folder), Err(ResolveError::NotPulled { .. }))
}

/// Fetches a listed model into the folder; returns its file.
pub fn pull(name: &str, folder: &Path, progress: &mut dyn PullProgress) -> anyhow::Result<PathBuf> {
    Ok(pull::pull(&known(name, folder)?, folder, progress)?)
}

/// The file of a model, by its name or its path.
pub(crate) fn path_of(model: &str) -> anyhow::Result<PathBuf> {
    Ok(manifest::resolve(model, &files::models_folder()?)?.path)
}

/// The sha256 of a file.
pub(crate) fn sha256_of(path: &Path) -> anyhow::Result<String> {
    checksum::sha256_file(path).with_context(|| format!("cannot read {}", path.display()))
}

/// A model file with what goes with it: an adapter made for another one is refused.
pub(crate) fn opened(base: &Path, adapter: &Path) -> anyhow::Result<(Gguf, Adapter)> {
    let (gguf, adapter) = (Gguf::open(base)?, Adapter::open(adapter)?);
    if adapter.base_sha256.is_some() {
        adapter.check_base(&gguf, Some(&sha256_of(base)?))?;
    }
    Ok((gguf, adapter))
}

/// Compares models that are here with their sha256, all of them where none is named; tells of
/// each that is right.
pub fn verify(folder: &Path, names: &[String], tell: &mut dyn FnMut(String)) -> anyhow::Result<()> {
    let manifests = if names.is_empty() {
        let all = manifest::catalog().into_iter();
        all.filter(|manifest| folder.join(&manifest.file).exists()).collect()
    } else {
        names.iter().map(|name| known(name, folder)).collect::<anyhow::Result<Vec<_>>>()?
    };
    let mut wrong = Vec::new();
    for manifest in &manifests {
        match pull::verify(manifest, folder) {
            Ok(()) => tell(format!("{}: {}, as listed", manifest.name, manifest.sha256)),
            Err(error) => wrong.push(format!("{:#}", anyhow::Error::from(error))),
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    bail!("{}; remove what is wrong and pull it again", wrong.join("; "))
}

/// What stands in a GGUF file, with its tensors or without.
pub fn contents(folder: &Path, model: &str, tensors: bool) -> anyhow::Result<String> {
    let path = manifest::resolve(model, folder)?.path;
    let gguf = Gguf::open(&path)?;
    let mut text = String::new();
    let bytes = gguf.file_bytes();
    let count = gguf.tensors().len();
    writeln!(text, "{}\nGGUF {}, {bytes} bytes, {count} tensors", path.display(), gguf.version())?;
    let sha256 = checksum::sha256_file(&path).context("cannot read the file")?;
    writeln!(text, "sha256 {sha256}\n")?;
    for (key, value) in gguf.metadata() {
        writeln!(text, "{key} = {}", short(value))?;
    }
    if tensors {
        writeln!(text)?;
        for tensor in gguf.tensors() {
            writeln!(text, "{:<40} {:<6} {:?}", tensor.name, tensor.kind.name(), tensor.ne)?;
        }
    }
    Ok(text)
}

/// Writes a model of the folder, or of a path, with an adapter in it to `out`, which must not
/// exist. `told` hears the bytes done, and all.
pub fn merge(
    (base, folder): (&str, &Path),
    adapter: &Path,
    precision: MergePrecision,
    out: &Path,
    told: &mut dyn FnMut(u64, u64),
) -> anyhow::Result<()> {
    check_new(out)?;
    let (base, adapter) = opened(&manifest::resolve(base, folder)?.path, adapter)?;
    Ok(adapter::merge(&base, &adapter, precision, out, told)?)
}

/// Refuses to write over a file.
pub(crate) fn check_new(out: &Path) -> anyhow::Result<()> {
    ensure!(!out.exists(), "{} exists; choose another name or remove it", out.display());
    Ok(())
}

/// A value on one line.
fn short(value: &Value) -> String {
    const CHARACTERS_MAX: usize = 100;
    let text = match value {
        Value::Array(_) => value.kind_name().to_string(),
        Value::Text(text) => format!("{text:?}"),
        other => format!("{other:?}"),
    };
    if text.chars().count() <= CHARACTERS_MAX {
        return text;
    }
    text.chars().take(CHARACTERS_MAX).chain(['…']).collect()
}
