//! Columns of Parquet: any value may be missing.

use std::io::Write;

use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::Type;

/// A column's name and what is in it.
pub(super) type Column = (&'static str, Kind);

/// A row's values, in the order of its table's columns.
pub(super) type Row = Vec<Cell>;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text.
    Text,
    /// Whole numbers.
    Count,
    /// Numbers.
    Number,
    /// Yes or no.
    Flag,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Text(String),
    Count(i64),
    Number(f64),
    Flag(bool),
    Nothing,
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<u32> for Cell {
    fn from(count: u32) -> Self {
        Self::Count(count.into())
    }
}

impl From<f32> for Cell {
    fn from(number: f32) -> Self {
        Self::Number(number.into())
    }
}

impl From<bool> for Cell {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

/// The schema of a table.
pub(super) fn schema(name: &str, columns: &[Column]) -> Result<Type, ParquetError> {
    let column = |(name, kind): &Column| match kind {
        Kind::Text => format!("optional binary {name} (UTF8);"),
        Kind::Count => format!("optional int64 {name};"),
        Kind::Number => format!("optional double {name};"),
        Kind::Flag => format!("optional boolean {name};"),
    };
    let columns: Vec<String> = columns.iter().map(column).collect();
    parse_message_type(&format!("message {name} {{ {} }}", columns.join(" ")))
}

/// Writes these rows as a group.
pub(super) fn write_group(
    file: &mut SerializedFileWriter<impl Write + Send>,
    columns: &[Column],
    rows: &[Row],
) -> Result<(), ParquetError> {
    let mut group = file.next_row_group()?;
    for (place, (_, kind)) in columns.iter().enumerate() {
        let cells = rows.iter().map(|row| &row[place]);
        let mut column = group.next_column()?.ok_or_else(|| misfit("there is no such column"))?;
        macro_rules! write {
            ($kind:ty, $pattern:pat => $value:expr) => {{
                let (mut values, mut levels) = (Vec::new(), Vec::new());
                for cell in cells {
                    match cell {
                        $pattern => {
                            values.push($value);
                            levels.push(1);
                        }
                        Cell::Nothing => levels.push(0),
                        other => return Err(misfit(&format!("{other:?} is of another kind"))),
                    }
                }
                write::<$kind>(&mut column, &values, &levels)?;
            }};
        }
        match kind {
            Kind::Text => write!(ByteArrayType, Cell::Text(text) => ByteArray::from(text.as_str())),
            Kind::Count => write!(Int64Type, Cell::Count(count) => *count),
            Kind::Number => write!(DoubleType, Cell::Number(number) => *number),
            Kind::Flag => write!(BoolType, Cell::Flag(flag) => *flag),
        }
        column.close()?;
    }
    group.close()?;
    Ok(())
}

fn write<T: DataType>(
    column: &mut parquet::file::writer::SerializedColumnWriter<'_>,
    values: &[T::T],
    levels: &[i16],
) -> Result<(), ParquetError> {
    column.typed::<T>().write_batch(values, Some(levels), None)?;
    Ok(())
}

fn misfit(what: &str) -> ParquetError {
    ParquetError::General(what.to_owned())
}
