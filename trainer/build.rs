//! Where a packed program looks for the compiler's libraries.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is_packed = env::var_os("CARGO_FEATURE_PACKED").is_some();
    if is_packed && env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo::rustc-link-arg-bins=-Wl,-rpath,$ORIGIN/lib");
    }
}
