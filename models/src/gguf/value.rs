//! Metadata values of every type that GGUF has.

/// The value of a key.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the format's types by their Rust names")]
pub enum Value {
    U8(u8),
    I8(i8),
    U16(u16),
    I16(i16),
    U32(u32),
    I32(i32),
    F32(f32),
    Bool(bool),
    Text(String),
    Array(Array),
    U64(u64),
    I64(i64),
    F64(f64),
}

/// An array of values of one type. Arrays of arrays are refused, as in ggml.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the format's types by their Rust names")]
pub enum Array {
    U8(Vec<u8>),
    I8(Vec<i8>),
    U16(Vec<u16>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    F32(Vec<f32>),
    Bool(Vec<bool>),
    Text(Vec<String>),
    U64(Vec<u64>),
    I64(Vec<i64>),
    F64(Vec<f64>),
}

/// The format's number for arrays.
pub(super) const ARRAY_ID: u32 = 9;

impl Value {
    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, where it is one that is not negative.
    pub fn as_unsigned(&self) -> Option<u64> {
        match *self {
            Self::U8(number) => Some(number.into()),
            Self::U16(number) => Some(number.into()),
            Self::U32(number) => Some(number.into()),
            Self::U64(number) => Some(number),
            Self::I8(number) => number.try_into().ok(),
            Self::I16(number) => number.try_into().ok(),
            Self::I32(number) => number.try_into().ok(),
            Self::I64(number) => number.try_into().ok(),
            _ => None,
        }
    }

    /// The fraction, where it is one.
    pub fn as_float(&self) -> Option<f64> {
        match *self {
            Self::F32(number) => Some(number.into()),
            Self::F64(number) => Some(number),
            _ => None,
        }
    }

    /// The first number that is infinite or none, alone or in an array; `None` if there is none.
    pub fn not_finite(&self) -> Option<f64> {
        let is_wrong = |number: &f64| !number.is_finite();
        match self {
            Self::Array(Array::F32(numbers)) => numbers.iter().map(|&f| f.into()).find(is_wrong),
            Self::Array(Array::F64(numbers)) => numbers.iter().copied().find(is_wrong),
            scalar => scalar.as_float().filter(is_wrong),
        }
    }

    /// The flag, where it is one.
    pub fn as_flag(&self) -> Option<bool> {
        match *self {
            Self::Bool(flag) => Some(flag),
            _ => None,
        }
    }

    /// The array, where it is one.
    pub fn as_array(&self) -> Option<&Array> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// What errors call values of this type.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Array(array) => kind_name(array.element_id()).1,
            scalar => kind_name(scalar.id()).0,
        }
    }

    /// The format's number for this type.
    pub(super) fn id(&self) -> u32 {
        match self {
            Self::U8(_) => 0,
            Self::I8(_) => 1,
            Self::U16(_) => 2,
            Self::I16(_) => 3,
            Self::U32(_) => 4,
            Self::I32(_) => 5,
            Self::F32(_) => 6,
            Self::Bool(_) => 7,
            Self::Text(_) => 8,
            Self::Array(_) => ARRAY_ID,
            Self::U64(_) => 10,
            Self::I64(_) => 11,
            Self::F64(_) => 12,
        }
    }
}

impl Array {
    /// The format's number for the elements' type.
    pub(super) fn element_id(&self) -> u32 {
        match self {
            Self::U8(_) => 0,
            Self::I8(_) => 1,
            Self::U16(_) => 2,
            Self::I16(_) => 3,
            Self::U32(_) => 4,
            Self::I32(_) => 5,
            Self::F32(_) => 6,
            Self::Bool(_) => 7,
            Self::Text(_) => 8,
            Self::U64(_) => 10,
            Self::I64(_) => 11,
            Self::F64(_) => 12,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// The name of a scalar of that type and of an array of it.
fn kind_name(id: u32) -> (&'static str, &'static str) {
    match id {
        0 => ("a u8", "an array of u8"),
        1 => ("an i8", "an array of i8"),
        2 => ("a u16", "an array of u16"),
        3 => ("an i16", "an array of i16"),
        4 => ("a u32", "an array of u32"),
        5 => ("an i32", "an array of i32"),
        6 => ("an f32", "an array of f32"),
        7 => ("a bool", "an array of bool"),
        8 => ("a string", "an array of strings"),
        10 => ("a u64", "an array of u64"),
        11 => ("an i64", "an array of i64"),
        _ => ("an f64", "an array of f64"),
    }
}
