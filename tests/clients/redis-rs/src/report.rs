//! The line that is printed: what became of each key, and what the application was told.

use std::{
    collections::BTreeMap,
    error::Error,
    io::stdin,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::json;

/// Every key starts as "no answer"; threads fill it in.
pub struct Report(Mutex<Round>);

struct Round {
    keys: BTreeMap<String, Option<String>>,
    said: Vec<String>,
}

impl Report {
    pub fn of(keys: &[String]) -> Self {
        let keys = keys.iter().map(|key| (key.clone(), Some("no answer".to_owned()))).collect();
        Report(Mutex::new(Round { keys, said: Vec::new() }))
    }

    pub fn keys(&self) -> Vec<String> {
        self.round().keys.keys().cloned().collect()
    }

    /// `None`: SET and GET have worked.
    pub fn answered(&self, key: &str, error: Option<&(dyn Error + 'static)>) {
        let text = error.map(|error| {
            self.say(error);
            error.to_string()
        });
        self.round().keys.insert(key.to_owned(), text);
    }

    /// No key was reached: the client could not be made, or did not connect.
    pub fn all(&self, error: &(dyn Error + 'static)) {
        self.keys().iter().for_each(|key| self.answered(key, Some(error)));
    }

    /// With what a log shows that applications seldom look at.
    pub fn print(&self, logged: &[String]) {
        let round = self.round();
        println!("{}", json!({ "keys": round.keys, "said": round.said, "inner": logged }));
    }

    pub fn say(&self, error: &(dyn Error + 'static)) {
        let mut next = Some(error);
        while let Some(error) = next {
            let text = error.to_string();
            let mut round = self.round();
            if !round.said.contains(&text) {
                round.said.push(text);
            }
            next = error.source();
        }
    }

    fn round(&self) -> MutexGuard<'_, Round> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for a line; false when there is none.
pub fn go_on() -> bool {
    stdin().read_line(&mut String::new()).is_ok_and(|length| length > 0)
}
