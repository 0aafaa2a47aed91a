//! See `src/written_map.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| redis_doctor_fuzz::written_map::run(bytes));
