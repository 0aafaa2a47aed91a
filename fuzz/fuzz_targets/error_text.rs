//! See `src/error_text.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| redis_doctor_fuzz::error_text::run(bytes));
