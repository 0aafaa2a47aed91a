//! See `src/certificate.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| redis_doctor_fuzz::certificate::run(bytes));
