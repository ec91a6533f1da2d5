//! Puts every folder of `prompts/` into the program, so that a new one needs no line of code.
//!
//! Writes `FOLDERS`: each folder's name, with the names and texts of its templates.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=prompts");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut folders = Vec::new();
    for folder in sorted(&root.join("prompts"))? {
        let template = |file: &PathBuf| {
            format!("({:?}, include_str!({:?}))", stem(file), file.to_string_lossy())
        };
        let templates: Vec<String> = sorted(&folder)?.iter().map(template).collect();
        folders.push(format!("({:?}, &[{}])", stem(&folder), templates.join(", ")));
    }
    let folders = folders.join(",\n    ");
    let code = format!("const FOLDERS: &[(&str, &[(&str, &str)])] = &[\n    {folders}\n];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("prompts.rs"), code)
}

/// What is in a folder, in an order that is the same everywhere.
fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
