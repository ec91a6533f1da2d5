//! Every device that is there beside the CPU's own kernels.
//!
//! Where there is none, each test says that it is skipped: a build without a
//! device's feature, or a machine without the device.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "these are tests, and their sizes are small"
)]

use std::sync::Arc;
use std::time::Instant;

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use models::gguf::{GgmlType, Gguf};
use models::tiny::{self, TinyConfig};
use models_decoder::adapter::{Adapter, Factors, Target};
use models_decoder::batch::Batch;
use models_decoder::cache::Cache;
use models_decoder::checkpointing::Activations;
use models_decoder::decoder::Decoder;
use models_decoder::devices;
use models_decoder::kernels::{self, Attention, Segment};
use models_decoder::matrix::{KINDS, Matrix, Operands, Packing};

/// Runs a check on each device but the CPU's own.
fn on_each(check: impl Fn(&Device)) {
    let others: Vec<_> =
        devices::all().into_iter().filter(|named| named.name != "flex:0").collect();
    if others.is_empty() {
        tests_needs::skipped("no device but the processor is there");
    }
    for named in others {
        println!("on {}", named.name);
        check(&named.device);
    }
}

/// Numbers between -1 and 1 without much order.
fn wave(count: usize, seed: u64) -> Vec<f32> {
    let mix = |index: u64| {
        let z = (index + seed * 7919).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (z ^ (z >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40
    };
    (0..count as u64).map(|index| mix(index) as f32 / (1 << 23) as f32 - 1.0).collect()
}

fn tensor(values: &[f32], shape: [usize; 2], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// Both are the same but for `most` times the greatest.
fn assert_near(what: &str, a: &[f32], b: &[f32], most: f32) {
    assert_eq!(a.len(), b.len(), "{what}");
    let greatest = a.iter().map(|value| value.abs()).fold(f32::MIN_POSITIVE, f32::max);
    let worst = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst <= most * greatest, "{what}: {worst} of {greatest}");
    assert!(b.iter().all(|value| value.is_finite()), "{what}: not numbers");
}

/// Random blocks whose scales are of a sane size.
fn blocks(kind: GgmlType, [rows, columns]: [usize; 2]) -> Vec<u32> {
    let bytes = kind.tensor_bytes(&[columns as u64, rows as u64]).unwrap() as usize;
    let mut found: Vec<u8> =
        wave(bytes, 5).iter().map(|value| (value * 127.0) as i8 as u8).collect();
    let block = kind.block_bytes() as usize;
    // Halves near 0.01, where a block has its scales.
    let scales: &[usize] = match kind {
        GgmlType::F32 | GgmlType::F16 | GgmlType::BF16 => &[],
        GgmlType::Q4_1 | GgmlType::Q5_1 | GgmlType::Q4_K | GgmlType::Q5_K => &[0, 2],
        GgmlType::Q2_K => &[80, 82],
        GgmlType::Q3_K => &[108],
        GgmlType::Q6_K => &[208],
        _ => &[0],
    };
    for (number, block) in found.chunks_exact_mut(block).enumerate() {
        for &scale in scales {
            // Every seventh is below what a half holds as a normal number.
            let high = if number % 7 == 0 { 0x00 } else { 0x20 + (number % 3) as u8 };
            block[scale + 1] = high | if number % 2 == 0 { 0x80 } else { 0 };
        }
    }
    let floats = wave(rows * columns, 9);
    match kind {
        GgmlType::F32 => found = floats.iter().flat_map(|value| value.to_le_bytes()).collect(),
        GgmlType::F16 => {
            found = vec![0; rows * columns * 2];
            models::blocks::quantize(kind, &floats, &mut found).unwrap();
        }
        GgmlType::BF16 => {
            let high = |value: &f32| ((value.to_bits() >> 16) as u16).to_le_bytes();
            found = floats.iter().flat_map(high).collect();
        }
        _ => {}
    }
    found.resize(found.len().next_multiple_of(4), 0);
    found.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect()
}

fn matrix(words: &[u32], packing: Packing, device: &Device) -> Matrix {
    let data = TensorData::new(words.to_vec(), [words.len()]);
    Matrix { words: Tensor::<1, Int>::from_data(data, (device, DType::U32)), packing }
}

#[test]
fn products_of_every_type_are_those_of_the_cpu() {
    on_each(|device| {
        for kind in KINDS {
            let packing = Packing { kind, rows: 69, columns: 512, operands: Operands::Exact };
            let words = blocks(kind, [packing.rows, packing.columns]);
            for n in [1, 3, 70] {
                let run = |device: &Device| {
                    let x = wave(n * packing.columns, 1);
                    let x = tensor(&x, [n, packing.columns], device).autodiff().require_grad();
                    let y = kernels::linear(x.clone(), &matrix(&words, packing, device));
                    let dy = tensor(&wave(n * packing.rows, 2), [n, packing.rows], device);
                    let mut gradients = (y.clone() * dy.autodiff()).sum().backward();
                    (values(y.inner()), values(x.grad_remove(&mut gradients).unwrap()))
                };
                let (expected, found) = (run(&Device::flex()), run(device));
                assert_near(&format!("{kind}, {n} rows"), &expected.0, &found.0, 1e-5);
                assert_near(&format!("{kind}, {n} rows back"), &expected.1, &found.1, 1e-5);
            }
        }
    });
}

#[test]
fn attention_and_its_gradients_are_those_of_the_cpu() {
    let whole = |query, queries| Segment { query, queries, key: query, keys: queries };
    let attention = |window, head_width| Attention {
        segments: [whole(0, 90), whole(90, 1), whole(91, 30)].into(),
        heads: 6,
        kv_heads: 2,
        head_width,
        scale: 0.2,
        window,
    };
    on_each(|device| {
        for how in [attention(None, 16), attention(Some(20), 16), attention(Some(70), 80)] {
            let (n, wide, narrow) =
                (121, how.heads * how.head_width, how.kv_heads * how.head_width);
            let run = |device: &Device| {
                let input = |seed, width| {
                    let input = tensor(&wave(n * width, seed), [n, width], device);
                    input.autodiff().require_grad()
                };
                let (query, key, value) = (input(1, wide), input(2, narrow), input(3, narrow));
                let pair = [key.clone(), value.clone()];
                let y = kernels::attention(query.clone(), pair, how.clone());
                let dy = tensor(&wave(n * wide, 4), [n, wide], device).autodiff();
                let mut gradients = (y.clone() * dy).sum().backward();
                let inputs = [query, key, value];
                let found = inputs.map(|input| values(input.grad_remove(&mut gradients).unwrap()));
                (values(y.inner()), found)
            };
            let (expected, found) = (run(&Device::flex()), run(device));
            assert_near("attention", &expected.0, &found.0, 1e-5);
            for (what, (a, b)) in
                ["query", "key", "value"].iter().zip(expected.1.iter().zip(&found.1))
            {
                assert_near(&format!("{what}, window {:?}", how.window), a, b, 2e-5);
            }
        }
    });
}

#[test]
fn log_probabilities_and_their_gradients_are_those_of_the_cpu() {
    let packing =
        Packing { kind: GgmlType::Q4_1, rows: 1000, columns: 64, operands: Operands::Exact };
    let words = blocks(packing.kind, [packing.rows, packing.columns]);
    on_each(|device| {
        for n in [1, 40] {
            let run = |device: &Device| {
                let x = tensor(&wave(n * 64, 1), [n, 64], device).autodiff().require_grad();
                let tokens: Vec<u32> = (0..n as u32).map(|row| row * 331 % 1000).collect();
                let tokens = TensorData::new(tokens, [n]);
                let tokens = Tensor::<1, Int>::from_data(tokens, (device, DType::U32));
                let y = kernels::log_probs(x.clone(), tokens, &matrix(&words, packing, device));
                let dy = tensor(&wave(n, 4), [n, 1], device).autodiff();
                let mut gradients = (y.clone() * dy).sum().backward();
                (values(y.inner()), values(x.grad_remove(&mut gradients).unwrap()))
            };
            let (expected, found) = (run(&Device::flex()), run(device));
            assert_near("log-probabilities", &expected.0, &found.0, 1e-5);
            assert_near("their gradient", &expected.1, &found.1, 2e-5);
        }
    });
}

fn adapter(decoder: &Decoder) -> Adapter {
    let places = (0..decoder.shape().layers).flat_map(|layer| Target::ALL.map(|t| (layer, t)));
    let factors = places.map(|place| {
        let [rows, columns] = decoder.shape().matrix(place.1);
        let seed = (place.0 * 7 + place.1 as usize) as u64;
        let small = |values: Vec<f32>| values.iter().map(|value| value * 0.1).collect::<Vec<_>>();
        let a = tensor(&small(wave(4 * columns, seed)), [4, columns], decoder.device());
        let b = tensor(&small(wave(rows * 4, seed + 50)), [rows, 4], decoder.device());
        (place, Factors { a, b })
    });
    Adapter { factors: factors.collect(), scale: 0.5, dropout: None }
}

#[test]
fn logits_and_gradients_of_each_architecture_are_those_of_the_cpu() {
    let tokens: Vec<u32> = (0..90).map(|index| index * 37 % 250 + 3).collect();
    on_each(|device| {
        for architecture in ["llama", "qwen2", "qwen3", "gemma3"] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("tiny.gguf");
            tiny::write_llama(&path, &TinyConfig { architecture, ..TinyConfig::default() })
                .unwrap();
            let gguf = Arc::new(Gguf::open(&path).unwrap());
            let run = |device: &Device| {
                let decoder = Decoder::load(Arc::clone(&gguf), device).unwrap();
                let adapter = adapter(&decoder);
                let mut caches = [Cache::default()];
                let mut rows = Vec::new();
                for part in [&tokens[..60], &tokens[60..61], &tokens[61..]] {
                    let batch = Batch::new([part]);
                    rows.push(decoder.forward(&batch, &adapter, Some(&mut caches)).unwrap());
                }
                let logits = values(decoder.logits(Tensor::cat(rows, 0)));
                let loss = |rows: Tensor<2>| {
                    let rows = rows.narrow(0, 0, tokens.len() - 1);
                    decoder.log_probs(rows, &tokens[1..]).mean()
                };
                let batch = Batch::new([&tokens[..]]);
                let descent =
                    decoder.gradients(&batch, &adapter, Activations::Recompute, &loss).unwrap();
                (logits, descent)
            };
            let ((expected, a), (found, b)) = (run(&Device::flex()), run(device));
            assert_near(architecture, &expected, &found, 1e-4);
            assert!((a.loss - b.loss).abs() < 1e-4, "{} {}", a.loss, b.loss);
            for (place, factors) in a.gradients {
                let other = &b.gradients[&place];
                let what = format!("{architecture} {place:?}");
                assert_near(&what, &values(factors.a), &values(other.a.clone()), 1e-3);
                assert_near(&what, &values(factors.b), &values(other.b.clone()), 1e-3);
            }
        }
    });
}

/// bf16 where the device has it, a refusal that says so where it has not.
#[test]
fn bf16_is_near_f32_or_refused() {
    let gguf = Arc::new(Gguf::from_bytes("tiny", tiny::llama(0)).unwrap());
    let tokens: Vec<u32> = (0..30).map(|i| i * 37 % 250 + 3).collect();
    let (batch, later) = (Batch::new([&tokens[..29]]), &tokens[1..]);
    let scores = |decoder: &Decoder| {
        let rows = decoder.forward(&batch, &Adapter::default(), None).unwrap();
        values(decoder.log_probs(rows, later))
    };
    let exact = scores(&Decoder::load(Arc::clone(&gguf), &Device::flex()).unwrap());
    on_each(|device| match Decoder::load(Arc::clone(&gguf), device).unwrap().in_bf16() {
        Ok(decoder) => {
            let coarse = scores(&decoder);
            let apart: f32 = exact.iter().zip(&coarse).map(|(a, b)| (a - b).abs()).sum();
            println!("bf16 is {} nat a token from f32", apart / 29.0);
            assert!(apart / 29.0 < 0.05, "{}", apart / 29.0);
            let loss = |rows| decoder.log_probs(rows, later).sum();
            let adapter = adapter(&decoder);
            let descent = decoder.gradients(&batch, &adapter, Activations::Recompute, &loss);
            assert!(descent.unwrap().loss.is_finite());
        }
        Err(refused) => {
            println!("{refused}");
            assert!(refused.to_string().contains("does not compute with bf16"), "{refused}");
        }
    });
}

/// The likeliest tokens behind a prompt, one after the other.
fn greedy(decoder: &Decoder, prompt: &[u32], count: usize) -> Vec<u32> {
    let mut caches = [Cache::default()];
    let mut found: Vec<u32> = Vec::new();
    let mut next = prompt.to_vec();
    for _ in 0..count {
        let batch = Batch::new([&next[..]]);
        let rows = decoder.forward(&batch, &Adapter::default(), Some(&mut caches)).unwrap();
        let last = rows.narrow(0, next.len() - 1, 1);
        let logits = values(decoder.logits(last));
        let best = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
        next = vec![best as u32];
        found.push(best as u32);
    }
    found
}

#[test]
#[expect(clippy::disallowed_methods, reason = "tokens a second are told, and not tested")]
fn greedy_tokens_behind_fifty_prompts_are_those_of_the_cpu() {
    // A real model is slow on a software device: name one for a card.
    let gguf = match std::env::var_os("REBOUND_DEVICE_MODEL") {
        Some(path) => Gguf::open(path.as_ref()).unwrap(),
        None => Gguf::from_bytes("tiny", tiny::llama(0)).unwrap(),
    };
    let gguf = Arc::new(gguf);
    on_each(|device| {
        let load = |device: &Device| Decoder::load(Arc::clone(&gguf), device).unwrap();
        let (cpu, other) = (load(&Device::flex()), load(device));
        let mut seconds = [0.0; 2];
        for number in 0..50 {
            let prompt: Vec<u32> = (0..12).map(|i| (number * 31 + i * 17) % 250 + 3).collect();
            let mut timed = |side: usize, decoder: &Decoder| {
                let begun = Instant::now();
                let found = greedy(decoder, &prompt, 6);
                seconds[side] += begun.elapsed().as_secs_f64();
                found
            };
            assert_eq!(timed(0, &cpu), timed(1, &other), "prompt {number}");
        }
        let [cpu, other] = seconds.map(|seconds| 50.0 * 6.0 / seconds);
        println!("behind prompts of 12: {other:.1} tokens/s, the processor {cpu:.1}");
    });
}
