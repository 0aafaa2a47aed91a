//! Bytes to facts, without IO: RESP, cluster replies, INFO, certificates.

pub mod cluster;
pub mod comparison;
pub mod nodes_line;
pub mod resp;
