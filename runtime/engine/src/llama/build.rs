//! The version and build of llama.cpp.

use super::backend::backend;
use super::raw;

/// The crate with llama.cpp's sources, pinned by the workspace.
const SOURCES: &str = "llama-cpp-sys-2 0.1.161";

/// The version of llama.cpp and the kernels that it was built with.
pub fn build() -> String {
    backend();
    format!("llama.cpp ({SOURCES}, ggml {}), {}", raw::version(), kernels(raw::system_info()))
}

/// `CPU : AVX2 = 1 | FMA = 1 | ` as `CPU: AVX2 FMA`.
fn kernels(info: &str) -> String {
    let words = info.split(" | ").map(str::trim).filter(|word| !word.is_empty());
    let words = words.map(|word| {
        let word = word.replace(" : ", ": ");
        word.strip_suffix(" = 1").map_or_else(|| word.replace(" = ", "="), str::to_owned)
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sources_are_those_that_the_workspace_pins() {
        let pinned = SOURCES.replacen(' ', " = \"=", 1) + "\"";

        assert!(include_str!("../../../../Cargo.toml").contains(&pinned), "{pinned}");
    }

    #[test]
    fn kernels_are_told_by_device() {
        let info = "CUDA : ARCHS = 890 | CPU : AVX2 = 1 | FMA = 1 | ";

        assert_eq!(kernels(info), "CUDA: ARCHS=890 CPU: AVX2 FMA");
    }

    #[test]
    fn the_processors_kernels_are_named() {
        let build = build();

        assert!(build.starts_with("llama.cpp (") && build.contains("CPU: "), "{build}");
    }
}
