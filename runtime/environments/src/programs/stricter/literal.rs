//! Plain values, as `values.py` tells them, written as Python writes them.

use serde_json::Value;

/// The Python text of a value; `None` of what has none, or is gone once it was looked at.
pub(super) fn literal(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        // Every JSON text is a Python one.
        Value::String(_) => value.to_string(),
        Value::Array(items) => format!("[{}]", all(items)?.join(", ")),
        Value::Object(told) => {
            let (kind, of) = told.iter().next().filter(|_| told.len() == 1)?;
            of_kind(kind, of)?
        }
    })
}

fn of_kind(kind: &str, of: &Value) -> Option<String> {
    let items = || all(of.as_array()?);
    Some(match kind {
        "i" => of.as_str()?.to_owned(),
        "b" => format!("bytes.fromhex({of})"),
        "y" => format!("bytearray.fromhex({of})"),
        "c" => format!("complex({})", items()?.join(", ")),
        "r" => format!("range({})", items()?.join(", ")),
        "z" => format!("frozenset([{}])", items()?.join(", ")),
        "s" => match items()? {
            items if items.is_empty() => "set()".to_owned(),
            items => format!("{{{}}}", items.join(", ")),
        },
        "t" => match &*items()? {
            [one] => format!("({one},)"),
            items => format!("({})", items.join(", ")),
        },
        "d" => {
            let pair = |pair: &Value| match all(pair.as_array()?)?.as_slice() {
                [key, value] => Some(format!("{key}: {value}")),
                _ => None,
            };
            let pairs = of.as_array()?.iter().map(pair).collect::<Option<Vec<_>>>()?;
            format!("{{{}}}", pairs.join(", "))
        }
        _ => return None,
    })
}

fn all(items: &[Value]) -> Option<Vec<String>> {
    items.iter().map(literal).collect()
}
