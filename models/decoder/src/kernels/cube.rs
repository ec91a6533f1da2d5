//! The kernels on the devices of `CubeCL`: wgpu, Vulkan, Metal, CUDA.
//!
//! One source for all of them, compiled when it is first needed. Tensors are
//! made contiguous here; what a kernel computes is in the files of its name.

mod bounds;
mod weights;
mod products;
mod attend;
mod head;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::{DType, Shape};
use burn_cubecl::Cube;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::{add, empty_device_contiguous_dtype};
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use self::attend::Heads;
use super::fused::{Fused, operations_by_fused};
use super::{Attention, Kernels};
use crate::matrix::Packing;

/// Up to so many rows go through the product of a matrix and a vector.
const VECTORS_MAX: usize = 8;

/// Logits that exist at a time: 64 MiB.
const LOGITS_MAX: usize = 1 << 24;

/// A part of a matrix's rows.
#[derive(Clone, Copy)]
struct Rows {
    first: usize,
    count: usize,
}

impl Rows {
    fn all(packing: Packing) -> Self {
        Self { first: 0, count: packing.rows }
    }
}

impl Kernels for Cube {
    fn product(x: CubeTensor, words: CubeTensor, packing: Packing) -> CubeTensor {
        multiply(&into_contiguous(x), &words, packing, Rows::all(packing))
    }

    fn product_transposed(x: CubeTensor, words: CubeTensor, packing: Packing) -> CubeTensor {
        multiply_transposed(&into_contiguous(x), &words, packing, Rows::all(packing))
    }

    fn attend(inputs: [CubeTensor; 3], how: &Attention) -> [CubeTensor; 2] {
        let [query, key, value] = inputs.map(into_contiguous);
        let [n, _] = query.meta.shape().dims();
        let bounds = pairs(&query, how.key_bounds(n));
        let out = empty(&query, [n, how.heads * how.head_width]);
        let logs = empty(&query, [n, how.heads]);
        attend::attend::launch(
            &query.client.clone(),
            CubeCount::Static(number(n), number(how.heads), 1),
            CubeDim::new_1d(attend::UNITS),
            query.into_tensor_arg(),
            key.into_tensor_arg(),
            value.into_tensor_arg(),
            bounds.into_tensor_arg(),
            out.clone().into_tensor_arg(),
            logs.clone().into_tensor_arg(),
            how.scale,
            heads(how),
        );
        [out, logs]
    }

    fn attend_backward(
        inputs: [CubeTensor; 3],
        outputs: [CubeTensor; 2],
        gradient: CubeTensor,
        how: &Attention,
    ) -> [CubeTensor; 3] {
        let [query, key, value] = inputs.map(into_contiguous);
        let [out, logs] = outputs.map(into_contiguous);
        let gradient = into_contiguous(gradient);
        let ([n, wide], [m, narrow]) = (query.meta.shape().dims(), key.meta.shape().dims());
        let client = query.client.clone();
        let (query_gradient, overlaps) = (empty(&query, [n, wide]), empty(&query, [n, how.heads]));
        attend::query_gradients::launch(
            &client,
            CubeCount::Static(number(n), number(how.heads), 1),
            CubeDim::new_1d(attend::UNITS),
            query.clone().into_tensor_arg(),
            key.clone().into_tensor_arg(),
            value.clone().into_tensor_arg(),
            pairs(&query, how.key_bounds(n)).into_tensor_arg(),
            out.into_tensor_arg(),
            logs.clone().into_tensor_arg(),
            gradient.clone().into_tensor_arg(),
            query_gradient.clone().into_tensor_arg(),
            overlaps.clone().into_tensor_arg(),
            how.scale,
            heads(how),
        );
        let (key_gradient, value_gradient) = (empty(&key, [m, narrow]), empty(&key, [m, narrow]));
        attend::key_gradients::launch(
            &client,
            CubeCount::Static(number(m), number(how.kv_heads), 1),
            CubeDim::new_1d(attend::UNITS),
            query.clone().into_tensor_arg(),
            key.into_tensor_arg(),
            value.into_tensor_arg(),
            pairs(&query, how.query_bounds(m)).into_tensor_arg(),
            overlaps.into_tensor_arg(),
            logs.into_tensor_arg(),
            gradient.into_tensor_arg(),
            key_gradient.clone().into_tensor_arg(),
            value_gradient.clone().into_tensor_arg(),
            how.scale,
            heads(how),
        );
        [query_gradient, key_gradient, value_gradient]
    }

    fn token_log_probs(
        x: CubeTensor,
        tokens: CubeTensor,
        words: CubeTensor,
        packing: Packing,
    ) -> [CubeTensor; 2] {
        let (x, tokens) = (into_contiguous(x), into_contiguous(tokens));
        let [n, _] = x.meta.shape().dims();
        let nothing = [-1e30_f32, 0.0, 0.0].repeat(n);
        let state = upload(&x, f32::as_bytes(&nothing), ([n, 3], DType::F32));
        for rows in parts(packing, n) {
            let logits = multiply(&x, &words, packing, rows);
            head::fold::launch(
                &x.client,
                CubeCount::Static(number(n), 1, 1),
                CubeDim::new_1d(head::LANES),
                logits.into_tensor_arg(),
                tokens.clone().into_tensor_arg(),
                state.clone().into_tensor_arg(),
                number(rows.first),
                number(rows.count),
            );
        }
        let (log_probs, logs) = (empty(&x, [n, 1]), empty(&x, [n, 1]));
        head::finish::launch(
            &x.client,
            CubeCount::Static(number(n).div_ceil(head::LANES), 1, 1),
            CubeDim::new_1d(head::LANES),
            state.into_tensor_arg(),
            log_probs.clone().into_tensor_arg(),
            logs.clone().into_tensor_arg(),
            number(n),
        );
        [log_probs, logs]
    }

    fn token_log_probs_backward(
        x: CubeTensor,
        tokens_and_words: [CubeTensor; 2],
        logs_and_gradient: [CubeTensor; 2],
        packing: Packing,
    ) -> CubeTensor {
        let x = into_contiguous(x);
        let [tokens, words] = tokens_and_words.map(into_contiguous);
        let [logs, gradient] = logs_and_gradient.map(into_contiguous);
        let [n, _] = x.meta.shape().dims();
        let changes = parts(packing, n).map(|rows| {
            let logits = multiply(&x, &words, packing, rows);
            head::gradients::launch(
                &x.client,
                CubeCount::Static(number(rows.count).div_ceil(head::LANES), number(n), 1),
                CubeDim::new_1d(head::LANES),
                logits.clone().into_tensor_arg(),
                tokens.clone().into_tensor_arg(),
                logs.clone().into_tensor_arg(),
                gradient.clone().into_tensor_arg(),
                number(rows.first),
                number(rows.count),
            );
            multiply_transposed(&logits, &words, packing, rows)
        });
        changes.reduce(add).expect("a vocabulary has tokens")
    }
}

operations_by_kernels!(Cube);

impl Fused for Cube {}

operations_by_fused!(Cube);

/// `x [n, columns]` times the transposed rows: `[n, count]`.
fn multiply(x: &CubeTensor, words: &CubeTensor, packing: Packing, rows: Rows) -> CubeTensor {
    let [n, columns] = x.meta.shape().dims();
    if n > VECTORS_MAX {
        return tiles(x, words, packing, (rows, [n, columns, rows.count], false));
    }
    let out = empty(x, [n, rows.count]);
    products::matrix_vector::launch(
        &x.client,
        CubeCount::Static(number(rows.count).div_ceil(products::VECTOR_ROWS), number(n), 1),
        CubeDim::new_2d(products::LANES, products::VECTOR_ROWS),
        x.clone().into_tensor_arg(),
        words.clone().into_tensor_arg(),
        out.clone().into_tensor_arg(),
        number(rows.first),
        number(rows.count),
        packing,
    );
    out
}

/// `x [n, count]` times the rows: `[n, columns]`.
fn multiply_transposed(
    x: &CubeTensor,
    words: &CubeTensor,
    packing: Packing,
    rows: Rows,
) -> CubeTensor {
    let [n, count] = x.meta.shape().dims();
    tiles(x, words, packing, (rows, [n, count, packing.columns], true))
}

fn tiles(
    x: &CubeTensor,
    words: &CubeTensor,
    packing: Packing,
    (rows, [n, inner, count], transposed): (Rows, [usize; 3], bool),
) -> CubeTensor {
    let out = empty(x, [n, count]);
    let along = |size: usize| number(size).div_ceil(products::TILE);
    products::matrix_matrix::launch(
        &x.client,
        CubeCount::Static(along(count), along(n), 1),
        CubeDim::new_2d(products::SIDE, products::SIDE),
        x.clone().into_tensor_arg(),
        words.clone().into_tensor_arg(),
        out.clone().into_tensor_arg(),
        number(rows.first),
        number(n),
        number(inner),
        number(count),
        packing,
        transposed,
    );
    out
}

/// Parts of the vocabulary whose logits for `n` rows fit.
fn parts(packing: Packing, n: usize) -> impl Iterator<Item = Rows> {
    let most = (LOGITS_MAX / n.max(1)).clamp(1, packing.rows);
    (0..packing.rows)
        .step_by(most)
        .map(move |first| Rows { first, count: most.min(packing.rows - first) })
}

/// A tensor beside `like`, to be filled.
fn empty(like: &CubeTensor, shape: [usize; 2]) -> CubeTensor {
    let (client, device) = (like.client.clone(), like.device.clone());
    empty_device_contiguous_dtype(client, device, Shape::new(shape), DType::F32)
}

/// Pairs of numbers `[n, 2]` beside `like`.
fn pairs(like: &CubeTensor, pairs: Vec<[u32; 2]>) -> CubeTensor {
    let shape = [pairs.len(), 2];
    upload(like, u32::as_bytes(&pairs.into_flattened()), (shape, DType::U32))
}

/// Numbers beside `like`, from the host.
fn upload(like: &CubeTensor, bytes: &[u8], (shape, dtype): ([usize; 2], DType)) -> CubeTensor {
    let (client, device) = (like.client.clone(), like.device.clone());
    let handle = client.create_from_slice(bytes);
    CubeTensor::new_contiguous(client, device, Shape::new(shape), handle, dtype)
}

fn heads(how: &Attention) -> Heads {
    Heads {
        of_queries: number(how.heads),
        of_keys: number(how.kv_heads),
        width: number(how.head_width),
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).expect("a tensor on a device has fewer than 2^32 elements")
}
