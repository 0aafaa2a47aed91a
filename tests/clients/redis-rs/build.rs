//! Makes the emitted file a module of the driver: Rust cannot load it at run time as other drivers do. Serves fred, too.

use std::{env, fs, path::Path};

fn main() {
    println!("cargo::rerun-if-env-changed=REDIS_DOCTOR_MAP");
    let stand_in = || format!("{}/src/emitted.rs", env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let file = env::var("REDIS_DOCTOR_MAP").unwrap_or_else(|_| stand_in());
    println!("cargo::rerun-if-changed={file}");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let module = format!("#[path = {file:?}]\nmod emitted;");
    fs::write(Path::new(&out).join("emitted.rs"), module).expect("OUT_DIR is writable");
}
