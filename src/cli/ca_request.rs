//! `ca-request`: what to ask a certificate authority for.

use clap::{Args, ValueEnum};

use super::Connection;

/// `ca-request`.
#[derive(Debug, Args)]
pub struct CaRequest {
    /// Where to look.
    #[command(flatten)]
    pub connection: Connection,
    /// What to print: for people, a configuration for `openssl req`, or a Certificate for cert-manager; --format json has all
    #[arg(long = "as", value_name = "FORM", default_value = "text")]
    pub form: Form,
    /// A certificate for each node, with its own names and those that all share, in place of one for all
    #[arg(long)]
    pub per_node: bool,
    /// Name every host, where a wildcard would cover several
    #[arg(long)]
    pub no_wildcard: bool,
    /// The kind of key
    #[arg(long, value_name = "KIND", default_value = "ec")]
    pub key_type: KeyType,
}

/// What `--as` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people
    Text,
    /// A configuration for openssl req and openssl x509
    Openssl,
    /// A Certificate resource
    CertManager,
}

/// What `--key-type` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeyType {
    /// ECDSA P-256
    Ec,
    /// RSA 2048
    Rsa,
}
