//! Placeholder.
#![allow(missing_docs)]
use crate::facts::{Certificate, CertificateChain, Host};
#[derive(Debug)]
pub struct Stack {
    pub id: &'static str,
}
#[derive(Clone, Debug)]
pub struct Refusal {
    pub class: Class,
    pub code: Option<&'static str>,
    pub text: String,
    pub debug: Option<String>,
}
#[derive(Clone, Copy, Debug)]
pub enum Class {
    Name,
    Other,
}
impl Class {
    pub fn is_name(self) -> bool {
        matches!(self, Class::Name)
    }
}
impl Stack {
    pub fn refusal(&self, chain: &CertificateChain, host: Option<&Host>) -> Option<Refusal> {
        self.chain_refusal(chain).or_else(|| host.and_then(|h| self.name_refusal(&chain.leaf, h)))
    }
    pub fn name_refusal(&self, leaf: &Certificate, host: &Host) -> Option<Refusal> {
        (super::speaks_for(leaf, host) != super::Speaks::Yes).then(|| Refusal {
            class: Class::Name,
            code: None,
            debug: None,
            text: format!("name {host}"),
        })
    }
    pub fn chain_refusal(&self, chain: &CertificateChain) -> Option<Refusal> {
        (!chain.is_trusted()).then(|| Refusal { class: Class::Other, code: None, debug: None, text: "chain".into() })
    }
}
pub mod node {
    pub const NODE_20: super::Stack = super::Stack { id: "node" };
}
pub mod python {
    pub const PYTHON_3_11: super::Stack = super::Stack { id: "python" };
}
pub mod go {
    pub const GO_1_23: super::Stack = super::Stack { id: "go" };
}
pub mod java {
    pub const JAVA_17: super::Stack = super::Stack { id: "java" };
}
pub mod rustls {
    pub const RUSTLS: super::Stack = super::Stack { id: "rustls" };
}
pub mod php {
    pub const PHP: super::Stack = super::Stack { id: "php" };
}
pub mod ruby {
    pub const RUBY: super::Stack = super::Stack { id: "ruby" };
}
pub mod dotnet {
    pub const DOTNET_LINUX: super::Stack = super::Stack { id: "dotnet" };
}
pub mod openssl {
    pub const HIREDIS: super::Stack = super::Stack { id: "openssl" };
}
