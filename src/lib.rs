//! redis-doctor: why a Redis or Valkey client will not connect.
//!
//! The house, a sentence a room. Look: [`facts`] says what can be seen, [`wire`] turns bytes into it, [`probe`] goes
//! and looks. Think: [`names`] knows for whom a certificate speaks, [`clients`] how each library behaves, [`providers`]
//! what each hosting service, operator and chart is known by and refuses, [`diagnosis`] turns a snapshot into a report
//! through the [`checks`], [`address_map`] derives announced → reachable, [`errors`] knows what a client's error text
//! can mean, [`request`] works out what to ask a certificate authority for. Say: [`emitters`] write that map in a
//! client's language, [`tunnels`] as the configuration of a tunnel program, [`render`] writes a report as text,
//! [`request_forms`] such a request as a person, OpenSSL and cert-manager read it. Practise: [`lab`] misbehaves on
//! purpose. The shell, [`cli`] and [`run`], owns arguments, files, streams and the exit code.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_macros))]

pub mod address_map;
pub mod checks;
pub mod cli;
pub mod clients;
pub mod diagnosis;
pub mod emitters;
pub mod errors;
pub mod exit;
pub mod facts;
#[cfg(feature = "lab")]
pub mod lab;
pub mod names;
pub mod probe;
pub mod providers;
pub mod render;
pub mod request;
pub mod request_forms;
pub mod run;
pub mod tunnels;
pub mod wire;
