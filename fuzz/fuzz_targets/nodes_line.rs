//! See `src/nodes_line.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| redis_doctor_fuzz::nodes_line::run(bytes));
