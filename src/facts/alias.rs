//! A name that leads to another name: what DNS said, and what answered when asked by the other one.

use serde::{Deserialize, Serialize};

use super::{Attempt, Host};

/// A name that a certificate does not speak for, and what it is an alias of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// As it was given or announced.
    pub name: Host,
    /// The names it leads to by CNAME records, in their order, the canonical one last. From DNS, which nothing vouches for.
    pub leads_to: Vec<Host>,
    /// The first of them that the certificate speaks for.
    pub certified: Option<Host>,
    /// The same sockets, asked again by that name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looks: Vec<Attempt>,
}
