//! What redis-rs logs as a warning: the asynchronous client keeps the reason from the application.

use std::sync::{Mutex, PoisonError};

use log::{LevelFilter, Log, Metadata, Record};

static WARNINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Listener;

impl Log for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("redis")
    }

    fn log(&self, record: &Record<'_>) {
        let text = record.args().to_string();
        let mut warnings = WARNINGS.lock().unwrap_or_else(PoisonError::into_inner);
        if self.enabled(record.metadata()) && !warnings.contains(&text) {
            warnings.push(text);
        }
    }

    fn flush(&self) {}
}

pub fn listen() {
    log::set_logger(&Listener).expect("there is no other logger");
    log::set_max_level(LevelFilter::Warn);
}

/// Since it was asked for last.
pub fn take() -> Vec<String> {
    std::mem::take(&mut WARNINGS.lock().unwrap_or_else(PoisonError::into_inner))
}
