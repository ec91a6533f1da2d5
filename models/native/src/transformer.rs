//! A whole transformer: embeddings, layers, head.

use std::collections::HashSet;

use models::blocks::dequantize;
use models::gguf::Gguf;
use models::hyperparameters::{Family, Hyperparameters};
use models::target::Target;

use crate::adapter::Adapter;
use crate::batch::{Layout, Part};
use crate::error::NativeError;
use crate::kernels::pool::Pool;
use crate::kernels::product::{Product, Quantized};
use crate::kernels::{Instructions, LANES, Vector};
use crate::layer::Layer;
use crate::packed::Packed;
use crate::pass::Pass;
use crate::rope::Frequencies;
use crate::stored::{BLOCK, Stored};
use crate::weights::Weights;
use crate::{rows, tensors, turn};

pub(crate) const EMBEDDINGS: &str = "token_embd.weight";
pub(crate) const HEAD: &str = "output.weight";
const ROPE_DIVISORS: &str = "rope_freqs.weight";
const LAST_NORM: &str = "output_norm.weight";

/// A transformer in memory, and the threads that compute it.
///
/// The file stays mapped: embeddings are looked up in it. Its pages are given back as soon as
/// they have been read.
pub struct Transformer {
    weights: Weights,
    gguf: Gguf,
    norm: Vec<Vector>,
    head: Packed,
}

/// Hidden states behind the last norm, those that were wanted.
#[derive(Clone, Debug)]
pub struct Hidden {
    /// `[width / 16][rows]`.
    columns: Vec<Vector>,
    rows: usize,
}

impl Transformer {
    /// Brings a file's weights into the form of the kernels, to be computed by so many
    /// threads.
    pub fn load(gguf: Gguf, threads: usize) -> Result<Self, NativeError> {
        let shape = supports(&gguf)?;
        let pool = Pool::new(threads.max(1));
        let size = [shape.vocabulary, shape.width];
        // The embeddings are read row by row later.
        tensors::stored(&gguf, EMBEDDINGS, size)?;
        let head = if gguf.tensor(HEAD).is_some() { HEAD } else { EMBEDDINGS };
        let divisors = match gguf.tensor(ROPE_DIVISORS) {
            Some(_) => tensors::numbers(&gguf, ROPE_DIVISORS, shape.head_width / 2)?,
            None => Vec::new(),
        };
        let mut layers: Vec<Option<Result<Layer, NativeError>>> =
            std::iter::repeat_with(|| None).take(shape.layers).collect();
        pool.pieces(&mut layers, 1, |number, layer| {
            layer[0] = Some(Layer::load(&gguf, number, &shape));
        });
        let layers = layers.into_iter().flatten().collect::<Result<_, _>>()?;
        let norm = tensors::vector(&gguf, LAST_NORM, shape.width)?;
        let weights = Weights {
            instructions: Instructions::detect(),
            layers,
            global: Frequencies::global(&shape, divisors),
            window: Frequencies::window(&shape),
            pool,
            shape,
        };
        let head = tensors::matrix(&gguf, head, size)?;
        Ok(Self { weights, norm, head, gguf: gguf.without_metadata() })
    }

    /// The same with no better instructions than these: `avx2` or `scalar`.
    #[must_use]
    pub fn with_instructions(mut self, most: &str) -> Self {
        self.weights.instructions = Instructions::up_to(most);
        self
    }

    /// Its shape.
    pub fn shape(&self) -> &Hyperparameters {
        &self.weights.shape
    }

    /// Threads that compute it.
    pub fn threads(&self) -> usize {
        self.weights.pool.threads()
    }

    /// Bytes of the weights in memory.
    pub fn weight_bytes(&self) -> usize {
        self.weights.layers.iter().map(Layer::bytes).sum::<usize>() + self.head.bytes()
    }

    /// Bytes of the keys and values of a sequence of so many tokens.
    pub fn cache_bytes(&self, tokens: usize) -> usize {
        tokens.div_ceil(crate::cache::PAGE) * self.weights.page_size().bytes()
    }

    /// The hidden states behind the new tokens, those that the parts want; the caches grow.
    ///
    /// After an error the caches hold no more tokens than before.
    pub fn forward(
        &self,
        parts: &mut [Part<'_>],
        adapter: &Adapter,
    ) -> Result<Hidden, NativeError> {
        let layout = Layout::new(parts, self.weights.shape.context_tokens)?;
        if layout.rows() == 0 {
            return Ok(Hidden { columns: Vec::new(), rows: 0 });
        }
        let _turn = turn::take();
        let mut x = self.embed(parts, layout.rows())?;
        for part in parts.iter_mut() {
            part.cache.reserve(part.tokens.len(), self.weights.page_size());
        }
        let mut pass = Pass::new(&self.weights, adapter, &layout);
        for number in 0..self.weights.layers.len() {
            pass.layer(number, &mut x, parts);
        }
        for part in parts {
            part.cache.advance(part.tokens.len());
        }
        self.hidden(&x, &layout)
    }

    /// Logits `[rows][vocabulary]` of hidden states.
    pub fn logits(&self, hidden: &Hidden) -> Vec<f32> {
        let (n, vocabulary) = (hidden.rows, self.weights.shape.vocabulary);
        if n == 0 {
            return Vec::new();
        }
        let _turn = turn::take();
        let mut quantized = vec![Quantized::default(); hidden.columns.len() / 2];
        rows::quantize(&self.weights, &hidden.columns, n, &mut quantized);
        let span = tracing::trace_span!("products").entered();
        let mut columns = vec![Vector::default(); self.head.groups() * n];
        self.weights.pool.pieces(&mut columns, n, |group, out| {
            self.weights.instructions.run(Product {
                weights: &self.head,
                group,
                rows: &quantized,
                out,
            });
        });
        drop(span);
        let mut logits = vec![0.0; n * vocabulary];
        self.weights.pool.pieces(&mut logits, vocabulary, |row, logits| {
            for (group, logits) in logits.chunks_mut(LANES).enumerate() {
                logits.copy_from_slice(&columns[group * n + row].0[..logits.len()]);
            }
        });
        logits
    }

    /// The embeddings of all new tokens, `[width / 16][n]`.
    fn embed(&self, parts: &[Part<'_>], n: usize) -> Result<Vec<Vector>, NativeError> {
        let Hyperparameters { width, vocabulary, embedding_scale, .. } = self.weights.shape;
        let Stored { kind, bytes, .. } =
            tensors::stored(&self.gguf, EMBEDDINGS, [vocabulary, width])?;
        let row_bytes = bytes.len() / vocabulary;
        let mut x = vec![Vector::default(); width / LANES * n];
        let mut values = vec![0.0; width];
        let ids = parts.iter().flat_map(|part| part.tokens);
        for (row, &id) in ids.enumerate() {
            let stored = bytes.chunks_exact(row_bytes).nth(id as usize);
            let stored = stored.ok_or(NativeError::Token { id, vocabulary })?;
            dequantize(kind, stored, &mut values)
                .map_err(|_| tensors::kind_error(&self.gguf, EMBEDDINGS, kind))?;
            for (group, values) in values.chunks_exact(LANES).enumerate() {
                for (to, value) in x[group * n + row].0.iter_mut().zip(values) {
                    *to = value * embedding_scale;
                }
            }
        }
        self.gguf.release(EMBEDDINGS, 0..bytes.len());
        Ok(x)
    }

    /// The wanted rows of the residual stream `[width / 16][n]`, normed.
    fn hidden(&self, x: &[Vector], layout: &Layout) -> Result<Hidden, NativeError> {
        let (n, rows) = (layout.rows(), layout.wanted.len());
        let groups = x.chunks_exact(n);
        let chosen: Vec<Vector> =
            groups.flat_map(|group| layout.wanted.iter().map(|&row| group[row])).collect();
        let mut columns = vec![Vector::default(); chosen.len()];
        if rows > 0 {
            rows::norm(&self.weights, &chosen, rows, &self.norm, &mut columns);
        }
        if columns.iter().any(|vector| vector.0.iter().any(|number| !number.is_finite())) {
            return Err(NativeError::NotANumber);
        }
        Ok(Hidden { columns, rows })
    }
}

impl Hidden {
    /// The number of hidden states.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// One of them, `[width]`.
    pub fn row(&self, row: usize) -> Vec<f32> {
        self.columns.iter().skip(row).step_by(self.rows).flat_map(|vector| vector.0).collect()
    }
}

/// The name of the instructions that this processor computes with.
pub fn instructions() -> &'static str {
    Instructions::detect().name()
}

/// The name of those that it would compute with if `REBOUND_CPU` asked for nothing less.
pub fn best_instructions() -> &'static str {
    Instructions::up_to("").name()
}

/// Whether this processor has vector instructions that the kernels are written for.
pub fn is_vectorized() -> bool {
    !matches!(Instructions::detect(), Instructions::Scalar(_))
}

/// The shape of a file's transformer, where it is one that is computed here.
pub fn supports(gguf: &Gguf) -> Result<Hyperparameters, NativeError> {
    let shape = Hyperparameters::from_gguf(gguf)?;
    check_widths(gguf, &shape)?;
    refuse_unknown(gguf, &shape)?;
    Ok(shape)
}

/// The widths that the kernels compute.
fn check_widths(gguf: &Gguf, shape: &Hyperparameters) -> Result<(), NativeError> {
    // Halves of a head are whole vectors where they are pairs.
    let of_heads = if shape.family == Family::Llama { LANES } else { 2 * LANES };
    let widths = [
        ("embedding_length", shape.width, BLOCK),
        ("feed_forward_length", shape.feed_forward, BLOCK),
        ("width of a head", shape.head_width, of_heads),
        ("width of all heads", shape.heads * shape.head_width, BLOCK),
    ];
    let wrong = widths.into_iter().find(|(_, found, multiple)| !found.is_multiple_of(*multiple));
    wrong.map_or(Ok(()), |(what, found, multiple)| {
        Err(NativeError::Width { file: gguf.name().into(), what, found, multiple })
    })
}

/// Tensors that are not read would mean a computation that is not built.
fn refuse_unknown(gguf: &Gguf, shape: &Hyperparameters) -> Result<(), NativeError> {
    let mut known: HashSet<String> =
        [EMBEDDINGS, HEAD, ROPE_DIVISORS, LAST_NORM].map(str::to_owned).into();
    for layer in 0..shape.layers {
        known.extend(shape.norms().map(|norm| format!("blk.{layer}.{norm}.weight")));
        for target in Target::ALL {
            let name = format!("blk.{layer}.{}", target.name());
            known.extend([format!("{name}.weight"), format!("{name}.bias")]);
        }
    }
    match gguf.tensors().iter().find(|tensor| !known.contains(&tensor.name)) {
        None => Ok(()),
        Some(tensor) => {
            Err(NativeError::Unknown { file: gguf.name().into(), tensor: tensor.name.clone() })
        }
    }
}
