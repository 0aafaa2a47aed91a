//! What every fuzz target does with an input. Here and not in the targets, so that `cargo test` replays their corpora.

pub mod certificate;
pub mod cluster;
pub mod error_text;
pub mod fingerprint;
pub mod info;
pub mod names;
pub mod nodes_line;
pub mod resp;
pub mod sentinel;
pub mod server_hello;
pub mod snapshot;
pub mod written_map;

/// What a target does with an input.
pub type Run = fn(&[u8]);

/// Every target, by the name of its corpus.
pub const ALL: &[(&str, Run)] = &[
    ("certificate", certificate::run),
    ("cluster", cluster::run),
    ("error_text", error_text::run),
    ("fingerprint", fingerprint::run),
    ("info", info::run),
    ("names", names::run),
    ("nodes_line", nodes_line::run),
    ("resp", resp::run),
    ("sentinel", sentinel::run),
    ("server_hello", server_hello::run),
    ("snapshot", snapshot::run),
    ("written_map", written_map::run),
];
