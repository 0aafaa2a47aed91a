//! What the configurations of the two Node libraries have in common: Node's `tls` options, and how it spells a blank host.

use super::{
    Settings,
    closed::SEEDS,
    quote::quoted,
    rule::{Needed, Rule, spelled},
};
use crate::{
    address_map::{AddressMap, Mapping},
    facts::Host,
};

/// Why the short form is a function.
pub(super) const WHY_A_RULE: &str =
    "  // A rule and not a table: announced ports move when nodes are replaced (Azure's 85xx do).";

/// What is said where no map is needed.
pub(super) const ONLY_THE_NAME: &str =
    "// Every node is reachable where it says it is: servername is the name that all of them verify as.";

/// An object literal behind `opening`: on one line where it fits.
pub(super) fn object(opening: &str, properties: &[String], closing: &str) -> Vec<String> {
    let line = format!("{opening}{{ {} }}{closing}", properties.join(", "));
    if properties.is_empty() {
        return vec![format!("{opening}{{}}{closing}")];
    }
    if line.len() <= 110 {
        return vec![line];
    }
    let indent = " ".repeat(opening.len() - opening.trim_start().len());
    let properties = properties.iter().map(|property| format!("{indent}  {property},"));
    std::iter::once(format!("{opening}{{")).chain(properties).chain([format!("{indent}}}{closing}")]).collect()
}

/// How an announced address ends, in JavaScript: IPv6 stands there without brackets.
pub(super) fn port_of(key: &str) -> String {
    format!("Number({key}.slice({key}.lastIndexOf(':') + 1))")
}

/// The map under the keys that JavaScript makes of blank hosts: `null:6379`, `:6379`, `?:6379`.
pub(super) fn as_spelled(map: &AddressMap) -> AddressMap {
    spelled(map, "null")
}

/// Files for `tls.connect`: `ca: readFileSync('ca.pem')`, and the client certificate with its key.
pub(super) fn files(settings: &Settings) -> Result<Vec<String>, String> {
    let certificate = settings.client_certificate.as_ref();
    let files = [
        ("ca", settings.ca_file.as_ref()),
        ("cert", certificate.map(|(cert, _)| cert)),
        ("key", certificate.map(|(_, key)| key)),
    ];
    let named = files.into_iter().filter_map(|(option, path)| Some((option, path.filter(|_| settings.tls)?)));
    named.map(|(option, path)| Ok(format!("{option}: readFileSync({})", quoted(path, '\'')?))).collect()
}

/// Which names are verified where.
pub(super) struct Names<'a> {
    /// On every connection that has none of its own.
    pub shared: Option<&'a Host>,
    tls: bool,
}

impl<'a> Names<'a> {
    /// Sorts them out, or says which node cannot be served: `servername` is sent as SNI, where RFC 6066 section 3 allows
    /// no address.
    pub(super) fn of(needed: &Needed<'a>, settings: &'a Settings) -> Result<Self, String> {
        let shared = match needed.rule {
            Rule::OneName(name) => Some(name),
            Rule::OneHost(_) | Rule::Table => settings.server_name.as_ref(),
        };
        let names = Names { shared: shared.filter(|_| settings.tls && !settings.closed), tls: settings.tls };
        let sends_an_ip = |m: &&&Mapping| names.own(m).or(names.shared).is_some_and(|name| name.ip().is_some());
        match needed.entries.iter().find(sends_an_ip).filter(|_| !settings.closed) {
            Some(m) => Err(format!(
                "Node takes no IP address as a server name, and {} verifies as {} only",
                m.reachable, m.server_name
            )),
            None => Ok(names),
        }
    }

    /// The name for one node, where it is neither the shared one nor the host that is dialled.
    pub(super) fn own<'m>(&self, mapping: &'m Mapping) -> Option<&'m Host> {
        let verified = self.shared.unwrap_or(&mapping.reachable.host);
        (self.tls && mapping.server_name != *verified).then_some(&mapping.server_name)
    }

    /// The option that has a node's own name verified, where it has one.
    pub(super) fn option(&self, mapping: &Mapping) -> Option<String> {
        let name = self.own(mapping)?;
        Some(name.ip().map_or_else(|| format!("servername: '{name}'"), |ip| format!("...verifying('{ip}')")))
    }

    /// True where some node has a name of its own.
    pub(super) fn differ(&self, needed: &Needed<'_>) -> bool {
        needed.entries.iter().any(|mapping| self.own(mapping).is_some())
    }
}

/// A map that leads through a tunnel only: the constant `nodes`, from the announced address to what is dialled.
pub(super) struct Closed {
    by_ip: bool,
    entries: Vec<String>,
    /// The expression for the ends of the tunnel that are seeds.
    pub seeds: String,
}

impl Closed {
    /// Has an entry for every node, which `node` writes.
    pub(super) fn of(needed: &Needed<'_>, names: &Names<'_>, node: impl Fn(&Mapping) -> String) -> Self {
        let first = if needed.entries.len() > SEEDS { format!(".slice(0, {SEEDS})") } else { String::new() };
        let entry = |m: &&Mapping| format!("  ['{}', {}],", m.announced.unbracketed(), node(m));
        Closed {
            by_ip: needed.entries.iter().any(|m| names.own(m).is_some_and(|name| name.ip().is_some())),
            entries: needed.entries.iter().map(entry).collect(),
            seeds: format!("[...nodes.values()]{first}"),
        }
    }

    /// What it imports.
    pub(super) fn import(&self) -> Option<String> {
        self.by_ip.then(|| "import { checkServerIdentity } from 'node:tls';".to_owned())
    }

    /// The constants, and an empty line.
    pub(super) fn constants(&self) -> Vec<String> {
        let verifying: &[&str] = if self.by_ip { VERIFYING } else { &[] };
        let opening = [
            "// Where the nodes announce that they are, and the end of the tunnel that leads to each.",
            "const nodes = new Map([",
        ];
        let lines = verifying.iter().chain(&opening).map(|line| (*line).to_owned());
        lines.chain(self.entries.iter().cloned()).chain(["]);", ""].map(str::to_owned)).collect()
    }
}

const VERIFYING: &[&str] = &[
    "// The server name that TLS sends cannot be an IP address (RFC 6066), the one that is verified can.",
    "const verifying = ip => ({ checkServerIdentity: (_, certificate) => checkServerIdentity(ip, certificate) });",
    "",
];
