//! See `src/server_hello.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| redis_doctor_fuzz::server_hello::run(bytes));
