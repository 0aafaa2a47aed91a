//! The text of an error, a log, a stack trace.

/// One input.
pub fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(reading) = redis_doctor::errors::read(&text) {
        assert!(!reading.leads.is_empty() && reading.places.len() <= 4);
    }
}
