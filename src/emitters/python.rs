//! What the emitters for Python libraries share.

use crate::facts::Endpoint;

/// A line of a dictionary from one `(host, port)` to another.
pub(super) fn entry(from: &Endpoint, to: &Endpoint) -> String {
    format!("    {}: {},", tuple(from), tuple(to))
}

fn tuple(endpoint: &Endpoint) -> String {
    format!("(\"{}\", {})", endpoint.host, endpoint.port)
}
