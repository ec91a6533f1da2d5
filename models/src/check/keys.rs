//! The keys of an architecture: whole numbers in their ranges, fractions finite, names known.

use super::invalid;
use crate::gguf::{Array, Gguf, GgufError, Value};

/// The least alignment at which ggml's buffers lie.
const ALIGNMENT_MIN: u64 = 32;
/// The greatest alignment that a file can have a reason for: a large page of memory.
const ALIGNMENT_MAX: u64 = 1 << 21;
/// As llama.cpp has room for.
const LAYERS_MAX: u64 = 512;
/// As llama.cpp has room for.
const EXPERTS_MAX: u64 = 1024;
/// Greatest number of tokens of a context, and of values in a layer.
const COUNT_MAX: u64 = 1 << 24;
/// Greatest number of heads, and of values of a head.
const HEADS_MAX: u64 = 1 << 16;
/// Greatest number under any other key: what a signed 32-bit integer holds.
const NUMBER_MAX: u64 = (1 << 31) - 1;

/// Architectures whose heads all have keys and values, of one width, which is rotated as a whole.
const UNIFORM: [&str; 4] = ["llama", "qwen2", "qwen3", "gemma3"];

/// What a key may hold.
#[derive(Clone, Copy)]
enum Rule {
    /// A whole number from the first to the second, or one for each layer.
    Count(u64, u64),
    /// A number above 0, and finite.
    Positive,
    /// One of these names.
    OneOf(&'static [&'static str]),
}

/// Keys, after the architecture's name.
const RULES: &[(&str, Rule)] = &[
    ("block_count", Rule::Count(1, LAYERS_MAX)),
    ("context_length", Rule::Count(1, COUNT_MAX)),
    ("embedding_length", Rule::Count(1, COUNT_MAX)),
    ("vocab_size", Rule::Count(1, COUNT_MAX)),
    ("feed_forward_length", Rule::Count(0, COUNT_MAX)),
    ("attention.head_count", Rule::Count(0, HEADS_MAX)),
    ("attention.head_count_kv", Rule::Count(0, HEADS_MAX)),
    ("attention.key_length", Rule::Count(1, HEADS_MAX)),
    ("attention.value_length", Rule::Count(1, HEADS_MAX)),
    ("attention.sliding_window", Rule::Count(0, COUNT_MAX)),
    ("rope.dimension_count", Rule::Count(0, HEADS_MAX)),
    ("expert_count", Rule::Count(0, EXPERTS_MAX)),
    ("expert_used_count", Rule::Count(0, EXPERTS_MAX)),
    ("expert_group_count", Rule::Count(0, EXPERTS_MAX)),
    ("expert_group_used_count", Rule::Count(0, EXPERTS_MAX)),
    ("attention.layer_norm_rms_epsilon", Rule::Positive),
    ("attention.layer_norm_epsilon", Rule::Positive),
    ("attention.group_norm_epsilon", Rule::Positive),
    ("rope.freq_base", Rule::Positive),
    ("rope.freq_base_swa", Rule::Positive),
    ("rope.scaling.type", Rule::OneOf(&["none", "linear", "yarn", "longrope"])),
];

pub(super) fn check(gguf: &Gguf) -> Result<(), GgufError> {
    let alignment = gguf.alignment_bytes();
    if !(ALIGNMENT_MIN..=ALIGNMENT_MAX).contains(&alignment) {
        let expected = format!("{ALIGNMENT_MIN} to {ALIGNMENT_MAX}");
        return Err(invalid(gguf, "key general.alignment", &expected, alignment.to_string()));
    }
    if let Some(parts) = gguf.unsigned("split.count").filter(|&parts| parts > 1) {
        let expected = "a model in one file";
        return Err(invalid(gguf, "key split.count", expected, format!("{parts} parts")));
    }
    let architecture = format!("{}.", gguf.architecture()?);
    for (key, value) in gguf.metadata() {
        let Some(name) = key.strip_prefix(&architecture) else { continue };
        let rule = RULES.iter().find(|(known, _)| *known == name).map(|(_, rule)| *rule);
        let wrong = match rule {
            Some(rule) => of_rule(rule, value),
            None => of_any(value),
        };
        if let Some((expected, found)) = wrong {
            return Err(invalid(gguf, &format!("key {key}"), &expected, found));
        }
    }
    agree(gguf, &architecture)
}

/// What a rule expects and what there is instead, if there is.
fn of_rule(rule: Rule, value: &Value) -> Option<(String, String)> {
    match rule {
        Rule::Count(least, most) => {
            let expected = || format!("a whole number from {least} to {most}");
            match numbers(value) {
                Some(found) => {
                    let wrong = found.iter().find(|&number| {
                        u64::try_from(*number).map_or(true, |it| it < least || it > most)
                    });
                    wrong.map(|number| (expected(), number.to_string()))
                }
                None => Some((expected(), value.kind_name().to_owned())),
            }
        }
        Rule::Positive => {
            let number = value.as_float();
            let is_right = number.is_some_and(|number| number.is_finite() && number > 0.0);
            let found = number.map_or_else(|| value.kind_name().to_owned(), |it| it.to_string());
            (!is_right).then(|| ("a finite number above 0".to_owned(), found))
        }
        Rule::OneOf(names) => {
            let found = value.as_text();
            let is_right = found.is_some_and(|found| names.contains(&found));
            let told =
                || found.map_or_else(|| value.kind_name().to_owned(), |it| format!("{it:?}"));
            (!is_right).then(|| (format!("one of {}", names.join(", ")), told()))
        }
    }
}

/// The same for a key without a rule of its own.
fn of_any(value: &Value) -> Option<(String, String)> {
    let fraction = match value {
        Value::Array(Array::F32(items)) => {
            items.iter().find(|item| !item.is_finite()).map(|&item| f64::from(item))
        }
        Value::Array(Array::F64(items)) => items.iter().find(|item| !item.is_finite()).copied(),
        other => other.as_float().filter(|number| !number.is_finite()),
    };
    if let Some(found) = fraction {
        return Some(("a finite number".to_owned(), found.to_string()));
    }
    let is_beyond = |number: &&i128| number.unsigned_abs() > u128::from(NUMBER_MAX);
    let found = numbers(value)?;
    let beyond = found.iter().find(is_beyond)?;
    Some((format!("a whole number up to {NUMBER_MAX}"), beyond.to_string()))
}

/// The whole numbers of a value, one or many; `None` of one that is something else.
fn numbers(value: &Value) -> Option<Vec<i128>> {
    fn all<T: Copy + Into<i128>>(items: &[T]) -> Vec<i128> {
        items.iter().map(|&item| item.into()).collect()
    }
    Some(match value {
        Value::U8(number) => all(&[*number]),
        Value::I8(number) => all(&[*number]),
        Value::U16(number) => all(&[*number]),
        Value::I16(number) => all(&[*number]),
        Value::U32(number) => all(&[*number]),
        Value::I32(number) => all(&[*number]),
        Value::U64(number) => all(&[*number]),
        Value::I64(number) => all(&[*number]),
        Value::Array(Array::U32(items)) => all(items),
        Value::Array(Array::I32(items)) => all(items),
        Value::Array(Array::U64(items)) => all(items),
        Value::Array(Array::I64(items)) => all(items),
        _ => return None,
    })
}

/// Checks numbers against each other.
fn agree(gguf: &Gguf, architecture: &str) -> Result<(), GgufError> {
    let key = |name: &str| format!("{architecture}{name}");
    let number = |name: &str| gguf.unsigned(&key(name));
    let wrong = |name: &str, expected: String, found: u64| {
        Err(invalid(gguf, &format!("key {}", key(name)), &expected, found.to_string()))
    };
    let layers = number("block_count").unwrap_or(0);
    if let Some(next) = number("nextn_predict_layers").filter(|&next| next >= layers) {
        return wrong("nextn_predict_layers", format!("fewer than the {layers} layers"), next);
    }
    if let Some(leading) = number("leading_dense_block_count").filter(|&count| count > layers) {
        let expected = format!("at most the {layers} layers");
        return wrong("leading_dense_block_count", expected, leading);
    }
    let experts = number("expert_count").unwrap_or(0);
    let groups = number("expert_group_count").unwrap_or(0);
    let used = number("expert_used_count").unwrap_or(0);
    if used > experts || (used == 0 && experts > 0) {
        let expected = format!("some of the {experts} experts");
        return wrong("expert_used_count", expected, used);
    }
    let in_group = number("expert_group_used_count").unwrap_or(0);
    let are_whole = groups <= 1 || experts.is_multiple_of(groups);
    if (groups > 0 && groups >= experts) || !are_whole {
        return wrong("expert_group_count", format!("a divisor of {experts} experts"), groups);
    }
    if groups > 1 && (in_group == 0 || in_group >= groups) {
        let expected = format!("some of the {groups} groups");
        return wrong("expert_group_used_count", expected, in_group);
    }
    heads(gguf, architecture)
}

/// Checks the numbers of heads, and their widths where those are all one.
fn heads(gguf: &Gguf, architecture: &str) -> Result<(), GgufError> {
    let key = |name: &str| format!("{architecture}{name}");
    let number = |name: &str| gguf.unsigned(&key(name));
    let wrong = |name: &str, expected: String, found: String| {
        Err(invalid(gguf, &format!("key {}", key(name)), &expected, found))
    };
    let Some(heads) = number("attention.head_count") else { return Ok(()) };
    let sharing = number("attention.head_count_kv").unwrap_or(heads);
    if heads > 0 && (sharing == 0 || !heads.is_multiple_of(sharing)) {
        let expected = format!("a divisor of {heads} heads");
        return wrong("attention.head_count_kv", expected, sharing.to_string());
    }
    if !UNIFORM.contains(&architecture.trim_end_matches('.')) {
        return Ok(());
    }
    let width = number("embedding_length").unwrap_or(0);
    if heads == 0 || (number("attention.key_length").is_none() && !width.is_multiple_of(heads)) {
        let expected = format!("a divisor of {width} values");
        return wrong("attention.head_count", expected, heads.to_string());
    }
    let head_width = number("attention.key_length").unwrap_or(width / heads);
    for name in ["attention.value_length", "rope.dimension_count"] {
        let found = number(name).unwrap_or(head_width);
        if found != head_width {
            return wrong(name, format!("{head_width}, as keys have"), found.to_string());
        }
    }
    Ok(())
}
