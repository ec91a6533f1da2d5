//! Causal attention on a device: a cube for each query and head, its units sharing
//! out the keys, then the elements of the head (Dao et al., `FlashAttention`, 2022,
//! algorithms 1 and 4, with one query a block).

use cubecl::prelude::*;

/// Units of a cube, and keys that are looked at together.
pub(super) const UNITS: u32 = 64;

/// Below every score; devices may lack infinity.
const LEAST: f32 = -1e30;

/// Heads of queries, of keys and values, and a head's width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Heads {
    pub(super) of_queries: u32,
    pub(super) of_keys: u32,
    pub(super) width: u32,
}

impl Heads {
    fn group(self) -> u32 {
        self.of_queries / self.of_keys
    }
}

/// Where a row's head begins.
#[cube]
fn place(row: u32, head: u32, #[comptime] heads: u32, #[comptime] width: u32) -> u32 {
    (row * heads + head) * width
}

/// `Σ a[i] · b[i]` over a head.
#[cube]
fn dot(a: &Tensor<f32>, at: u32, b: &Tensor<f32>, bt: u32, #[comptime] width: u32) -> f32 {
    let mut sum = 0.0f32;
    for index in 0..width {
        sum += a[(at + index) as usize] * b[(bt + index) as usize];
    }
    sum
}

/// Output `[n, heads · width]` and the sums' logarithms `[n, heads]`; `bounds [n, 2]`
/// are the rows of the keys that a query sees, the end left out.
#[cube(launch)]
pub(super) fn attend(
    query: &Tensor<f32>,
    key: &Tensor<f32>,
    value: &Tensor<f32>,
    bounds: &Tensor<u32>,
    out: &mut Tensor<f32>,
    logs: &mut Tensor<f32>,
    scale: f32,
    #[comptime] shape: Heads,
) {
    let (heads, kv_heads) = comptime!((shape.of_queries, shape.of_keys));
    let (width, group) = comptime!((shape.width, shape.group()));
    let mut weights = Shared::new_slice(comptime!(UNITS as usize));
    let mut mixed = Shared::new_slice(comptime!(shape.width as usize));
    let (row, head, lane) = (CUBE_POS_X, CUBE_POS_Y, UNIT_POS_X);
    let own = place(row, head, heads, width);
    let mut index = lane;
    while index < width {
        mixed[index as usize] = 0.0f32;
        index += UNITS;
    }
    let mut greatest = LEAST.runtime();
    let mut sum = 0.0f32;
    let mut first = bounds[(row * 2) as usize];
    let end = bounds[(row * 2 + 1) as usize];
    while first < end {
        let mut score = LEAST.runtime();
        if first + lane < end {
            let other = place(first + lane, head / group, kv_heads, width);
            score = dot(query, own, key, other, width) * scale;
        }
        weights[lane as usize] = score;
        sync_cube();
        let mut new = greatest;
        for other in 0..UNITS {
            new = max(new, weights[other as usize]);
        }
        sync_cube();
        weights[lane as usize] = select(first + lane < end, (score - new).exp(), 0.0f32);
        sync_cube();
        let decay = (greatest - new).exp();
        let count = min(UNITS, end - first);
        sum *= decay;
        for other in 0..count {
            sum += weights[other as usize];
        }
        let mut index = lane;
        while index < width {
            let mut total = mixed[index as usize] * decay;
            for other in 0..count {
                let at = place(first + other, head / group, kv_heads, width) + index;
                total += weights[other as usize] * value[at as usize];
            }
            mixed[index as usize] = total;
            index += UNITS;
        }
        greatest = new;
        first += UNITS;
        sync_cube();
    }
    let mut index = lane;
    while index < width {
        out[(own + index) as usize] = mixed[index as usize] / sum;
        index += UNITS;
    }
    if lane == 0 {
        logs[(row * heads + head) as usize] = greatest + sum.ln();
    }
}

/// The gradient of the query, and `Σ gradient · out` `[n, heads]` for
/// [`key_gradients`].
#[cube(launch)]
pub(super) fn query_gradients(
    query: &Tensor<f32>,
    key: &Tensor<f32>,
    value: &Tensor<f32>,
    bounds: &Tensor<u32>,
    out: &Tensor<f32>,
    logs: &Tensor<f32>,
    gradient: &Tensor<f32>,
    query_gradient: &mut Tensor<f32>,
    overlaps: &mut Tensor<f32>,
    scale: f32,
    #[comptime] shape: Heads,
) {
    let (heads, kv_heads) = comptime!((shape.of_queries, shape.of_keys));
    let (width, group) = comptime!((shape.width, shape.group()));
    let mut slopes = Shared::new_slice(comptime!(UNITS as usize));
    let mut total = Shared::new_slice(comptime!(shape.width as usize));
    let (row, head, lane) = (CUBE_POS_X, CUBE_POS_Y, UNIT_POS_X);
    let own = place(row, head, heads, width);
    let log = logs[(row * heads + head) as usize];
    let overlap = dot(gradient, own, out, own, width);
    let mut index = lane;
    while index < width {
        total[index as usize] = 0.0f32;
        index += UNITS;
    }
    let mut first = bounds[(row * 2) as usize];
    let end = bounds[(row * 2 + 1) as usize];
    while first < end {
        let mut slope = 0.0f32;
        if first + lane < end {
            let other = place(first + lane, head / group, kv_heads, width);
            let weight = (dot(query, own, key, other, width) * scale - log).exp();
            slope = weight * (dot(gradient, own, value, other, width) - overlap) * scale;
        }
        slopes[lane as usize] = slope;
        sync_cube();
        let count = min(UNITS, end - first);
        let mut index = lane;
        while index < width {
            let mut sum = total[index as usize];
            for other in 0..count {
                let at = place(first + other, head / group, kv_heads, width) + index;
                sum += slopes[other as usize] * key[at as usize];
            }
            total[index as usize] = sum;
            index += UNITS;
        }
        first += UNITS;
        sync_cube();
    }
    let mut index = lane;
    while index < width {
        query_gradient[(own + index) as usize] = total[index as usize];
        index += UNITS;
    }
    if lane == 0 {
        overlaps[(row * heads + head) as usize] = overlap;
    }
}

/// The gradients of key and value: a cube for each key and its head; `bounds [m, 2]`
/// are the rows of the queries that see it.
#[cube(launch)]
pub(super) fn key_gradients(
    query: &Tensor<f32>,
    key: &Tensor<f32>,
    value: &Tensor<f32>,
    bounds: &Tensor<u32>,
    overlaps: &Tensor<f32>,
    logs: &Tensor<f32>,
    gradient: &Tensor<f32>,
    key_gradient: &mut Tensor<f32>,
    value_gradient: &mut Tensor<f32>,
    scale: f32,
    #[comptime] shape: Heads,
) {
    let (heads, kv_heads) = comptime!((shape.of_queries, shape.of_keys));
    let (width, group) = comptime!((shape.width, shape.group()));
    let mut weights = Shared::new_slice(comptime!(UNITS as usize));
    let mut slopes = Shared::new_slice(comptime!(UNITS as usize));
    let mut key_total = Shared::new_slice(comptime!(shape.width as usize));
    let mut value_total = Shared::new_slice(comptime!(shape.width as usize));
    let (row, kv_head, lane) = (CUBE_POS_X, CUBE_POS_Y, UNIT_POS_X);
    let own = place(row, kv_head, kv_heads, width);
    let mut index = lane;
    while index < width {
        key_total[index as usize] = 0.0f32;
        value_total[index as usize] = 0.0f32;
        index += UNITS;
    }
    let end = bounds[(row * 2 + 1) as usize];
    for member in 0..group {
        let head = kv_head * group + member;
        let mut first = bounds[(row * 2) as usize];
        while first < end {
            let mut weight = 0.0f32;
            let mut slope = 0.0f32;
            if first + lane < end {
                let other = place(first + lane, head, heads, width);
                let at = ((first + lane) * heads + head) as usize;
                weight = (dot(query, other, key, own, width) * scale - logs[at]).exp();
                let change = dot(gradient, other, value, own, width);
                slope = weight * (change - overlaps[at]) * scale;
            }
            weights[lane as usize] = weight;
            slopes[lane as usize] = slope;
            sync_cube();
            let count = min(UNITS, end - first);
            let mut index = lane;
            while index < width {
                let mut key_sum = key_total[index as usize];
                let mut value_sum = value_total[index as usize];
                for other in 0..count {
                    let at = (place(first + other, head, heads, width) + index) as usize;
                    key_sum += slopes[other as usize] * query[at];
                    value_sum += weights[other as usize] * gradient[at];
                }
                key_total[index as usize] = key_sum;
                value_total[index as usize] = value_sum;
                index += UNITS;
            }
            first += UNITS;
            sync_cube();
        }
    }
    let mut index = lane;
    while index < width {
        key_gradient[(own + index) as usize] = key_total[index as usize];
        value_gradient[(own + index) as usize] = value_total[index as usize];
        index += UNITS;
    }
}
