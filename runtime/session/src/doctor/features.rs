//! Instructions of the processor.

/// What the kernels would use and this processor has.
pub(super) fn found() -> Vec<&'static str> {
    let mut found: Vec<&'static str> = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        let known = [
            ("avx", is_x86_feature_detected!("avx")),
            ("avx2", is_x86_feature_detected!("avx2")),
            ("fma", is_x86_feature_detected!("fma")),
            ("f16c", is_x86_feature_detected!("f16c")),
            ("avx512f", is_x86_feature_detected!("avx512f")),
            ("avx512vnni", is_x86_feature_detected!("avx512vnni")),
            ("avx512bf16", is_x86_feature_detected!("avx512bf16")),
        ];
        found.extend(known.iter().filter(|(_, is)| *is).map(|(name, _)| name));
    }
    #[cfg(target_arch = "aarch64")]
    {
        use std::arch::is_aarch64_feature_detected;
        let known = [
            ("neon", is_aarch64_feature_detected!("neon")),
            ("dotprod", is_aarch64_feature_detected!("dotprod")),
            ("fp16", is_aarch64_feature_detected!("fp16")),
            ("i8mm", is_aarch64_feature_detected!("i8mm")),
            ("sve", is_aarch64_feature_detected!("sve")),
        ];
        found.extend(known.iter().filter(|(_, is)| *is).map(|(name, _)| name));
    }
    found
}
