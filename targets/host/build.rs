//! Where the program looks for llama.cpp's libraries, when they are files of their own.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_LLAMA_DYNAMIC").is_none() {
        return;
    }
    match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("macos") => println!("cargo::rustc-link-arg-bins=-Wl,-rpath,@loader_path/lib"),
        Ok("linux") => {
            // The older tag holds for libraries' own libraries as well.
            println!("cargo::rustc-link-arg-bins=-Wl,-rpath,$ORIGIN/lib,--disable-new-dtags");
        }
        _ => {}
    }
}
