//! Data sets of plain files: JSON lines in the data folder, an object a line.
//!
//! What is wrong with a line is told by file, line, field, what was expected and what was found.
//! What the fields mean is for the worlds to say.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::world::WorldError;

/// Longest line: an article of an encyclopedia has less.
const LINE_BYTES_MAX: u64 = 16 << 20;
/// Characters of a value that an error shows.
const SHOWN: usize = 60;

/// A file of a data set in the data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowFile {
    /// The data set's name in `models/data`.
    pub set: &'static str,
    /// Its path in the data folder.
    pub path: &'static str,
}

/// Why a data set's file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    /// The file is not there.
    #[error(
        "{path:?} was expected and is not there. `rebound data pull {set}` brings it; --data or \
         REBOUND_DATA names another folder"
    )]
    Missing {
        /// The expected path.
        path: PathBuf,
        /// The data set.
        set: &'static str,
    },
    /// The file cannot be read.
    #[error("{path:?} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of reading.
        source: std::io::Error,
    },
    /// A line is not what was expected.
    #[error("{path:?}, line {line}{}: expected {expected}, found {found}", named(field))]
    Line {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// The field, such as `context[3].title`; empty for the whole line.
        field: String,
        /// What was expected.
        expected: &'static str,
        /// What was found.
        found: String,
    },
}

impl From<RowError> for WorldError {
    fn from(error: RowError) -> Self {
        Self::Own(Box::new(error))
    }
}

fn named(field: &str) -> String {
    if field.is_empty() { String::new() } else { format!(", field {field}") }
}

impl RowFile {
    /// Where the file lies: at its path in the data folder, or in the folder itself.
    pub fn find(self, data: &Path) -> Result<PathBuf, RowError> {
        let path = data.join(self.path);
        let name = Path::new(self.path).file_name().unwrap_or_default();
        let found = [path.clone(), data.join(name)].into_iter().find(|path| path.is_file());
        found.ok_or(RowError::Missing { path, set: self.set })
    }

    /// What `parse` makes of each line of the file in a data folder.
    pub fn read<T>(
        self,
        data: &Path,
        parse: impl FnMut(Row<'_>) -> Result<T, RowError>,
    ) -> Result<Vec<T>, RowError> {
        read(&self.find(data)?, parse)
    }
}

/// What `parse` makes of each line of a file of JSON lines, of one that is compressed by zstd or gzip
/// if its name ends in `.zst` or `.gz`. Empty lines are passed over.
pub fn read<T>(
    path: &Path,
    mut parse: impl FnMut(Row<'_>) -> Result<T, RowError>,
) -> Result<Vec<T>, RowError> {
    let mut rows = Vec::new();
    each(path, |row| {
        rows.push(parse(row)?);
        Ok::<(), RowError>(())
    })?;
    Ok(rows)
}

/// Gives each line of such a file to `visit`, until it fails.
pub fn each<E: From<RowError>>(
    path: &Path,
    mut visit: impl FnMut(Row<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let unreadable = |source| RowError::Unreadable { path: path.to_owned(), source };
    let file = runtime_files::open(path).map_err(unreadable)?;
    let packing = path.extension().and_then(|extension| extension.to_str());
    let mut lines: Box<dyn BufRead> = match packing {
        Some("zst") => Box::new(BufReader::new(zstd::Decoder::new(file).map_err(unreadable)?)),
        Some("gz") => Box::new(BufReader::new(flate2::read::MultiGzDecoder::new(file))),
        _ => Box::new(BufReader::new(file)),
    };
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        let mut limited = (&mut lines).take(LINE_BYTES_MAX);
        if limited.read_until(b'\n', &mut bytes).map_err(unreadable)? == 0 {
            break;
        }
        let place = Place { path, line };
        if bytes.len() as u64 == LINE_BYTES_MAX && bytes.last() != Some(&b'\n') {
            return Err(place.error("", "at most 16 MiB", "a longer line".to_owned()).into());
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|error| place.error("", "JSON", error.to_string()))?;
        let Value::Object(fields) = &value else {
            return Err(place.error("", "an object", shown(&value)).into());
        };
        visit(Row { place, within: String::new(), fields })?;
    }
    Ok(())
}

#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    path: &'a Path,
    line: usize,
}

impl Place<'_> {
    fn error(self, field: &str, expected: &'static str, found: String) -> RowError {
        let (path, field) = (self.path.to_owned(), field.to_owned());
        RowError::Line { path, line: self.line, field, expected, found }
    }
}

/// The fields of a line, or of an object in it. A field that is `null` is one that is not there.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    place: Place<'a>,
    /// What stands before a field's name in errors: empty, or like `context[3].`.
    within: String,
    fields: &'a Map<String, Value>,
}

impl<'a> Row<'a> {
    /// Number of the line in its file, from 1.
    pub fn line(&self) -> usize {
        self.place.line
    }

    /// The value of a field, if it is there.
    pub fn value(&self, field: &str) -> Option<&'a Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// All fields, in the file's order.
    pub fn fields(&self) -> &'a Map<String, Value> {
        self.fields
    }

    /// A text.
    pub fn text(&self, field: &str) -> Result<&'a str, RowError> {
        self.is(field, "a string", Value::as_str)
    }

    /// A number.
    pub fn number(&self, field: &str) -> Result<f64, RowError> {
        self.is(field, "a number", Value::as_f64)
    }

    /// A whole number from 0.
    pub fn count(&self, field: &str) -> Result<u64, RowError> {
        self.is(field, "a whole number from 0", Value::as_u64)
    }

    /// A list of texts.
    pub fn texts(&self, field: &str) -> Result<Vec<&'a str>, RowError> {
        let texts = self.is(field, "a list of strings", Value::as_array)?;
        let text = |(place, value): (usize, &'a Value)| {
            value
                .as_str()
                .ok_or_else(|| self.wrong(&format!("{field}[{place}]"), "a string", value))
        };
        texts.iter().enumerate().map(text).collect()
    }

    /// A list of objects.
    pub fn rows(&self, field: &str) -> Result<Vec<Row<'a>>, RowError> {
        let rows = self.is(field, "a list of objects", Value::as_array)?;
        let row = |(place, value): (usize, &'a Value)| {
            let field = format!("{field}[{place}]");
            let fields = value.as_object();
            let fields = fields.ok_or_else(|| self.wrong(&field, "an object", value))?;
            let within = format!("{}{field}.", self.within);
            Ok(Row { place: self.place, within, fields })
        };
        rows.iter().enumerate().map(row).collect()
    }

    /// The error of a field that holds something else than `expected`.
    pub fn wrong(&self, field: &str, expected: &'static str, found: &Value) -> RowError {
        self.place.error(&format!("{}{field}", self.within), expected, shown(found))
    }

    fn is<T>(
        &self,
        field: &str,
        expected: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<T, RowError> {
        let found = self.fields.get(field);
        let told = || found.map_or_else(|| "no such field".to_owned(), shown);
        let named = || format!("{}{field}", self.within);
        found.and_then(read).ok_or_else(|| self.place.error(&named(), expected, told()))
    }
}

/// A value as an error shows it.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests;
