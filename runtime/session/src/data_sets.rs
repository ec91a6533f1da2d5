//! Data sets: their sources, which are installed, and whether they match their checksums.

pub mod pull;
mod plain;

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use models::checksum::sha256_file;
use models::data::{self, DataFile, DataSet, Published};
use runtime_environments::worlds::WORLDS;
use runtime_environments::worlds::alfworld::archive::Archive;
use runtime_environments::worlds::alfworld::pack::Games;
use serde_json::{Value, json};

/// The state of a data set's file on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Here {
    /// Not installed.
    No,
    /// A file or unpacked folder of this name, not verified.
    Something,
    /// The published file, verified.
    AsListed,
}

/// The data set of that name.
pub fn known(name: &str) -> anyhow::Result<DataSet> {
    let known: Vec<String> = data::catalog().into_iter().map(|set| set.name).collect();
    let known = known.join(", ");
    data::find(name).with_context(|| format!("there is no data set {name}; there is {known}"))
}

/// The worlds that need a data set.
fn worlds_of(set: &DataSet) -> Vec<&'static str> {
    let played = WORLDS.iter().filter(|world| world.data == Some(&set.name));
    played.map(|world| world.name).collect()
}

/// The list as JSON.
pub fn json(folder: &Path) -> anyhow::Result<Value> {
    let entry = |set: &DataSet| -> anyhow::Result<_> {
        let file = |file: &DataFile| -> anyhow::Result<_> {
            let here = look(folder, file)?;
            Ok(json!({"split": file.split, "path": file.path, "entries": file.entries,
                          "contents": file.contents, "url": file.url, "sha256": file.sha256,
                          "here": here != Here::No, "verified": here == Here::AsListed}))
        };
        let files = set.files.iter().map(file).collect::<anyhow::Result<Vec<_>>>()?;
        let sources: Vec<&str> = set.sources.iter().map(|source| &*source.url).collect();
        Ok(json!({"name": set.name, "about": set.about, "worlds": worlds_of(set),
                      "license": set.license, "home": set.home, "form": set.form, "sources": sources, "files": files}))
    };
    data::catalog().iter().map(entry).collect()
}

/// The list as text.
pub fn text(folder: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    for set in data::catalog() {
        writeln!(text, "{:<12} {}", set.name, set.about)?;
        let worlds = worlds_of(&set);
        if !worlds.is_empty() {
            writeln!(text, "  for        {}", worlds.join(", "))?;
        }
        writeln!(text, "  license    {}", set.license)?;
        writeln!(text, "  home       {}", set.home)?;
        for Published { url, bytes, .. } in &set.sources {
            let size = bytes.map_or(String::new(), |bytes| format!(", {} MB", bytes / 1_000_000));
            writeln!(text, "  source     {url}{size}")?;
        }
        writeln!(text, "  here as    {}", set.form)?;
        for file in &set.files {
            let here = match look(folder, file)? {
                Here::No => "",
                Here::Something => "here; `rebound data verify` reads it",
                Here::AsListed => "verified",
            };
            let DataFile { path, entries, .. } = file;
            writeln!(text, "  {path:<38} {entries:>5} entries  {here}")?;
            if let Some(url) = &file.url {
                writeln!(text, "    from     {url}")?;
            }
        }
    }
    writeln!(text, "\nThey lie in {}; `rebound data pull NAME` brings them.", folder.display())?;
    Ok(text)
}

fn look(folder: &Path, file: &DataFile) -> anyhow::Result<Here> {
    let path = folder.join(&file.path);
    if path.is_file() {
        let sha256 =
            sha256_file(&path).with_context(|| format!("cannot read {}", path.display()))?;
        return Ok(if sha256 == file.sha256 { Here::AsListed } else { Here::Something });
    }
    if file.contents.is_none() {
        return Ok(Here::No);
    }
    let unpacked = Archive::find(folder, &file.split).is_ok();
    Ok(if unpacked { Here::Something } else { Here::No })
}

/// An error unless the games are those of the catalog.
fn compare(games: &Games, file: &DataFile, from: &Path) -> anyhow::Result<()> {
    let (count, contents) = (games.len(), games.contents()?);
    let expected = file.contents.as_deref().unwrap_or_default();
    ensure!(
        (count, contents.as_str()) == (file.entries, expected),
        "{}: {} has {count} games with the sha256 {contents}, expected {} with {expected}: this is \
         not the listed data",
        from.display(),
        file.split,
        file.entries
    );
    Ok(())
}

/// An error unless what is installed under a file's name is what the catalog lists.
fn compare_installed(folder: &Path, file: &DataFile) -> anyhow::Result<()> {
    let path = folder.join(&file.path);
    match &file.contents {
        Some(_) => compare(&Games::read(folder, &file.split)?, file, &path),
        None => plain::compare(&path, file),
    }
}

/// Compares installed files of the named sets, or of all sets, with the catalog; reports each
/// file that matches.
pub fn verify(folder: &Path, names: &[String], tell: &mut dyn FnMut(String)) -> anyhow::Result<()> {
    let asked = names.iter().map(|name| known(name)).collect::<anyhow::Result<Vec<_>>>()?;
    let sets = if asked.is_empty() { data::catalog() } else { asked };
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for file in sets.iter().flat_map(|set| &set.files) {
        let told = match look(folder, file)? {
            Here::No => continue,
            Here::AsListed => Ok(format!("{}: {}, as listed", file.path, file.sha256)),
            Here::Something => compare_installed(folder, file)
                .map(|()| format!("{}: packed otherwise, the contents are as listed", file.path)),
        };
        seen += 1;
        match told {
            Ok(line) => tell(line),
            Err(error) => wrong.push(format!("{error:#}")),
        }
    }
    if !wrong.is_empty() {
        bail!("{}; move away what is wrong and pull it again", wrong.join("; "));
    }
    ensure!(
        seen > 0 || names.is_empty(),
        "nothing of {} is in {}: run `rebound data pull {}`",
        names.join(", "),
        folder.display(),
        names.join(" ")
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_world_is_played_from_a_data_set_that_is_listed() {
        for name in WORLDS.iter().filter_map(|world| world.data) {
            assert!(data::find(name).is_some_and(|set| !worlds_of(&set).is_empty()), "{name}");
        }
    }
}
