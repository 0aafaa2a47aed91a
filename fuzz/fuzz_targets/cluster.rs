//! See `src/cluster.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| redis_doctor_fuzz::cluster::run(bytes));
