//! Goes and looks: the only room with sockets and a clock.
//!
//! Round trips are the budget. To the seed: TCP, TLS, one pipelined exchange; then to all nodes at once, the same three.
//! A socket address is dialled once, however many announced forms lead there.

#![expect(clippy::disallowed_methods, reason = "the room that looks: sockets and the clock are its work")]

mod again;
mod alias;
mod also;
mod attempt;
mod begin;
mod behind;
mod bus;
mod by_name;
mod candidates;
mod connect;
mod converse;
mod crowd;
mod dns;
mod elsewhere;
mod gather;
mod hello;
mod idle;
mod kind;
mod looks;
mod lookups;
mod mapped;
mod mute;
mod nodes;
mod questions;
mod raced;
mod record;
mod redact;
mod refusal;
mod replicas;
mod resolve;
mod sentinel;
mod shared;
mod spiped;
mod steps;
mod talk;
mod tls;
mod troubled;
mod unasked;

pub use gather::{Event, Probe};
