//! An address map in a client library's own language, complete enough to paste.
//!
//! A shelf: one file a client, named here. Every host that is written has passed [`crate::facts::Host`]'s grammar, which
//! holds no quote, space or control character, so nothing announced can break out of a string.

use crate::{address_map::AddressMap, facts::Endpoint};

/// What an emitter needs to know beside the map.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The endpoint the user gave: the client's seed.
    pub seed: Endpoint,
    /// TLS is spoken.
    pub tls: bool,
    /// The CA file, when one was given.
    pub ca_file: Option<String>,
    /// The ACL user, when one was given.
    pub username: Option<String>,
    /// A password is needed; it is read from the environment, never written.
    pub password: bool,
}

/// One emitter.
pub struct Emitter {
    /// The client it writes for; `json` is the neutral form.
    pub client: &'static str,
    /// Writes the configuration, or says in a sentence why this client cannot be served.
    pub emit: fn(&AddressMap, &Settings) -> Result<String, String>,
}

/// Every emitter.
pub const ALL: &[Emitter] = &[];

/// The emitter for a client.
pub fn by_client(id: &str) -> Option<&'static Emitter> {
    ALL.iter().find(|e| e.client == id)
}
