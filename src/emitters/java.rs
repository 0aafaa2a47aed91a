//! What the emitters of the Java libraries have in common: the class around `connect()`, the map as a method.

use std::{collections::BTreeSet, net::IpAddr};

use super::{
    Settings,
    closed::{NOWHERE, UNKNOWN, way_out},
    rule::{Needed, Rule, server_name},
};
use crate::{
    address_map::Mapping,
    facts::{Endpoint, Host},
};

/// A source file: one public class, named as the file has to be.
#[derive(Default)]
pub(super) struct Class {
    /// Comment lines above everything.
    pub head: Vec<String>,
    /// Fully qualified names.
    pub imports: BTreeSet<&'static str>,
    /// The line above `connect()`, where there is one.
    pub annotation: Option<&'static str>,
    /// Return type of `connect()`, and what it `throws`.
    pub signature: String,
    /// Its statements, indented.
    pub body: Vec<String>,
    /// Other methods, each without the empty line above it.
    pub methods: Vec<Vec<String>>,
}

impl Class {
    /// The whole text.
    pub(super) fn write(self) -> String {
        let mut lines = self.head;
        lines.push("// The file has to be called ClusterConnection.java.".to_owned());
        lines.extend(self.imports.iter().map(|name| format!("import {name};")));
        lines.extend(
            ["", "public final class ClusterConnection {", "    private ClusterConnection() {}", ""].map(str::to_owned),
        );
        lines.extend(self.annotation.map(|line| format!("    {line}")));
        lines.push(format!("    public static {} {{", self.signature));
        lines.extend(self.body);
        lines.push("    }".to_owned());
        for method in self.methods {
            lines.push(String::new());
            lines.extend(method);
        }
        lines.push("}\n".to_owned());
        lines.join("\n")
    }
}

/// How a library writes an address, and takes the announced one apart.
pub(super) struct Address {
    /// The class.
    pub class: &'static str,
    /// `host:port` of the one that is called `announced`.
    pub key: &'static str,
    /// The announced port.
    pub port: &'static str,
    /// How the host stands in a key.
    pub key_host: fn(&Host) -> String,
    /// A new one of a host literal and a port.
    pub new: fn(&str, &str) -> String,
    /// What the method throws keeps the library from dialling.
    pub throws: bool,
}

/// The method `reachable`, from the announced address to the one to dial.
pub(super) fn reachable(needed: &Needed<'_>, settings: &Settings, address: &Address) -> Vec<String> {
    let new = |host: &Host, port: &str| (address.new)(&host_literal(host), port);
    let mut lines = Vec::new();
    let opening = format!("    private static {0} reachable({0} announced) {{", address.class);
    if let Rule::OneHost(host) = needed.rule {
        lines.push(
            "    // A rule and not a table: announced ports move when nodes are replaced (Azure's 85xx do).".to_owned(),
        );
        lines.push(opening);
        lines.push(format!("        return {};", new(host, address.port)));
    } else {
        lines.push(opening);
        lines.push(format!("        switch ({}) {{", address.key));
        for Mapping { announced, reachable, .. } in needed.entries.iter().filter(|m| settings.closed || moves(m)) {
            // The seeds are asked about, too: an end of the tunnel stays what it is.
            let end = Some(reachable).filter(|end| settings.closed && *end != announced);
            for Endpoint { host, port } in [announced].into_iter().chain(end) {
                lines.push(format!("            case \"{}:{port}\":", (address.key_host)(host)));
            }
            lines.push(format!("                return {};", new(&reachable.host, &reachable.port.to_string())));
        }
        lines.extend(otherwise(settings, address));
    }
    lines.push("    }".to_owned());
    lines
}

fn otherwise(settings: &Settings, address: &Address) -> Vec<String> {
    let default = "            default:".to_owned();
    if !settings.closed {
        return vec![default, "                return announced;".to_owned(), "        }".to_owned()];
    }
    vec![
        default,
        "                // Whatever is not in the map is not dialled: that would be around the tunnel.".to_owned(),
        if address.throws {
            format!("                throw new IllegalArgumentException(announced + \" {UNKNOWN}\");")
        } else {
            format!("                return {};", (address.new)(&format!("\"{NOWHERE}\""), "1"))
        },
        "        }".to_owned(),
    ]
}

/// True where another address has to be dialled than the announced one.
pub(super) fn moves(mapping: &Mapping) -> bool {
    mapping.announced != mapping.reachable
}

/// True where some node has to be dialled elsewhere, or where nothing else may be dialled.
pub(super) fn any_moves(needed: &Needed<'_>, settings: &Settings) -> bool {
    settings.closed || needed.entries.iter().any(|mapping| moves(mapping))
}

/// A host as a literal; its grammar holds nothing that could end one.
pub(super) fn host_literal(host: &Host) -> String {
    format!("\"{host}\"")
}

/// An IPv6 address in brackets, as in a URL.
pub(super) fn bracketed(host: &Host) -> String {
    match host {
        Host::Ip(IpAddr::V6(ip)) => format!("[{ip}]"),
        host => host.to_string(),
    }
}

/// The one name that some nodes verify as instead of by the host that is dialled. JSSE tries the server name that is sent
/// first, and then the host (`X509TrustManagerImpl.checkIdentity`).
pub(super) fn verified_name<'a>(needed: &Needed<'a>, settings: &Settings) -> Result<Option<&'a Host>, String> {
    let mut names = needed.entries.iter().filter_map(|m| server_name(m, settings));
    let Some(first) = names.next() else { return Ok(None) };
    if let Some(other) = names.find(|name| *name != first) {
        let why = format!("Java sends one server name to all nodes, and they verify as several ({first}, {other})");
        return Err(way_out(settings, &why, ": let these names lead to the nodes, and let the nodes announce them"));
    }
    // SNIHostName takes letters, digits and hyphens (RFC 3490, UseSTD3ASCIIRules).
    if first.name().is_none_or(|name| name.contains('_') || name.ends_with('.')) {
        let why = format!("Java takes {first} for no server name, and some node verifies as that only");
        return Err(way_out(settings, &why, ""));
    }
    Ok(Some(first))
}

/// A method that makes the parameters of a connection: names are compared, and `name` before the host that is dialled.
pub(super) fn parameters(name: Option<&Host>) -> Vec<String> {
    let mut lines = vec![
        "    private static SSLParameters verifying() {".to_owned(),
        "        SSLParameters parameters = new SSLParameters();".to_owned(),
        "        parameters.setEndpointIdentificationAlgorithm(\"HTTPS\");".to_owned(),
    ];
    if let Some(name) = name {
        let name = host_literal(name);
        lines.push(
            "        // Sent to every node, and compared with its certificate before the host that is dialled."
                .to_owned(),
        );
        lines.push(format!("        parameters.setServerNames(Collections.singletonList(new SNIHostName({name})));"));
    }
    lines.extend(["        return parameters;", "    }"].map(str::to_owned));
    lines
}

/// What [`parameters`] needs.
pub(super) fn parameter_imports(name: Option<&Host>) -> &'static [&'static str] {
    match name {
        Some(_) => &["java.util.Collections", "javax.net.ssl.SNIHostName", "javax.net.ssl.SSLParameters"],
        None => &["javax.net.ssl.SSLParameters"],
    }
}
