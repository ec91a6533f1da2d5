//! Damage to GGUF files that leaves their form: keys, tensors and values become others, and the
//! file is written anew.

use std::borrow::Cow;

use models::gguf::{self, Array, GgmlType, Gguf, NewTensor, Value};

use crate::draws::Draws;

/// What stands in the place of a whole number.
const NUMBERS: [u32; 12] =
    [0, 1, 2, 3, 7, 255, 1000, 65_536, 1 << 20, 0x7fff_ffff, 0x8000_0000, u32::MAX];
/// What stands in the place of a fraction.
const FRACTIONS: [f32; 12] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    1e-45,
    1e-30,
    1e30,
    f32::MAX,
    f32::MIN,
    f32::NAN,
    f32::INFINITY,
    f32::NEG_INFINITY,
];
const TEXTS: [&str; 12] = [
    "",
    " ",
    "\0",
    "a\0b",
    "llama",
    "gpt2",
    "none",
    "adapter",
    "\u{202e}\u{200b}",
    "\u{1b}[2J",
    "../../x",
    "yarn",
];
/// Keys that a file of ours has not, which engines may read; `*` stands for the architecture.
const FURTHER: [&str; 14] = [
    "*.expert_count",
    "*.expert_used_count",
    "*.nextn_predict_layers",
    "*.rope.scaling.type",
    "*.rope.scaling.factor",
    "*.attention.layer_norm_epsilon",
    "*.attention.sliding_window",
    "*.attention.scale",
    "*.rope.scaling.original_context_length",
    "general.alignment",
    "split.count",
    "tokenizer.ggml.scores",
    "*.vocab_size",
    "adapter.lora.task_name",
];
const KINDS: [GgmlType; 8] = [
    GgmlType::I8,
    GgmlType::I16,
    GgmlType::I32,
    GgmlType::I64,
    GgmlType::F64,
    GgmlType::F16,
    GgmlType::BF16,
    GgmlType::Q8_0,
];

/// The parts of a file.
struct Parts {
    metadata: Vec<(String, Value)>,
    tensors: Vec<NewTensor<'static>>,
}

/// The file with one to three of its parts changed. The bytes behind its tensors are lost.
pub fn parts(sound: &[u8], draws: &mut Draws) -> Vec<u8> {
    let mut parts = read(sound);
    for _ in 0..=draws.below(3) {
        match draws.below(9) {
            0 | 1 => values(&mut parts.tensors, draws),
            2 => tensor(&mut parts.tensors, draws),
            3 => further(&mut parts.metadata, draws),
            4 => drop(parts.metadata.remove(draws.below(parts.metadata.len()))),
            _ => key(&mut parts.metadata, draws),
        }
        if parts.metadata.is_empty() || parts.tensors.is_empty() {
            break;
        }
    }
    // What the writer refuses, such as an alignment of 0, goes without that change.
    gguf::encode(&parts.metadata, &parts.tensors).unwrap_or_else(|_| truncated(sound, draws))
}

/// The file whose chat template is this one.
///
/// # Panics
///
/// Where what is damaged is no sound file.
pub fn with_template(sound: &[u8], template: &[u8]) -> Vec<u8> {
    let mut parts = read(sound);
    let text = String::from_utf8_lossy(template).into_owned();
    for (key, value) in &mut parts.metadata {
        if key == "tokenizer.chat_template" {
            *value = Value::Text(text.clone());
        }
    }
    gguf::encode(&parts.metadata, &parts.tensors).expect("a text fits where a text was")
}

fn read(sound: &[u8]) -> Parts {
    let file = Gguf::from_bytes("sound", sound.to_vec()).expect("what is damaged was sound");
    let of = |tensor: &gguf::Tensor| NewTensor {
        name: tensor.name.clone(),
        ne: tensor.ne.clone(),
        kind: tensor.kind,
        bytes: Cow::Owned(sound[tensor.range.clone()].to_vec()),
    };
    Parts { metadata: file.metadata().to_vec(), tensors: file.tensors().iter().map(of).collect() }
}

fn truncated(sound: &[u8], draws: &mut Draws) -> Vec<u8> {
    sound[..draws.below(sound.len())].to_vec()
}

fn key(metadata: &mut [(String, Value)], draws: &mut Draws) {
    let place = draws.below(metadata.len());
    let value = other(&metadata[place].1, draws);
    metadata[place].1 = value;
}

fn further(metadata: &mut Vec<(String, Value)>, draws: &mut Draws) {
    let architecture = metadata.iter().find(|(key, _)| key == "general.architecture");
    let architecture = architecture.and_then(|(_, value)| value.as_text()).unwrap_or("llama");
    let key = draws.of(&FURTHER).replace('*', architecture);
    let kind = match draws.below(4) {
        0 => Value::F32(0.0),
        1 => Value::Text(String::new()),
        2 => Value::Array(Array::F32(vec![1.0; draws.below(400)])),
        _ => Value::U32(0),
    };
    let value = other(&kind, draws);
    metadata.retain(|(name, _)| *name != key);
    metadata.push((key, value));
}

/// Another value, mostly of the same type.
fn other(value: &Value, draws: &mut Draws) -> Value {
    if draws.one_in(8) {
        return Value::Text((*draws.of(&TEXTS)).to_owned());
    }
    match value {
        Value::Text(text) if draws.one_in(4) => Value::Text(text.repeat(1 + draws.below(100))),
        Value::Text(_) => Value::Text((*draws.of(&TEXTS)).to_owned()),
        Value::F32(_) => Value::F32(*draws.of(&FRACTIONS)),
        Value::Bool(truth) => Value::Bool(!truth),
        Value::Array(array) => Value::Array(other_array(array.clone(), draws)),
        Value::U64(_) => Value::U64(draws.number()),
        Value::I32(_) => Value::I32(i32::from_ne_bytes(draws.of(&NUMBERS).to_ne_bytes())),
        _ => Value::U32(*draws.of(&NUMBERS)),
    }
}

fn other_array(mut array: Array, draws: &mut Draws) -> Array {
    match &mut array {
        Array::Text(texts) => match draws.below(4) {
            0 => texts.truncate(draws.below(texts.len() + 1)),
            1 => texts.push((*draws.of(&TEXTS)).to_owned()),
            2 if !texts.is_empty() => {
                let place = draws.below(texts.len());
                let other = texts[draws.below(texts.len())].clone();
                texts[place] = other;
            }
            _ => texts.iter_mut().skip(draws.below(300)).take(1).for_each(|text| {
                (*draws.of(&TEXTS)).clone_into(text);
            }),
        },
        Array::I32(numbers) => match draws.below(3) {
            0 => numbers.truncate(draws.below(numbers.len() + 1)),
            1 => numbers.fill(*draws.of(&[0, 3, 6, -1, i32::MAX])),
            _ => numbers.iter_mut().skip(draws.below(300)).take(1).for_each(|number| *number = 77),
        },
        Array::F32(numbers) => numbers.fill(*draws.of(&FRACTIONS)),
        _ => {}
    }
    array
}

/// Puts fractions that are no sound weights into a tensor of 32-bit floats.
fn values(tensors: &mut [NewTensor<'static>], draws: &mut Draws) {
    let place = draws.below(tensors.len());
    let tensor = &mut tensors[place];
    let (value, range) = (draws.of(&FRACTIONS).to_le_bytes(), draws.range(tensor.bytes.len() / 4));
    for bytes in tensor.bytes.to_mut()[4 * range.start..4 * range.end].chunks_exact_mut(4) {
        bytes.copy_from_slice(&value);
    }
}

/// Gives a tensor another type, shape or name, or takes it out.
fn tensor(tensors: &mut Vec<NewTensor<'static>>, draws: &mut Draws) {
    let place = draws.below(tensors.len());
    let names: Vec<String> = tensors.iter().map(|tensor| tensor.name.clone()).collect();
    match draws.below(6) {
        0 => drop(tensors.remove(place)),
        1 => tensors[place].ne.reverse(),
        2 => tensors[place].ne.push(1),
        3 => tensors[place].name = format!("{}x", draws.of(&names)),
        _ => {
            let tensor = &mut tensors[place];
            tensor.kind = *draws.of(&KINDS);
            if let Some(bytes) = tensor.kind.tensor_bytes(&tensor.ne) {
                let bytes = usize::try_from(bytes).expect("it is tiny");
                tensor.bytes.to_mut().resize(bytes, 0x3d);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use models::tiny;

    use super::*;

    #[test]
    fn most_damaged_files_are_still_files() {
        let sound = tiny::llama(1);

        let damaged = (0..40).map(|seed| parts(&sound, &mut Draws::new(seed)));

        let whole = damaged.filter(|bytes| Gguf::from_bytes("x", bytes.clone()).is_ok()).count();
        assert!(whole > 25, "{whole}");
    }
}
