//! Log-probabilities of given tokens on a device, a part of the vocabulary at a
//! time: a part's logits are folded into each row's greatest logit and sum of
//! exponentials (Wijmans et al., Cut Your Losses, 2024, section 4.1).

use cubecl::prelude::*;

/// Units that share a row.
pub(super) const LANES: u32 = 64;

/// Folds logits `[n, count]` of the tokens from `first` on into each row's state
/// `[n, 3]`: greatest logit, sum of exponentials, the wanted token's logit.
#[cube(launch)]
pub(super) fn fold(
    logits: &Tensor<f32>,
    tokens: &Tensor<u32>,
    state: &mut Tensor<f32>,
    first: u32,
    count: u32,
) {
    let mut parts = Shared::new_slice(comptime!(LANES as usize));
    let row = CUBE_POS_X;
    let lane = UNIT_POS_X;
    let old = state[(row * 3) as usize];
    let mut greatest = old;
    let mut place = lane;
    while place < count {
        greatest = max(greatest, logits[(row * count + place) as usize]);
        place += LANES;
    }
    parts[lane as usize] = greatest;
    sync_cube();
    for other in 0..LANES {
        greatest = max(greatest, parts[other as usize]);
    }
    sync_cube();
    let mut sum = 0.0f32;
    let mut place = lane;
    while place < count {
        sum += (logits[(row * count + place) as usize] - greatest).exp();
        place += LANES;
    }
    parts[lane as usize] = sum;
    sync_cube();
    if lane == 0 {
        let mut total = state[(row * 3 + 1) as usize] * (old - greatest).exp();
        for other in 0..LANES {
            total += parts[other as usize];
        }
        state[(row * 3) as usize] = greatest;
        state[(row * 3 + 1) as usize] = total;
        let token = tokens[row as usize];
        if token >= first && token < first + count {
            state[(row * 3 + 2) as usize] = logits[(row * count + token - first) as usize];
        }
    }
}

/// State into log-probabilities and the sums' logarithms.
#[cube(launch)]
pub(super) fn finish(
    state: &Tensor<f32>,
    log_probs: &mut Tensor<f32>,
    logs: &mut Tensor<f32>,
    n: u32,
) {
    if ABSOLUTE_POS < n as usize {
        let log = state[ABSOLUTE_POS * 3] + state[ABSOLUTE_POS * 3 + 1].ln();
        logs[ABSOLUTE_POS] = log;
        log_probs[ABSOLUTE_POS] = state[ABSOLUTE_POS * 3 + 2] - log;
    }
}

/// Logits `[n, count]` into their gradients: `g · (1[token] − p)`.
#[cube(launch)]
pub(super) fn gradients(
    logits: &mut Tensor<f32>,
    tokens: &Tensor<u32>,
    logs: &Tensor<f32>,
    gradient: &Tensor<f32>,
    first: u32,
    count: u32,
) {
    let row = CUBE_POS_Y;
    let column = CUBE_POS_X * LANES + UNIT_POS_X;
    if column < count {
        let place = (row * count + column) as usize;
        let own = gradient[row as usize];
        let mut value = -own * (logits[place] - logs[row as usize]).exp();
        if tokens[row as usize] == first + column {
            value += own;
        }
        logits[place] = value;
    }
}
