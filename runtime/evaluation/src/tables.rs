//! A run's trials, steps, reflections and tokens as Parquet: a row each, in columns that pandas,
//! `DuckDB`, Polars and others read.
//!
//! The names are those of the Python package's tables.

mod rows;
mod columns;

use std::io::Write;

use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use runtime_core::history::RunHistory;

use columns::{Column, Row, schema, write_group};

/// Rows that are held at once; each so many are a group of rows in the file.
const GROUP_ROWS: usize = 65_536;

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Finished trials.
    Trials,
    /// Their steps.
    Steps,
    /// The reflections on them.
    Reflections,
    /// The tokens of thoughts, actions and reflections with their log-probabilities.
    Tokens,
}

impl Table {
    /// All tables.
    pub const ALL: [Self; 4] = [Self::Trials, Self::Steps, Self::Reflections, Self::Tokens];

    /// Its name, and that of its file before `.parquet`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trials => "trials",
            Self::Steps => "steps",
            Self::Reflections => "reflections",
            Self::Tokens => "tokens",
        }
    }

    fn columns(self) -> Vec<Column> {
        rows::columns(self)
    }
}

/// Writes a table of the arms of a run; returns the number of its rows.
pub fn write(
    table: Table,
    histories: &[RunHistory],
    to: impl Write + Send,
) -> Result<u64, ParquetError> {
    let columns = table.columns();
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let schema = schema(table.name(), &columns)?;
    let mut file = SerializedFileWriter::new(to, schema.into(), properties.into())?;
    let (mut held, mut written): (Vec<Row>, u64) = (Vec::new(), 0);
    for row in histories.iter().flat_map(|history| rows::of(table, history)) {
        held.push(row);
        written += 1;
        if held.len() == GROUP_ROWS {
            write_group(&mut file, &columns, &held)?;
            held.clear();
        }
    }
    if !held.is_empty() {
        write_group(&mut file, &columns, &held)?;
    }
    file.close()?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;

    use crate::results::tests::{history, outcomes};

    use super::*;

    #[test]
    fn tables_are_read_back_by_a_reader_of_parquet() {
        let mut play = history("reflexion", &outcomes(&[2], 1));
        play.tasks[1].trials[0].trajectory.steps[0].grounded = None;
        for (table, rows) in Table::ALL.into_iter().zip([4, 4, 3, 14]) {
            let file = tempfile::tempfile().unwrap();
            let to = file.try_clone().unwrap();
            assert_eq!(write(table, &[play.clone()], to).unwrap(), rows, "{table:?}");
            let reader = SerializedFileReader::new(file).unwrap();
            let found: Vec<_> =
                reader.get_row_iter(None).unwrap().collect::<Result<_, _>>().unwrap();
            assert_eq!(found.len() as u64, rows);
            assert_eq!(found[0].get_string(0).unwrap(), "reflexion");
            assert_eq!(found[0].get_string(1).unwrap(), "task 0");
            if table == Table::Tokens {
                let (log_prob, full) = (found[0].get_double(8), found[0].get_double(9));
                assert_eq!((log_prob.unwrap(), full.unwrap()), (-0.5, -1.5));
            }
        }
    }
}
