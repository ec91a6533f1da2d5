//! What the tiny model would say of a corridor, from its log-probabilities.

use std::path::PathBuf;

use burn::tensor::Device;
use models_decoder::adapter::Adapter;
use models_decoder::batch::Batch;
use models_decoder::decoder::Decoder;
use models_decoder::score::numbers;
use runtime_core::model::{Origin, Token};

use crate::world::World;

/// What a reflection may say of each door.
pub(crate) const WORDS: [[u32; 2]; 2] = [[20, 21], [30, 31]];

/// The model with an adapter, asked for one word at a time.
pub(crate) struct Speaker {
    decoder: Decoder,
    adapter: Adapter,
}

/// Log-probabilities of a corridor's words: of the first, and of the second after
/// each first one; drawn from, and under all tokens.
pub(crate) struct Chances([[[f32; 2]; 2]; 3]);

impl Speaker {
    pub(crate) fn new(world: &World, adapter: Option<&PathBuf>) -> Self {
        let gguf = models::gguf::Gguf::open(&world.base.path).unwrap();
        let decoder = Decoder::load(gguf.into(), &Device::flex()).unwrap();
        let adapter = match adapter {
            Some(path) => {
                Adapter::load(&models::adapter::Adapter::open(path).unwrap(), &decoder).unwrap()
            }
            None => Adapter { factors: [].into(), scale: 1.0, dropout: None },
        };
        Self { decoder, adapter }
    }

    pub(crate) fn chances(&self, corridor: u32) -> Chances {
        let begun = |words: &[u32]| [&prompt(corridor)[..], words].concat();
        let word = |ids: Vec<u32>, door: usize| {
            let rows = self.decoder.forward(&Batch::new([&ids[..]]), &self.adapter, None).unwrap();
            let last = rows.narrow(0, ids.len() - 1, 1);
            let logits = numbers(&self.decoder.logits(last));
            let all = log_sum(logits.iter().copied());
            let own = WORDS[door].map(|word| logits[word as usize]);
            own.map(|logit| [logit - log_sum(own), logit - all])
        };
        let [left, right] = WORDS[0].map(|first| word(begun(&[first]), 1));
        Chances([word(begun(&[]), 0), left, right])
    }
}

impl Chances {
    pub(crate) fn draw(&self, draw: &mut impl FnMut() -> f32) -> [Token; 2] {
        let mut word = |door: usize, chances: [[f32; 2]; 2]| {
            let picked = usize::from(draw() >= chances[0][0].exp());
            let [log_prob, full] = chances[picked];
            let id = WORDS[door][picked];
            (picked, Token { id, log_prob, log_prob_full: Some(full), origin: Origin::Drawn })
        };
        let (first, token) = word(0, self.0[0]);
        [token, word(1, self.0[1 + first]).1]
    }

    pub(crate) fn right(&self, corridor: u32) -> f32 {
        let place = |door| usize::from(right_word(corridor, door) == WORDS[door][1]);
        let (first, second) = (place(0), place(1));
        (self.0[0][first][0] + self.0[1 + first][second][0]).exp()
    }
}

fn log_sum(logits: impl IntoIterator<Item = f32> + Clone) -> f32 {
    let most = logits.clone().into_iter().fold(f32::MIN, f32::max);
    most + logits.into_iter().map(|logit| (logit - most).exp()).sum::<f32>().ln()
}

pub(crate) fn prompt(corridor: u32) -> Vec<u32> {
    vec![5, 6, 10 + corridor]
}

pub(crate) fn right_word(corridor: u32, door: usize) -> u32 {
    WORDS[door][(corridor as usize >> door) & 1]
}
