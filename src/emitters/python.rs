//! What the emitters for Python libraries share.

use super::closed::UNKNOWN;
use crate::facts::Endpoint;

/// A line of a dictionary from one `(host, port)` to another.
pub(super) fn entry(from: &Endpoint, to: &Endpoint) -> String {
    format!("    {}: {},", tuple(from), tuple(to))
}

fn tuple(endpoint: &Endpoint) -> String {
    format!("(\"{}\", {})", endpoint.host, endpoint.port)
}

/// The function that answers from `ADDRESSES`, and raises where it cannot.
pub(super) fn fail_closed() -> Vec<String> {
    let lines = [
        "# Whatever is not in the map is not dialled: that would be around the tunnel.",
        "def reachable(announced):",
        "    if announced not in ADDRESSES:",
        &format!("        raise LookupError(f\"{{announced}} {UNKNOWN}\")"),
        "    return ADDRESSES[announced]",
    ];
    lines.map(str::to_owned).into()
}
