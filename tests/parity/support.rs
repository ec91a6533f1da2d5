//! Models, texts, and both ways to score them.

use std::io::BufWriter;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

use burn::tensor::Device;
use models::gguf::{self, GgmlType, Gguf, TensorShape, Value};
use models::tokenizer::{Special, Tokenizer};
use models_decoder::adapter::Adapter;
use models_decoder::batch::Batch;
use models_decoder::decoder::Decoder;
use runtime_engine::llama::{self, CacheType, LlamaConfig};

/// The ids of a text as `rebound score` has them.
pub(crate) fn ids(model: &Path, text: &str) -> Vec<u32> {
    let tokenizer = Tokenizer::from_gguf(&Gguf::open(model).unwrap()).unwrap();
    let mut tokens: Vec<u32> = tokenizer.bos_to_add().into_iter().collect();
    tokens.extend(tokenizer.encode(text, Special::Text));
    tokens
}

/// What llama.cpp says of each token but the first, with or without an adapter.
pub(crate) fn in_llama(
    model: &Path,
    adapter: Option<&Path>,
    tokens: &[u32],
    cache_type: CacheType,
) -> Vec<f32> {
    let mut config = LlamaConfig::new(model);
    config.cache_type = cache_type;
    let length = u32::try_from(tokens.len()).unwrap();
    config.context_tokens = NonZeroU32::new(length.min(2048)).unwrap();
    // Tests run side by side: threads of one would wait for cores of another.
    config.threads = NonZeroU32::MIN;
    let engine = llama::load(&config).unwrap();
    let handle = engine.role(adapter.map(|path| (path, 1.0))).unwrap();
    handle.score(tokens).unwrap().into_iter().flatten().collect()
}

/// What the decoder says of them.
pub(crate) fn in_decoder(model: &Path, adapter: Option<&Path>, tokens: &[u32]) -> Vec<f32> {
    let decoder = Decoder::load(Arc::new(Gguf::open(model).unwrap()), &Device::flex()).unwrap();
    let adapter = adapter.map_or_else(Adapter::default, |path| {
        let file = models::adapter::Adapter::open(path).unwrap();
        Adapter::load(&file, &decoder).unwrap()
    });
    let rows = decoder.forward(&Batch::new([tokens]), &adapter, None).unwrap();
    let rows = rows.narrow(0, 0, tokens.len() - 1);
    decoder.log_probs(rows, &tokens[1..]).into_data().try_to_vec().unwrap()
}

/// Nats between the log-probabilities of a token, mean.
pub(crate) fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>() / a.len() as f32
}

/// The exponential of the mean negative log-probability.
pub(crate) fn perplexity(log_probs: &[f32]) -> f32 {
    (-log_probs.iter().sum::<f32>() / log_probs.len() as f32).exp()
}

/// The same numbers in F32: what llama.cpp multiplies without rounding activations.
pub(crate) fn write_dense(model: &Path, dense: &Path) {
    let base = Gguf::open(model).unwrap();
    let metadata = base.metadata().iter().map(|(key, value)| match &**key {
        "general.file_type" => (key.clone(), Value::U32(0)),
        _ => (key.clone(), value.clone()),
    });
    let metadata: Vec<(String, Value)> = metadata.collect();
    let shapes = base.tensors().iter().map(|tensor| TensorShape {
        name: tensor.name.clone(),
        ne: tensor.ne.clone(),
        kind: GgmlType::F32,
    });
    let shapes: Vec<TensorShape> = shapes.collect();
    let mut out = BufWriter::new(std::fs::File::create(dense).unwrap());
    gguf::write_each(&mut out, &metadata, &shapes, &mut |index, out| {
        let tensor = &base.tensors()[index];
        let count = tensor.ne.iter().product::<u64>();
        let mut values = vec![0.0_f32; usize::try_from(count).unwrap()];
        let bytes = base.tensor_bytes(&tensor.name).unwrap();
        models::blocks::dequantize(tensor.kind, bytes, &mut values).unwrap();
        for values in values.chunks(1 << 16) {
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            out.write_all(&bytes)?;
        }
        Ok(())
    })
    .unwrap();
}
