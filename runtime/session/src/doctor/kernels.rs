//! The kernels that each engine computes with, and where this processor could do better.

use serde::Serialize;

use crate::engines;

/// What llama.cpp calls instructions that matter, beside what [`super::features`] does.
const OF_LLAMA: [(&str, &str); 8] = [
    ("avx2", "AVX2"),
    ("fma", "FMA"),
    ("avx512f", "AVX512"),
    ("avx512vnni", "AVX512_VNNI"),
    ("avx512bf16", "AVX512_BF16"),
    ("dotprod", "DOTPROD"),
    ("fp16", "FP16_VA"),
    ("i8mm", "MATMUL_INT8"),
];

/// An engine's kernels.
#[derive(Serialize)]
pub(super) struct Kernels {
    /// The engine.
    pub(super) engine: &'static str,
    /// Its version and what it was built with.
    pub(super) build: String,
    /// What keeps it from better ones, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) better: Option<String>,
}

/// The kernels of each engine on a processor with these features.
pub(super) fn found(features: &[&str]) -> Vec<Kernels> {
    let of_engine = |(engine, build): (&'static str, String)| {
        let better = match engine {
            "llama" => better_llama(&build, features),
            "native" => better_native(),
            _ => None,
        };
        Kernels { engine, build, better }
    };
    engines::builds().into_iter().map(of_engine).collect()
}

fn better_llama(build: &str, features: &[&str]) -> Option<String> {
    let has = |name: &str| build.split([' ', ':', ',']).any(|word| word == name);
    let unused = OF_LLAMA.iter().filter(|(feature, name)| features.contains(feature) && !has(name));
    let unused: Vec<&str> = unused.map(|(_, name)| *name).collect();
    (!unused.is_empty()).then(|| {
        format!(
            "llama.cpp was built without {}, which this processor has; build it on this machine \
             without REBOUND_PORTABLE, or take a program of `make release`, which has kernels for \
             many processors",
            unused.join(" ")
        )
    })
}

#[cfg(feature = "native")]
fn better_native() -> Option<String> {
    use runtime_engine::native;

    let (used, best) = (native::instructions(), native::best_instructions());
    if used != best {
        return Some(format!(
            "{used} is asked for by REBOUND_CPU, this processor has {best}; unset it"
        ));
    }
    (!native::is_vectorized()).then(|| {
        "this processor has no vector instructions that it knows (AVX2, AVX-512 with VNNI, NEON); \
         new runs compute with llama, which --engine native overrides"
            .to_owned()
    })
}

#[cfg(not(feature = "native"))]
fn better_native() -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORTABLE: &str = "llama.cpp (sources, ggml 0.9), CPU: SSE3 AVX AVX2 F16C FMA LLAMAFILE";

    #[test]
    fn a_portable_build_is_slower_where_the_processor_has_more() {
        let found = better_llama(PORTABLE, &["avx2", "fma", "avx512f", "avx512vnni"]).unwrap();

        assert!(found.contains("without AVX512 AVX512_VNNI,"), "{found}");
        assert!(found.contains("without REBOUND_PORTABLE"), "{found}");
        assert_eq!(better_llama(PORTABLE, &["avx", "avx2", "fma", "f16c"]), None);
    }

    #[test]
    fn names_are_whole_words() {
        let build = "llama.cpp, CPU: AVX512_VNNI AVX512_BF16";

        assert!(better_llama(build, &["avx512f"]).is_some());
        assert_eq!(better_llama(build, &["avx512vnni"]), None);
    }
}
