//! Makes the emitted snippet a module of the driver: Rust cannot load it at run time as the other drivers do.

use std::{env, fs, path::Path};

const NONE: &str = "mod snippet {
    pub fn client() -> redis::RedisResult<redis::cluster::ClusterClient> {
        panic!(\"built without REDIS_DOCTOR_MAP: set it to the emitted file and build again\")
    }
}";

fn main() {
    println!("cargo::rerun-if-env-changed=REDIS_DOCTOR_MAP");
    let module = match env::var("REDIS_DOCTOR_MAP") {
        Ok(file) => {
            println!("cargo::rerun-if-changed={file}");
            format!("#[path = {file:?}]\nmod snippet;")
        }
        Err(_) => NONE.to_owned(),
    };
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("snippet.rs"), module).expect("OUT_DIR is writable");
}
