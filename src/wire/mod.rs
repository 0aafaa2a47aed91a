//! Bytes to facts, without IO: RESP, cluster replies, INFO, certificates.

pub mod resp;
