//! Whether a file is an adapter, and whether it fits a base.

use super::{AdaptedTensor, Adapter, AdapterError, BASE_KEY, VERSION, VERSION_KEY};
use crate::blocks;
use crate::gguf::{Gguf, Tensor, Value};

pub(super) fn adapter(gguf: Gguf) -> Result<Adapter, AdapterError> {
    expect_text(&gguf, "general.type", "adapter")?;
    expect_text(&gguf, "adapter.type", "lora")?;
    if let Some(version) = gguf.get(VERSION_KEY)
        && version.as_unsigned() != Some(VERSION)
    {
        let (file, found) = (gguf.name().to_owned(), format!("{version:?}"));
        return Err(AdapterError::Version { file, found });
    }
    let architecture = gguf.architecture()?.to_owned();
    let alpha = match gguf.get("adapter.lora.alpha") {
        None => 0.0,
        Some(&Value::F32(alpha)) => alpha,
        Some(other) => {
            let found = format!("{other:?}");
            return Err(key(&gguf, "adapter.lora.alpha", "an f32", found));
        }
    };
    let mut keys = gguf.metadata().iter();
    if let Some((name, found)) = keys.find_map(|(name, value)| Some((name, value.not_finite()?))) {
        return Err(key(&gguf, name, "finite numbers", found.to_string()));
    }
    let base_sha256 = gguf.text(BASE_KEY).map(str::to_ascii_lowercase);
    let targets = targets(&gguf)?;
    gguf.tensors().iter().try_for_each(|tensor| values(&gguf, tensor))?;
    Ok(Adapter { gguf, architecture, alpha, base_sha256, targets })
}

fn targets(gguf: &Gguf) -> Result<Vec<AdaptedTensor>, AdapterError> {
    let mut targets = Vec::new();
    for tensor in gguf.tensors() {
        if let Some(name) = tensor.name.strip_suffix(".lora_a") {
            targets.push(target(gguf, name, tensor)?);
        } else if let Some(name) = tensor.name.strip_suffix(".lora_b") {
            let other = format!("{name}.lora_a");
            if gguf.tensor(&other).is_none() {
                return Err(unfit(
                    gguf.name(),
                    &tensor.name,
                    &format!("{other} beside it"),
                    "none",
                ));
            }
        } else if !tensor.name.ends_with("_norm.weight") {
            // llama.cpp passes over norms and refuses everything else.
            return Err(unfit(
                gguf.name(),
                &tensor.name,
                "the suffix .lora_a or .lora_b",
                "neither",
            ));
        }
    }
    if targets.is_empty() {
        return Err(unfit(gguf.name(), "*.lora_a", "at least one", "none"));
    }
    Ok(targets)
}

/// Checks that a factor's elements are numbers that are read here, and finite.
fn values(gguf: &Gguf, tensor: &Tensor) -> Result<(), AdapterError> {
    // Nothing can be read of nothing, but of a type that is unknown.
    if blocks::dequantize(tensor.kind, &[], &mut []).is_err() {
        let expected = "F32, F16, BF16 or blocks that are read here";
        return Err(unfit(gguf.name(), &tensor.name, expected, tensor.kind.name()));
    }
    let bytes = gguf.tensor_bytes(&tensor.name).unwrap_or_default();
    match crate::check::not_finite(tensor.kind, bytes) {
        Some(found) => Err(unfit(gguf.name(), &tensor.name, "finite numbers", &found)),
        None => Ok(()),
    }
}

fn target(gguf: &Gguf, name: &str, a: &Tensor) -> Result<AdaptedTensor, AdapterError> {
    let other = format!("{name}.lora_b");
    let Some(b) = gguf.tensor(&other) else {
        return Err(unfit(gguf.name(), &a.name, &format!("{other} beside it"), "none"));
    };
    match (a.ne.as_slice(), b.ne.as_slice()) {
        (&[inputs, rank], &[rank_of_b, outputs]) if rank == rank_of_b => {
            Ok(AdaptedTensor { name: name.to_owned(), inputs, outputs, rank })
        }
        _ => {
            let expected = "[inputs, rank] beside [rank, outputs]";
            Err(unfit(gguf.name(), &a.name, expected, &format!("{:?} beside {:?}", a.ne, b.ne)))
        }
    }
}

pub(super) fn base(
    adapter: &Adapter,
    base: &Gguf,
    base_sha256: Option<&str>,
) -> Result<(), AdapterError> {
    let architecture = base.architecture()?;
    if adapter.architecture != architecture {
        let found = format!("{:?}", adapter.architecture);
        let expected = format!("{architecture:?}, as the base");
        return Err(key(&adapter.gguf, "general.architecture", &expected, found));
    }
    if let (Some(expected), Some(found)) = (&adapter.base_sha256, base_sha256)
        && !expected.eq_ignore_ascii_case(found)
    {
        let (expected, found) = (expected.clone(), found.to_owned());
        return Err(AdapterError::Base { expected, found });
    }
    let file = adapter.gguf.name();
    adapter.targets.iter().try_for_each(|target| fits(file, target, base))
}

/// Checks that `base` has what the target adapts; `file` is its name in errors.
pub(super) fn fits(file: &str, target: &AdaptedTensor, base: &Gguf) -> Result<(), AdapterError> {
    let Some(weight) = base.tensor(&target.name) else {
        return Err(unfit(file, &target.name, "a tensor of the base", "none of that name"));
    };
    if target.name == "token_embd.weight" {
        let expected = "a matrix between layers";
        return Err(unfit(file, &target.name, expected, "the embedding, which is a table"));
    }
    if weight.ne != [target.inputs, target.outputs] {
        let found = format!("{:?}", [target.inputs, target.outputs]);
        let expected = format!("{:?}, as the base", weight.ne);
        return Err(unfit(file, &target.name, &expected, &found));
    }
    Ok(())
}

fn expect_text(gguf: &Gguf, name: &'static str, expected: &str) -> Result<(), AdapterError> {
    match gguf.get(name) {
        Some(Value::Text(text)) if text == expected => Ok(()),
        Some(Value::Text(text)) => Err(key(gguf, name, expected, format!("{text:?}"))),
        Some(other) => Err(key(gguf, name, expected, other.kind_name().to_owned())),
        None => Err(key(gguf, name, expected, "nothing".to_owned())),
    }
}

fn key(gguf: &Gguf, key: &str, expected: &str, found: String) -> AdapterError {
    let key = key.to_owned();
    AdapterError::Key { file: gguf.name().to_owned(), key, expected: expected.to_owned(), found }
}

fn unfit(file: &str, tensor: &str, expected: &str, found: &str) -> AdapterError {
    AdapterError::Tensor {
        file: file.to_owned(),
        tensor: tensor.to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}
