//! What the caller asks for; the README of tests/clients says what each field is.

use serde::Deserialize;

#[derive(Deserialize)]
pub struct Request {
    pub seeds: Vec<(String, u16)>,
    pub tls: bool,
    pub ca: Option<String>,
    pub cert: Option<String>,
    pub key: Option<String>,
    pub username: Option<String>,
    pub password: Option<String>,
    pub keys: Vec<String>,
    #[serde(default)]
    pub rounds: u32,
    pub config: Option<String>,
}

impl Request {
    pub fn read(file: &str) -> Self {
        let text = std::fs::read(file).expect("the request can be read");
        serde_json::from_slice(&text).expect("the request is one")
    }
}
