//! The decoder on the tiny model: passes agree with one another and with sums
//! written out by hand.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::module::{Lora, LoraAdapter, Module, Param, Reparameterizer};
use burn::tensor::{DType, Device, Tensor, TensorData, activation};
use models::gguf::Gguf;
use models::tiny::{self, TinyConfig};
use models_decoder::adapter::{Adapter, Factors, Target};
use models_decoder::batch::Batch;
use models_decoder::cache::Cache;
use models_decoder::checkpointing::Activations;
use models_decoder::decoder::Decoder;
use models_decoder::linear::Linear;

/// Tokens without much order.
const TOKENS: [u32; 90] = {
    let mut tokens = [0; 90];
    let (mut index, mut id) = (0, 11);
    while index < 90 {
        tokens[index] = id % 250 + 3;
        id += 37;
        index += 1;
    }
    tokens
};

fn decoder() -> Decoder {
    let gguf = Gguf::from_bytes("tiny", tiny::llama(0)).unwrap();
    Decoder::load(Arc::new(gguf), &Device::flex()).unwrap()
}

fn adapter(decoder: &Decoder, rank: usize) -> Adapter {
    let mut factors = BTreeMap::new();
    for layer in 0..decoder.shape().layers {
        for target in Target::ALL {
            let [rows, columns] = decoder.shape().matrix(target);
            let seed = (layer * 7 + target as usize) as f32;
            let wave = |shape: [usize; 2], phase: f32| {
                let count = shape[0] * shape[1];
                let values = (0..count).map(|i| (i as f32 * 0.7 + seed + phase).sin() * 0.1);
                Tensor::from_data(
                    TensorData::new(values.collect::<Vec<f32>>(), shape),
                    &Device::flex(),
                )
            };
            let pair = Factors { a: wave([rank, columns], 0.0), b: wave([rows, rank], 1.0) };
            factors.insert((layer, target), pair);
        }
    }
    Adapter { factors, scale: 0.5, dropout: None }
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

fn assert_near(a: &[f32], b: &[f32], most: f32) {
    assert_eq!(a.len(), b.len());
    let worst = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst <= most, "differ by {worst}");
}

#[test]
fn sequences_of_a_batch_do_not_see_one_another() {
    let decoder = decoder();
    let adapter = adapter(&decoder, 4);
    let (first, second) = (&TOKENS[..70], &TOKENS[20..65]);
    let alone = |tokens| values(decoder.forward(&Batch::new([tokens]), &adapter, None).unwrap());

    let together = decoder.forward(&Batch::new([first, second]), &adapter, None).unwrap();

    assert_near(&values(together), &[alone(first), alone(second)].concat(), 1e-5);
}

/// A number of the rows from `first` on that looks at each in its own way.
fn of_rows(rows: Tensor<2>, first: usize) -> Tensor<1> {
    let [count, width] = rows.dims();
    let weights = (first * width..count * width).map(|i| (i as f32 * 0.3).sin());
    let shape = [count - first, width];
    let weights = TensorData::new(weights.collect::<Vec<f32>>(), shape);
    let weights = Tensor::<2>::from_data(weights, &rows.device());
    (rows.narrow(0, first, count - first) * weights).sum()
}

#[test]
fn a_branch_goes_on_from_its_trunk() {
    for architecture in ["llama", "gemma3"] {
        let config = TinyConfig { architecture, ..TinyConfig::default() };
        let bytes = tiny::encode_llama(&config).unwrap();
        let gguf = Gguf::from_bytes("tiny", bytes).unwrap();
        let decoder = Decoder::load(Arc::new(gguf), &Device::flex()).unwrap();
        let adapter = adapter(&decoder, 4);
        let (trunk, branch) = (&TOKENS[..70], [&TOKENS[..40], &TOKENS[50..75]].concat());
        let (alone, whole) = (Batch::new([trunk]), Batch::new([&branch[..]]));
        let both = Batch::branching([(trunk, 0), (&branch, 64)]);
        assert_eq!(both.shared, [0, 40]);

        let rows = |batch: &Batch| values(decoder.forward(batch, &adapter, None).unwrap());
        let expected = [&rows(&alone)[..], &rows(&whole)[40 * decoder.shape().width..]].concat();
        assert_near(&rows(&both), &expected, 1e-4);

        let gradients = |batch: &Batch, how, loss: &dyn Fn(Tensor<2>) -> Tensor<1>| {
            decoder.gradients(batch, &adapter, how, loss).unwrap().gradients
        };
        let of_trunk = gradients(&alone, Activations::Keep, &|rows| of_rows(rows, 0));
        let of_branch = gradients(&whole, Activations::Keep, &|rows| of_rows(rows, 40));
        for how in [Activations::Keep, Activations::Recompute] {
            let found = gradients(&both, how, &|rows| {
                let shared = rows.clone().narrow(0, 0, 40);
                let branch = Tensor::cat(vec![shared, rows.clone().narrow(0, 70, 25)], 0);
                of_rows(rows.narrow(0, 0, 70), 0) + of_rows(branch, 40)
            });
            for (place, factors) in found {
                let (trunk, branch) = (of_trunk[&place].clone(), of_branch[&place].clone());
                assert_near(&values(factors.a), &values(trunk.a + branch.a), 2e-4);
                assert_near(&values(factors.b), &values(trunk.b + branch.b), 2e-4);
            }
        }
    }
}

#[test]
fn a_cache_gives_what_the_whole_sequence_gives() {
    let decoder = decoder();
    let adapter = adapter(&decoder, 4);
    let whole = values(decoder.forward(&Batch::new([&TOKENS[..]]), &adapter, None).unwrap());
    let mut caches = [Cache::default()];
    let mut parts = Vec::new();
    for range in [0..40, 40..41, 41..90] {
        let batch = Batch::new([&TOKENS[range]]);
        parts.extend(values(decoder.forward(&batch, &adapter, Some(&mut caches)).unwrap()));
    }

    assert_near(&parts, &whole, 1e-5);
    assert_eq!(caches[0].tokens(), 90);
}

#[test]
fn log_probs_are_those_of_the_softmax_of_the_logits() {
    let decoder = decoder();
    let rows = decoder.forward(&Batch::new([&TOKENS[..40]]), &Adapter::default(), None).unwrap();
    let all = values(activation::log_softmax(decoder.logits(rows.clone()), 1));
    let vocabulary = decoder.shape().vocabulary;
    let expected: Vec<f32> =
        (0..40).map(|row| all[row * vocabulary + TOKENS[row + 1] as usize]).collect();

    assert_near(&values(decoder.log_probs(rows, &TOKENS[1..41])), &expected, 1e-5);
}

/// A loss that looks at every row in its own way.
fn loss(decoder: &Decoder, rows: Tensor<2>) -> Tensor<1> {
    let count = rows.dims()[0] - 1;
    let weights: Vec<f32> = (0..count).map(|row| 1.0 + (row % 5) as f32).collect();
    let weights = Tensor::<2>::from_data(TensorData::new(weights, [count, 1]), &rows.device());
    let log_probs = decoder.log_probs(rows.narrow(0, 0, count), &TOKENS[1..=count]);
    (log_probs * weights).sum() * (-1.0 / count as f32)
}

#[test]
fn recomputed_gradients_are_the_kept_ones() {
    let decoder = decoder();
    let adapter = adapter(&decoder, 4);
    let batch = Batch::new([&TOKENS[..50], &TOKENS[50..]]);
    let gradients = |activations| {
        decoder.gradients(&batch, &adapter, activations, &|rows| loss(&decoder, rows)).unwrap()
    };

    let (kept, again) = (gradients(Activations::Keep), gradients(Activations::Recompute));

    assert_eq!(kept.loss.to_bits(), again.loss.to_bits());
    assert_eq!(kept.gradients.len(), 14);
    for (place, factors) in kept.gradients {
        let other = &again.gradients[&place];
        assert_near(&values(factors.a), &values(other.a.clone()), 1e-6);
        assert_near(&values(factors.b), &values(other.b.clone()), 1e-6);
    }
}

/// Whether two gradients point the same way: the cosine of the angle between them.
fn cosine(
    one: &BTreeMap<(usize, Target), Factors>,
    two: &BTreeMap<(usize, Target), Factors>,
) -> f32 {
    let flat = |factors: &BTreeMap<_, Factors>| {
        let all = factors.values().flat_map(|pair| [pair.a.clone(), pair.b.clone()]);
        all.flat_map(values).collect::<Vec<f32>>()
    };
    let (one, two) = (flat(one), flat(two));
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(&one, &two) / (dot(&one, &one) * dot(&two, &two)).sqrt()
}

/// The log-probabilities of a batch's tokens.
fn scores(decoder: &Decoder, batch: &Batch, adapter: &Adapter) -> Vec<f32> {
    let rows = decoder.forward(batch, adapter, None).unwrap();
    values(decoder.log_probs(rows, &TOKENS[..batch.tokens.len()]))
}

/// How far numbers are apart in the mean.
fn apart(one: &[f32], two: &[f32]) -> f32 {
    one.iter().zip(two).map(|(a, b)| (a - b).abs()).sum::<f32>() / one.len() as f32
}

#[test]
fn rounded_products_mean_the_same() {
    let (exact, rounded) = (decoder(), decoder().with_rounded_products());
    let adapter = adapter(&exact, 4);
    let batch = Batch::new([&TOKENS[..40], &TOKENS[30..60]]);

    let [exactly, roundly] = [&exact, &rounded].map(|decoder| scores(decoder, &batch, &adapter));

    let apart = apart(&exactly, &roundly);
    assert!(apart < 0.05, "{apart}");
    let gradients = |decoder: &Decoder| {
        let loss = |rows| loss(decoder, rows);
        decoder.gradients(&batch, &adapter, Activations::Keep, &loss).unwrap().gradients
    };
    let cosine = cosine(&gradients(&exact), &gradients(&rounded));
    assert!(cosine > 0.99, "{cosine}");
}

#[test]
fn in_bf16_numbers_are_coarser_and_mean_the_same() {
    let (exact, coarse) = (decoder(), decoder().in_bf16().unwrap());
    let adapter = adapter(&exact, 4);
    let batch = Batch::new([&TOKENS[..40], &TOKENS[30..60]]);

    let [exactly, coarsely] = [&exact, &coarse].map(|decoder| scores(decoder, &batch, &adapter));

    // The tiny model's weights are random and its logits wide: log-probabilities of -3 to -11.
    let apart = apart(&exactly, &coarsely);
    assert!(apart < 0.05, "{apart}");
    assert_ne!(exactly, coarsely, "eight bits of a number are fewer than 24");
    for activations in [Activations::Keep, Activations::Recompute] {
        let gradients = |decoder: &Decoder| {
            let found =
                decoder.gradients(&batch, &adapter, activations, &|rows| loss(decoder, rows));
            found.unwrap().gradients
        };
        let (exactly, coarsely) = (gradients(&exact), gradients(&coarse));
        let cosine = cosine(&exactly, &coarsely);
        assert!(cosine > 0.99, "{activations:?}: {cosine}");
        for Factors { a, b } in coarsely.values() {
            assert!(
                a.dtype() == DType::F32 && b.dtype() == DType::F32,
                "factors are stepped in f32"
            );
        }
    }
    let mut caches = [Cache::default()];
    for part in [&TOKENS[..25], &TOKENS[25..40]] {
        coarse.forward(&Batch::new([part]), &adapter, Some(&mut caches)).unwrap();
    }
    assert_eq!(caches[0].tokens(), 40);
}

#[test]
fn gradients_are_the_slopes_of_the_loss() {
    let decoder = decoder();
    let mut adapter = adapter(&decoder, 2);
    let batch = Batch::new([&TOKENS[..70]]);
    let descent = decoder
        .gradients(&batch, &adapter, Activations::Keep, &|rows| loss(&decoder, rows))
        .unwrap();
    let at = |adapter: &Adapter| {
        values(loss(&decoder, decoder.forward(&batch, adapter, None).unwrap()))[0]
    };
    for place in adapter.factors.keys().copied().collect::<Vec<_>>() {
        // Along the gradient itself the slope is the gradient's square.
        let before = adapter.factors[&place].clone();
        let direction = descent.gradients[&place].clone();
        let square: f32 = values(direction.a.clone()).iter().map(|g| g * g).sum();
        let step = 0.02 / square.sqrt();
        let mut moved = |sign: f32| {
            let a = before.a.clone() + direction.a.clone() * (sign * step);
            adapter.factors.insert(place, Factors { a, b: before.b.clone() });
            at(&adapter)
        };
        let slope = (moved(1.0) - moved(-1.0)) / (2.0 * step);
        adapter.factors.insert(place, before);

        assert!((slope / square - 1.0).abs() < 0.02, "{place:?}: {slope} against {square}");
    }
}

/// `tests/gradients/record.py` wrote them.
#[test]
fn gradients_are_those_of_pytorch() {
    let decoder = decoder();
    let recorded: Vec<f32> = include_bytes!("gradients/gradients.f32")
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
        .collect();
    let batch = Batch::new([&TOKENS[..70]]);
    let adapter = adapter(&decoder, 4);
    let descent = decoder
        .gradients(&batch, &adapter, Activations::Recompute, &|rows| loss(&decoder, rows))
        .unwrap();

    let (expected_loss, mut rest) = recorded.split_first().unwrap();
    assert!((descent.loss / expected_loss - 1.0).abs() < 1e-5);
    for (place, Factors { a, b }) in descent.gradients {
        for gradient in [a, b].map(values) {
            let (expected, others) = rest.split_at(gradient.len());
            rest = others;
            let length = |values: &[f32]| values.iter().map(|v| v * v).sum::<f32>().sqrt();
            let pairs = gradient.iter().zip(expected);
            let difference: Vec<f32> = pairs.map(|(a, b)| a - b).collect();
            let relative = length(&difference) / length(expected);
            assert!(relative < 1e-4, "{place:?}: relative error {relative}");
        }
    }
    assert!(rest.is_empty());
}

/// A linear layer whose factors burn's own `LoRA` adds to the weight itself.
#[derive(Module, Debug)]
struct Dense {
    weight: Param<Tensor<2>>,
}

/// `Lora`, with these factors instead of drawn ones.
struct Given(Lora, [Tensor<2>; 2]);

impl Reparameterizer for Given {
    type Reparam = LoraAdapter;

    fn reparameterize<const D: usize>(
        &mut self,
        path: &str,
        param: Param<Tensor<D>>,
    ) -> (Param<Tensor<D>>, Option<LoraAdapter>) {
        let (base, adapter) = self.0.reparameterize(path, param);
        let [a, b] = self.1.clone().map(Param::from_tensor);
        (base, adapter.map(|adapter| LoraAdapter { a, b, ..adapter }))
    }
}

#[test]
fn gradients_of_a_layer_are_those_of_burns_own_lora() {
    const RANK: usize = 4;
    let decoder = decoder();
    let place = (1, Target::Down);
    let [rows, columns] = decoder.shape().matrix(place.1);
    let device = Device::flex().autodiff();
    let numbers = |count: usize| (0..count).map(|i| (i as f32 * 0.37).sin()).collect::<Vec<_>>();
    let filled = |shape: [usize; 2]| {
        Tensor::<2>::from_data(TensorData::new(numbers(shape[0] * shape[1]), shape), &device)
    };
    let given = adapter(&decoder, RANK).factors.remove(&place).unwrap();
    let tracked = |factor: Tensor<2>| factor.autodiff().require_grad();
    let own = Factors { a: tracked(given.a), b: tracked(given.b) };
    let name = "blk.1.ffn_down.weight";
    let mut weight = vec![0.0; rows * columns];
    let kind = decoder.gguf().tensor(name).unwrap().kind;
    let bytes = decoder.gguf().tensor_bytes(name).unwrap();
    models::blocks::dequantize(kind, bytes, &mut weight).unwrap();
    let weight = Tensor::<2>::from_data(TensorData::new(weight, [rows, columns]), &device);
    let given = [own.a.clone().inner().transpose(), own.b.clone().inner().transpose()];
    let given = given.map(Tensor::autodiff);
    let dense = Dense { weight: Param::from_tensor(weight.transpose()) }
        .apply_reparameterization(Given(Lora::new(RANK, 0.5 * RANK as f64), given));
    let linear = Linear::load(decoder.gguf(), place, [rows, columns], &Device::flex()).unwrap();
    let adapter =
        Adapter { factors: BTreeMap::from([(place, own.clone())]), scale: 0.5, dropout: None };
    let (x, upstream) = (filled([5, columns]), filled([5, rows]));

    let ours = (linear.forward(x.clone(), &adapter) * upstream.clone()).sum().backward();
    let theirs = (x.matmul(dense.weight.val()) * upstream).sum().backward();

    let factors = dense.weight.adapter().unwrap();
    for (our, their) in [(own.a, &factors.a), (own.b, &factors.b)] {
        let our = values(our.grad(&ours).unwrap());
        let their = values(their.val().grad(&theirs).unwrap().transpose());
        let greatest = their.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        assert_near(&our, &their, 1e-4 * greatest);
    }
}
