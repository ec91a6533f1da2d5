//! Merging: what the merged file holds, and what stays of the base.

use std::path::Path;

use models::adapter::{
    AdaptedTensor, Adapter, FactorPair, MergeError, MergePrecision, NewAdapter, encode, merge,
    random,
};
use models::blocks::dequantize;
use models::gguf::{GgmlType, Gguf, NewTensor, SOURCE_KEY, Value};
use models::tiny::{TinyConfig, encode_llama};

const TARGETS: [&str; 2] = ["attn_q", "ffn_down"];

/// A model whose rows are 48 wide, but for those of `ffn_down`.
fn base() -> Gguf {
    let config = TinyConfig { embedding: 48, ..TinyConfig::default() };
    Gguf::from_bytes("base.gguf", encode_llama(&config).unwrap()).unwrap()
}

fn opened(adapter: &NewAdapter) -> Adapter {
    let gguf = Gguf::from_bytes("adapter.gguf", encode(adapter).unwrap()).unwrap();
    Adapter::from_gguf(gguf).unwrap()
}

fn adapter() -> NewAdapter {
    NewAdapter { alpha: 6.0, ..random(&base(), 3, &TARGETS, 7).unwrap() }
}

fn merged(base: &Gguf, adapter: &NewAdapter, precision: MergePrecision) -> Gguf {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("merged.gguf");
    merge(base, &opened(adapter), precision, &path, &mut |_, _| {}).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    Gguf::from_bytes("merged.gguf", std::fs::read(path).unwrap()).unwrap()
}

fn values(gguf: &Gguf, name: &str) -> Vec<f32> {
    let tensor = gguf.tensor(name).unwrap();
    let mut values = vec![0.0; usize::try_from(tensor.elements()).unwrap()];
    dequantize(tensor.kind, gguf.tensor_bytes(name).unwrap(), &mut values).unwrap();
    values
}

/// The weights with the adapter in them, computed number by number.
fn expected(base: &Gguf, adapter: &NewAdapter, name: &str) -> Vec<f32> {
    let mut values = values(base, name);
    let Some(pair) = adapter.pairs.iter().find(|pair| pair.target.name == name) else {
        return values;
    };
    let [inputs, rank] =
        [pair.target.inputs, pair.target.rank].map(|width| usize::try_from(width).unwrap());
    let scale = adapter.alpha / rank as f32;
    for (index, value) in values.iter_mut().enumerate() {
        let (row, column) = (index / inputs, index % inputs);
        let product = |r: usize| pair.b[row * rank + r] * pair.a[r * inputs + column];
        *value += scale * (0..rank).map(product).sum::<f32>();
    }
    values
}

fn check_near(precision: MergePrecision, steps: f32) {
    let merged = merged(&base(), &adapter(), precision);
    for tensor in base().tensors() {
        let expected = expected(&base(), &adapter(), &tensor.name);
        let largest = expected.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
        for (value, expected) in values(&merged, &tensor.name).iter().zip(&expected) {
            let apart = (value - expected).abs();
            assert!(apart <= largest / steps, "{}: {value} for {expected}", tensor.name);
        }
    }
}

#[test]
fn every_weight_is_near_the_sum() {
    check_near(MergePrecision::F16, 2000.0);
    check_near(MergePrecision::Q8_0, 250.0);
    check_near(MergePrecision::Q4_0, 7.9);
}

#[test]
fn matrices_are_stored_as_asked_where_their_rows_are_whole_blocks() {
    let kinds = |precision| {
        let merged = merged(&base(), &adapter(), precision);
        ["token_embd", "blk.1.ffn_down", "blk.0.attn_norm"]
            .map(|name| merged.tensor(&format!("{name}.weight")).unwrap().kind)
    };

    assert_eq!(kinds(MergePrecision::F16), [GgmlType::F16, GgmlType::F16, GgmlType::F32]);
    assert_eq!(kinds(MergePrecision::Q8_0), [GgmlType::F16, GgmlType::Q8_0, GgmlType::F32]);
    assert_eq!(kinds(MergePrecision::Q4_0), [GgmlType::F16, GgmlType::Q4_0, GgmlType::F32]);
}

#[test]
fn metadata_stays_but_for_the_types() {
    let base = base();
    let merged = merged(&base, &adapter(), MergePrecision::Q8_0);

    assert_eq!(merged.unsigned("general.file_type"), Some(7));
    assert_eq!(merged.unsigned("general.quantization_version"), Some(2));
    let kept = base.metadata().iter().filter(|(key, _)| key != "general.file_type");
    for (key, value) in kept {
        assert_eq!(merged.get(key), Some(value), "{key}");
    }
    let names = |gguf: &Gguf| -> Vec<String> {
        gguf.tensors().iter().map(|tensor| tensor.name.clone()).collect()
    };
    assert_eq!(names(&merged), names(&base));
    assert_eq!(merged.tensor_bytes("output_norm.weight"), base.tensor_bytes("output_norm.weight"));
}

#[test]
fn a_merged_file_names_the_base_that_the_adapter_names() {
    let named = NewAdapter { base_sha256: Some("ab".into()), ..adapter() };

    let once = merged(&base(), &named, MergePrecision::F16);
    let twice = merged(&once, &NewAdapter { base_sha256: None, ..adapter() }, MergePrecision::F16);

    assert_eq!(once.text(SOURCE_KEY), Some("ab"));
    assert_eq!(twice.text(SOURCE_KEY), None, "the base of its base is not its own");
}

#[test]
fn what_already_is_of_that_type_is_copied() {
    let half = merged(&base(), &adapter(), MergePrecision::F16);
    let again = merged(&half, &adapter(), MergePrecision::F16);

    let same = |name: &str| half.tensor_bytes(name) == again.tensor_bytes(name);
    assert!(same("token_embd.weight") && same("blk.0.attn_k.weight"));
    assert!(!same("blk.0.attn_q.weight"), "it was adapted twice");
}

#[test]
fn progress_ends_at_all_bytes_of_the_base() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("merged.gguf");
    let mut told = Vec::new();

    let mut progress = |done, total| told.push((done, total));
    merge(&base(), &opened(&adapter()), MergePrecision::F16, &path, &mut progress).unwrap();

    let total: usize = base().tensors().iter().map(|tensor| tensor.range.len()).sum();
    assert_eq!(told.last(), Some(&(total as u64, total as u64)));
    assert!(told.is_sorted());
}

/// A base of one matrix, 256 wide, and an adapter for it.
fn one_matrix(kind: GgmlType) -> (Gguf, NewAdapter) {
    let keys = [("general.architecture".to_owned(), Value::from("llama"))];
    let bytes = vec![0; usize::try_from(kind.tensor_bytes(&[256, 2]).unwrap()).unwrap()];
    let name = "blk.0.attn_v.weight".to_owned();
    let tensor = NewTensor { name: name.clone(), ne: vec![256, 2], kind, bytes: bytes.into() };
    let bytes = models::gguf::encode(&keys, &[tensor]).unwrap();
    let target = AdaptedTensor { name, inputs: 256, outputs: 2, rank: 1 };
    let pair = FactorPair { target, a: vec![0.5; 256], b: vec![1.0, -2.0] };
    let adapter = NewAdapter {
        architecture: "llama".to_owned(),
        alpha: 0.0,
        base_sha256: None,
        pairs: vec![pair],
        metadata: Vec::new(),
    };
    (Gguf::from_bytes("one.gguf", bytes).unwrap(), adapter)
}

#[test]
fn quantized_bases_are_merged_and_no_alpha_scales_nothing() {
    let (base, adapter) = one_matrix(GgmlType::Q6_K);

    let merged = merged(&base, &adapter, MergePrecision::Q8_0);

    let values = values(&merged, "blk.0.attn_v.weight");
    assert!(values[..256].iter().all(|value| (value - 0.5).abs() < 1e-3));
    assert!(values[256..].iter().all(|value| (value + 1.0).abs() < 1e-3));
}

fn check_refused(base: &Gguf, adapter: &NewAdapter, path: &Path) -> String {
    let error =
        merge(base, &opened(adapter), MergePrecision::F16, path, &mut |_, _| {}).unwrap_err();
    assert!(!matches!(error, MergeError::Gguf(_)));
    let source = std::error::Error::source(&error).unwrap().to_string();
    format!("{error}: {source}")
}

#[test]
fn what_cannot_be_merged_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("merged.gguf");
    let (unread, adapter) = one_matrix(GgmlType::IQ4_XS);

    let told = check_refused(&unread, &adapter, &path);
    assert_eq!(
        told,
        "one.gguf: tensor blk.0.attn_v.weight cannot be merged: IQ4_XS cannot be dequantized"
    );
    assert!(check_refused(&base(), &adapter, &path).contains("expected [48, 24], as the base"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert!(check_refused(&base(), &self::adapter(), &path.join("in/none")).contains("none"));
}
