//! PEFT folders: read, written, and refused by name.
//!
//! `tests/peft` was saved by PEFT for the tiny model; `record.py` there made it.

use std::fs;
use std::path::{Path, PathBuf};

use models::adapter::peft::{PeftError, export, import};
use models::adapter::{Adapter, NewAdapter, encode, random};
use models::gguf::Gguf;
use models::tiny;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::{Value, json};
use tempfile::TempDir;

const WEIGHTS: &str = "adapter_model.safetensors";
const CONFIG: &str = "adapter_config.json";
const QUERY_B: &str = "base_model.model.model.layers.1.self_attn.q_proj.lora_B.weight";

/// A tensor's name, type, shape and bytes.
type Stored = (String, Dtype, Vec<usize>, Vec<u8>);

fn base() -> Gguf {
    Gguf::from_bytes("base.gguf", tiny::llama(0)).unwrap()
}

fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peft")
}

fn opened(adapter: &NewAdapter) -> Adapter {
    let gguf = Gguf::from_bytes("adapter.gguf", encode(adapter).unwrap()).unwrap();
    Adapter::from_gguf(gguf).unwrap()
}

/// A tensor of a folder's weights: its shape and its numbers, which are F32.
fn tensor(folder: &Path, name: &str) -> (Vec<usize>, Vec<f32>) {
    let bytes = fs::read(folder.join(WEIGHTS)).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let view = tensors.tensor(name).unwrap();
    assert_eq!(view.dtype(), Dtype::F32);
    let (words, _) = view.data().as_chunks();
    (view.shape().to_vec(), words.iter().map(|&word| f32::from_le_bytes(word)).collect())
}

#[test]
fn a_folder_that_peft_saved_is_read() {
    let adapter = import(&recorded(), &base()).unwrap();

    assert_eq!((adapter.architecture.as_str(), adapter.alpha), ("llama", 6.0));
    assert_eq!(adapter.pairs.len(), 14, "two layers of seven matrices");
    let names: Vec<&str> = adapter.pairs.iter().map(|pair| pair.target.name.as_str()).collect();
    assert_eq!(names[0], "blk.0.attn_q.weight");
    assert_eq!(names[13], "blk.1.ffn_down.weight");
    let ranks: Vec<u64> = adapter.pairs.iter().map(|pair| pair.target.rank).collect();
    assert_eq!(ranks[..7], [2, 2, 2, 2, 2, 2, 3]);
    opened(&adapter).check_base(&base(), None).unwrap();
}

#[test]
fn an_alpha_of_a_module_goes_into_its_b() {
    let adapter = import(&recorded(), &base()).unwrap();
    let (shape, peft) = tensor(&recorded(), QUERY_B);
    let pair = adapter.pairs.iter().find(|pair| pair.target.name == "blk.1.attn_q.weight");

    assert_eq!(shape, [64, 2]);
    // The second row of the second of four heads lies after the first of its second half.
    let excess = 10.0f32 / 6.0;
    assert_eq!(pair.unwrap().b[2 * 18..][..1], [peft[2 * 17] * excess]);
    assert_eq!(pair.unwrap().b[2 * 17..][..1], [peft[2 * 24] * excess]);
}

/// Writes the recorded folder anew, with another configuration and other weights.
fn folder_with(change: impl Fn(&mut Value), weights: impl Fn(&mut Vec<Stored>)) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut config: Value =
        serde_json::from_slice(&fs::read(recorded().join(CONFIG)).unwrap()).unwrap();
    change(&mut config);
    fs::write(folder.path().join(CONFIG), config.to_string()).unwrap();
    let bytes = fs::read(recorded().join(WEIGHTS)).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let mut kept = tensors
        .iter()
        .map(|(name, view)| {
            (name.to_owned(), view.dtype(), view.shape().to_vec(), view.data().to_vec())
        })
        .collect();
    weights(&mut kept);
    let views = kept.iter().map(|(name, dtype, shape, bytes)| {
        (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
    });
    fs::write(folder.path().join(WEIGHTS), safetensors::serialize(views, None).unwrap()).unwrap();
    folder
}

fn folder_with_setting(setting: &str, value: &Value) -> TempDir {
    folder_with(|config| config[setting] = value.clone(), |_| {})
}

#[test]
fn what_is_imported_is_exported_to_the_bit() {
    let folder = folder_with_setting("alpha_pattern", &json!({}));
    let copy = tempfile::tempdir().unwrap();

    let adapter = import(folder.path(), &base()).unwrap();
    export(&opened(&adapter), &base(), copy.path()).unwrap();

    let [before, after] = [folder.path(), copy.path()].map(|folder| {
        let bytes = fs::read(folder.join(WEIGHTS)).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let mut all: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
            .iter()
            .map(|(name, view)| (name.to_owned(), view.shape().to_vec(), view.data().to_vec()))
            .collect();
        all.sort();
        all
    });
    assert_eq!(before, after);
    let again = import(copy.path(), &base()).unwrap();
    assert_eq!(again, adapter);
    let config: Value =
        serde_json::from_slice(&fs::read(copy.path().join(CONFIG)).unwrap()).unwrap();
    assert_eq!((&config["r"], &config["lora_alpha"]), (&json!(2), &json!(6)));
    assert_eq!(config["target_modules"].as_array().unwrap().len(), 7);
    assert_eq!(config["rank_pattern"]["model.layers.1.mlp.down_proj"], 3);
    assert_eq!(fs::read_dir(copy.path()).unwrap().count(), 2);
}

#[test]
fn what_is_exported_is_imported_to_the_bit() {
    let made = NewAdapter { alpha: 7.5, ..random(&base(), 3, &["attn_k", "ffn_up"], 1).unwrap() };
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("new").join("folder");

    export(&opened(&made), &base(), &inside).unwrap();

    assert_eq!(import(&inside, &base()).unwrap(), made);
}

#[test]
fn without_an_alpha_each_rank_is_its_own() {
    let mut made = random(&base(), 2, &["attn_v"], 1).unwrap();
    made.pairs.extend(random(&base(), 5, &["ffn_up"], 2).unwrap().pairs.drain(..1));
    let folder = tempfile::tempdir().unwrap();

    made.alpha = 0.0;
    export(&opened(&made), &base(), folder.path()).unwrap();

    let config: Value =
        serde_json::from_slice(&fs::read(folder.path().join(CONFIG)).unwrap()).unwrap();
    assert_eq!((&config["r"], &config["lora_alpha"]), (&json!(2), &json!(2)));
    assert_eq!(config["rank_pattern"], config["alpha_pattern"]);
    assert_eq!(config["alpha_pattern"]["model.layers.0.mlp.up_proj"], 5);
    // Values are adapted in both layers, the other matrix in one alone.
    assert_eq!(config["target_modules"], json!(["model.layers.0.mlp.up_proj", "v_proj"]));
    let again = import(folder.path(), &base()).unwrap();
    let scaled: Vec<f32> = made.pairs[2].b.iter().map(|value| value * 2.5).collect();
    assert_eq!((again.alpha, &again.pairs[0].b), (2.0, &made.pairs[0].b));
    assert_eq!(again.pairs[1].b, scaled, "2 over a rank of 5, times 2.5, scales nothing");
}

#[test]
fn root_scaling_becomes_an_alpha() {
    let folder = folder_with(
        |config| {
            config["use_rslora"] = json!(true);
            config["alpha_pattern"] = json!({});
        },
        |_| {},
    );
    let adapter = import(folder.path(), &base()).unwrap();

    // 6 / √2 is (6 · √2) / 2; the rank of 3 takes √3 where alpha has √2.
    assert!((adapter.alpha - 6.0 * 2.0f32.sqrt()).abs() < 1e-6);
    let (_, peft) =
        tensor(folder.path(), "base_model.model.model.layers.0.mlp.down_proj.lora_B.weight");
    assert_eq!(adapter.pairs[6].b[5..6], [peft[5] * 1.5f32.sqrt()]);
    let (_, peft) =
        tensor(folder.path(), "base_model.model.model.layers.0.mlp.up_proj.lora_B.weight");
    assert_eq!(adapter.pairs[5].b, peft);
}

#[test]
fn halves_are_read_as_the_numbers_that_they_are() {
    let folder = folder_with(
        |_| {},
        |tensors| {
            for (name, dtype, _, bytes) in tensors {
                let (words, _) = bytes.as_chunks();
                let values = words.iter().map(|&word| f32::from_le_bytes(word));
                if name.contains("lora_A") {
                    *dtype = Dtype::BF16;
                    *bytes = values
                        .flat_map(|value| value.to_bits().to_le_bytes()[2..].to_vec())
                        .collect();
                } else {
                    *dtype = Dtype::F16;
                    *bytes = values.flat_map(|_| 0x3800u16.to_le_bytes()).collect();
                }
            }
        },
    );

    let adapter = import(folder.path(), &base()).unwrap();
    let exact = import(&recorded(), &base()).unwrap();

    let cut = |value: f32| f32::from_bits(value.to_bits() & 0xFFFF_0000);
    let expected: Vec<f32> = exact.pairs[0].a.iter().copied().map(cut).collect();
    assert_eq!(adapter.pairs[0].a, expected);
    assert_eq!(adapter.pairs[0].b, [0.5; 128]);
}

fn check_setting(setting: &str, value: &Value, expected: &str) {
    let folder = folder_with_setting(setting, value);
    let error = import(folder.path(), &base()).unwrap_err();
    let told = format!("{:?} {error}", std::error::Error::source(&error).map(ToString::to_string));
    assert!(told.contains(expected), "{told}");
}

#[test]
fn settings_that_change_the_meaning_are_refused_by_name() {
    check_setting("peft_type", &json!("LOHA"), "peft_type: expected LORA, found LOHA");
    check_setting("bias", &json!("lora_only"), "bias: expected none, found lora_only");
    check_setting("use_dora", &json!(true), "use_dora: expected it unset");
    check_setting("modules_to_save", &json!(["lm_head"]), "modules_to_save: expected it unset");
    check_setting("fan_in_fan_out", &json!(true), "fan_in_fan_out: expected it unset");
    check_setting("lora_bias", &json!(true), "lora_bias: expected it unset");
    check_setting("layer_replication", &json!([[0, 1]]), "layer_replication: expected it unset");
    check_setting("a_new_method", &json!({"size": 2}), "a_new_method: expected it unset");
    check_setting("init_lora_weights", &json!("pissa"), "found \"pissa\"");
    check_setting("lora_alpha", &json!(0), "lora_alpha: expected a number above 0, found 0");
    check_setting("r", &json!(4), "r: expected 2, as the factors of model.layers.0");
    check_setting("r", &json!("4"), "invalid type: string");
    check_setting("alpha_pattern", &json!({"(": 4}), "alpha_pattern: expected regular expressions");
}

fn check_weights(change: impl Fn(&mut Vec<Stored>), expected: &str) {
    let folder = folder_with(|_| {}, change);
    let error = import(folder.path(), &base()).unwrap_err();
    let told = format!("{error} {:?}", std::error::Error::source(&error).map(ToString::to_string));
    assert!(told.contains(expected), "{told}");
}

fn renamed(from: &str, to: &str) -> impl Fn(&mut Vec<Stored>) {
    move |tensors| {
        for (name, ..) in tensors {
            *name = name.replace(from, to);
        }
    }
}

#[test]
fn tensors_that_do_not_go_across_are_refused_by_name() {
    let query = QUERY_B.trim_end_matches("lora_B.weight");
    check_weights(
        renamed(QUERY_B, "base_model.model.lm_head.lora_B.weight"),
        "tensor base_model.model.lm_head.lora_B.weight: expected a factor of a linear layer of a \
         block, found one of the output head",
    );
    check_weights(renamed(QUERY_B, &format!("{query}lora_magnitude_vector")), "of DoRA");
    check_weights(renamed("base_model.model.model.layers.0", "layers.1"), "found it twice");
    check_weights(renamed("layers.1", "layers.2"), "expected a tensor of the base, found none");
    check_weights(renamed("down_proj", "o"), "layers.0.mlp.o.lora_A.weight");
    check_weights(Vec::clear, "expected at least one, found none");
    check_weights(
        |tensors| tensors.retain(|(name, ..)| name != QUERY_B),
        "q_proj.lora_B.weight: expected both factors, found one",
    );
    check_weights(
        |tensors| tensors.iter_mut().for_each(|(_, _, shape, _)| shape.reverse()),
        "expected [rank, inputs] and [outputs, rank], found",
    );
    check_weights(
        |tensors| tensors.iter_mut().for_each(|(_, dtype, ..)| *dtype = Dtype::I32),
        "expected F32, F16 or BF16, found I32",
    );
}

#[test]
fn what_is_no_folder_of_an_adapter_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let told = |folder: &Path| import(folder, &base()).unwrap_err().to_string();

    assert!(told(folder.path()).contains(CONFIG));
    fs::copy(recorded().join(CONFIG), folder.path().join(CONFIG)).unwrap();
    assert!(told(folder.path()).contains(WEIGHTS));
    fs::write(folder.path().join("adapter_model.bin"), "").unwrap();
    assert!(told(folder.path()).contains("is a pickle"));
    fs::write(folder.path().join(WEIGHTS), "no weights").unwrap();
    assert!(told(folder.path()).contains("is not a whole safetensors file"));
}

#[test]
fn other_architectures_are_refused_by_name() {
    let keys = [("general.architecture".to_owned(), "gpt2".into())];
    let other = Gguf::from_bytes("gpt2", models::gguf::encode(&keys, &[]).unwrap()).unwrap();

    let error = import(&recorded(), &other).unwrap_err();

    assert!(matches!(error, PeftError::Architecture { .. }));
    assert!(error.to_string().ends_with("only of llama, qwen2, qwen3, gemma3"), "{error}");
}

#[test]
fn no_changed_header_panics() {
    let folder = folder_with(|_| {}, |_| {});
    let path = folder.path().join(WEIGHTS);
    let whole = fs::read(&path).unwrap();
    for at in (0..whole.len().min(3000)).step_by(23) {
        for byte in [0, b'"', b'9'] {
            let mut changed = whole.clone();
            changed[at] = byte;
            fs::write(&path, changed).unwrap();
            let _ = import(folder.path(), &base());
        }
    }
}

#[test]
fn cut_files_are_errors() {
    let folder = folder_with(|_| {}, |_| {});
    for file in [CONFIG, WEIGHTS] {
        let whole = fs::read(folder.path().join(file)).unwrap();
        for length in (0..whole.len()).step_by(97) {
            fs::write(folder.path().join(file), &whole[..length]).unwrap();
            assert!(import(folder.path(), &base()).is_err(), "{file} of {length} bytes");
        }
        fs::write(folder.path().join(file), &whole).unwrap();
    }
}
