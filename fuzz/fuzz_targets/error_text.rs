//! The text of an error, a log, a stack trace.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    if let Some(reading) = redis_doctor::errors::read(&text) {
        assert!(!reading.leads.is_empty() && reading.places.len() <= 4);
    }
});
