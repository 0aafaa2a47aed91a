//! StackExchange.Redis: a `Tunnel`, keyed by the IPs of CLUSTER NODES; `SslHost` is the one name that is verified everywhere.
//!
//! The C# was written after the source of 3.1.31 and 2.6.80 and not compiled here.

use super::{
    Emitter, Settings,
    closed::{NOWHERE, refuse_crossed, tunnelled, way_out},
    quote::quoted,
    rule::Needed,
};
use crate::{
    address_map::{AddressMap, Key, Mapping, Way},
    facts::{Endpoint, Host},
};

/// A class with `Options()`.
pub(super) const EMITTER: Emitter = Emitter { client: "stackexchange-redis", emit };

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    let keyed = tunnelled(map, settings).keyed_by(Key::Ip);
    refuse_crossed(&keyed, settings)?;
    let needed = Needed::of(&keyed, settings)?;
    let name = if settings.tls { Some(shared_name(&keyed.mappings, settings)?) } else { None };
    let keyed = match name {
        Some(name) => under(name, &keyed),
        None => keyed.clone(),
    };
    let moved: Vec<_> = keyed.mappings.iter().filter(|m| settings.closed || m.announced != m.reachable).collect();
    // The rule would send a seed that is another IP to that host, too.
    let one_host = keyed
        .one_host()
        .filter(|_| !settings.closed)
        .filter(|host| settings.seed.host.ip().is_none() || **host == settings.seed.host);
    let mut lines = head(&needed, !moved.is_empty(), settings.tls);
    lines.extend(options(name, !moved.is_empty(), settings)?);
    match one_host {
        _ if moved.is_empty() => {}
        Some(host) => lines.extend(tunnel(&[], &rule(host))),
        None if settings.closed => lines.extend(tunnel(&addresses(&moved, true), &fail_closed())),
        None => lines.extend(tunnel(&addresses(&moved, false), LOOK_UP)),
    }
    lines.push("}\n".to_owned());
    Ok(lines.join("\n"))
}

/// The name that every node verifies under: what the application sets, the seed's, or any other that all have in common.
fn shared_name<'a>(mappings: &'a [Mapping], settings: &'a Settings) -> Result<&'a Host, String> {
    let known = settings.server_name.iter().chain([&settings.seed.host]);
    let proved = mappings.iter().flat_map(|m| &m.ways).map(|way| &way.server_name);
    let is_common = |name: &&Host| mappings.iter().all(|m| way(m, name).is_some());
    known.chain(proved).find(is_common).ok_or_else(|| {
        let why = "StackExchange.Redis verifies one name on every node (sslHost), and these have none in common";
        way_out(settings, why, ": let the certificates share one")
    })
}

/// The best way to a node under a name: its own address before any other.
fn way<'m>(mapping: &'m Mapping, name: &Host) -> Option<&'m Way> {
    let mut under = mapping.ways.iter().filter(|way| way.server_name == *name);
    let first = under.clone().next();
    under.find(|way| way.endpoint == mapping.announced).or(first)
}

/// The map as it is when every node is verified under `name`.
fn under(name: &Host, map: &AddressMap) -> AddressMap {
    let mut map = map.clone();
    for mapping in &mut map.mappings {
        let Some(Way { endpoint, server_name, proof }) = way(mapping, name).cloned() else { continue };
        (mapping.reachable, mapping.server_name, mapping.proof) = (endpoint, server_name, proof);
    }
    map
}

fn head(needed: &Needed<'_>, tunnel: bool, tls: bool) -> Vec<String> {
    let mut lines = vec!["// For StackExchange.Redis 2.6.80 or newer, written by redis-doctor.".to_owned()];
    lines.extend(needed.missing("//"));
    if tunnel {
        lines.push("// The tunnel covers every socket: configured endpoints, discovered nodes, redirects.".to_owned());
    }
    if tls && !tunnel {
        lines.push(
            "// Every node is reachable where it says it is: SslHost is the name that all of them verify as."
                .to_owned(),
        );
    } else if tls {
        lines.push("// It moves the socket only: SslHost is the name that is verified on all of them.".to_owned());
    }
    lines.extend(["#nullable enable".to_owned(), "using System;".to_owned()]);
    let for_a_tunnel = [
        "using System.Collections.Generic;",
        "using System.Net;",
        "using System.Threading;",
        "using System.Threading.Tasks;",
    ];
    lines.extend(for_a_tunnel.into_iter().filter(|_| tunnel).map(str::to_owned));
    lines.push("using StackExchange.Redis;".to_owned());
    lines.extend(tunnel.then(|| "using StackExchange.Redis.Configuration;".to_owned()));
    lines.extend(["", "public static class ClusterConnection", "{"].map(str::to_owned));
    lines
}

fn options(name: Option<&Host>, tunnel: bool, settings: &Settings) -> Result<Vec<String>, String> {
    let Endpoint { host, port } = &settings.seed;
    let mut parts = vec![format!("EndPoints = {{ {{ \"{host}\", {port} }} }}")];
    if let Some(name) = name {
        parts.extend(["Ssl = true".to_owned(), format!("SslHost = \"{name}\"")]);
    }
    if let Some(user) = &settings.username {
        parts.push(format!("User = {}", quoted(user, '"')?));
    }
    if settings.password {
        parts.push("Password = Environment.GetEnvironmentVariable(\"REDIS_PASSWORD\")".to_owned());
    }
    parts.extend(tunnel.then(|| "Tunnel = new AddressTunnel()".to_owned()));
    let mut lines: Vec<_> = [
        "    public static ConfigurationOptions Options()",
        "    {",
        "        var options = new ConfigurationOptions",
        "        {",
    ]
    .map(str::to_owned)
    .into();
    lines.extend(parts.into_iter().map(|part| format!("            {part},")));
    lines.push("        };".to_owned());
    lines.extend(files(settings)?);
    lines.extend(["        return options;", "    }"].map(str::to_owned));
    Ok(lines)
}

fn files(settings: &Settings) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    if let (true, Some(file)) = (settings.tls, &settings.ca_file) {
        lines.push(format!("        options.TrustIssuer({});", quoted(file, '"')?));
    }
    if let (true, Some((certificate, key))) = (settings.tls, &settings.client_certificate) {
        lines.push("        // Since 2.8.37.".to_owned());
        let (certificate, key) = (quoted(certificate, '"')?, quoted(key, '"')?);
        lines.push(format!("        options.SetUserPemCertificate({certificate}, {key});"));
    }
    Ok(lines)
}

const LOOK_UP: &str = "Addresses.TryGetValue(endpoint, out var reachable) ? reachable : endpoint";

fn rule(host: &Host) -> String {
    format!("endpoint is IPEndPoint announced ? {} : endpoint", endpoint(host, "announced.Port"))
}

/// No answer would be a socket of its own, and an exception an attempt that never ends.
fn fail_closed() -> String {
    let nowhere = endpoint(&Host::Name(NOWHERE.to_owned()), "1");
    format!("Addresses.TryGetValue(endpoint, out var reachable) ? reachable : {nowhere}")
}

/// With the `ends` of the tunnel, which it is asked about as seeds, and which stay what they are.
fn addresses(moved: &[&Mapping], ends: bool) -> Vec<String> {
    let of = |at: &Endpoint| endpoint(&at.host, &at.port.to_string());
    let entry = |m: &&Mapping| {
        let end = Some(&m.reachable).filter(|end| ends && **end != m.announced);
        let keys = [&m.announced].into_iter().chain(end);
        keys.map(|key| format!("            [{}] = {},", of(key), of(&m.reachable))).collect::<Vec<_>>().join("\n")
    };
    let opening = ["        private static readonly Dictionary<EndPoint, EndPoint> Addresses = new()", "        {"];
    let closing = ["        };", ""];
    let lines = opening.map(str::to_owned).into_iter().chain(moved.iter().map(entry));
    lines.chain(closing.map(str::to_owned)).collect()
}

fn endpoint(host: &Host, port: &str) -> String {
    match host {
        Host::Ip(ip) => format!("new IPEndPoint(IPAddress.Parse(\"{ip}\"), {port})"),
        Host::Name(name) => format!("new DnsEndPoint(\"{name}\", {port})"),
    }
}

fn tunnel(table: &[String], target: &str) -> Vec<String> {
    let mut lines = ["", "    private sealed class AddressTunnel : Tunnel", "    {"].map(str::to_owned).to_vec();
    lines.extend_from_slice(table);
    if table.is_empty() {
        lines.push(
            "        // A rule and not a table: announced ports move when nodes are replaced (Azure's 85xx do)."
                .to_owned(),
        );
    }
    lines.push("        public override ValueTask<EndPoint?> GetSocketConnectEndpointAsync(".to_owned());
    lines.push("            EndPoint endpoint, CancellationToken cancellationToken) =>".to_owned());
    lines.push(format!("            new({target});"));
    lines.extend(["", "        public override string ToString() => \"redis-doctor\";", "    }"].map(str::to_owned));
    lines
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, *};

    const RULE: &str = r#"// For StackExchange.Redis 2.6.80 or newer, written by redis-doctor.
// The tunnel covers every socket: configured endpoints, discovered nodes, redirects.
// It moves the socket only: SslHost is the name that is verified on all of them.
#nullable enable
using System;
using System.Collections.Generic;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

public static class ClusterConnection
{
    public static ConfigurationOptions Options()
    {
        var options = new ConfigurationOptions
        {
            EndPoints = { { "redis.example.com", 10000 } },
            Ssl = true,
            SslHost = "redis.example.com",
            User = "app",
            Password = Environment.GetEnvironmentVariable("REDIS_PASSWORD"),
            Tunnel = new AddressTunnel(),
        };
        options.TrustIssuer("ca.pem");
        return options;
    }

    private sealed class AddressTunnel : Tunnel
    {
        // A rule and not a table: announced ports move when nodes are replaced (Azure's 85xx do).
        public override ValueTask<EndPoint?> GetSocketConnectEndpointAsync(
            EndPoint endpoint, CancellationToken cancellationToken) =>
            new(endpoint is IPEndPoint announced ? new DnsEndPoint("redis.example.com", announced.Port) : endpoint);

        public override string ToString() => "redis-doctor";
    }
}
"#;

    #[test]
    fn one_host_is_a_rule() {
        assert_eq!(emit(&one_host(), &tls()).unwrap(), RULE);
    }

    #[test]
    fn a_seed_that_is_an_ip_is_no_part_of_the_rule() {
        let settings = Settings { seed: "192.0.2.1:10000".parse().unwrap(), ..tls() };
        let said = emit(&one_host(), &settings).unwrap();
        assert!(said.contains("10.0.0.4\"), 8500)] = new DnsEndPoint(\"redis.example.com\", 8500)"), "{said}");
    }

    #[test]
    fn nodes_behind_a_nat_are_a_table() {
        let said = emit(&nat(), &plaintext()).unwrap();
        let table = r#"
        private static readonly Dictionary<EndPoint, EndPoint> Addresses = new()
        {
            [new IPEndPoint(IPAddress.Parse("172.18.0.2"), 6379)] = new IPEndPoint(IPAddress.Parse("127.0.0.1"), 7001),
            [new IPEndPoint(IPAddress.Parse("172.18.0.3"), 6379)] = new IPEndPoint(IPAddress.Parse("127.0.0.1"), 7002),
        };
"#;
        assert!(said.contains(table) && said.contains(LOOK_UP), "{said}");
        assert!(!said.contains("Ssl") && !said.contains("Password") && !said.contains("Trust"), "{said}");
    }

    #[test]
    fn only_a_name_is_the_ssl_host_and_no_tunnel() {
        let said = emit(&one_name(), &tls()).unwrap();
        assert!(said.contains("            SslHost = \"redis.example.com\",\n"), "{said}");
        assert!(!said.contains("Tunnel") && !said.contains("System.Net"), "{said}");
    }

    #[test]
    fn names_that_differ_cannot_be_served() {
        let said = emit(&names(), &tls()).unwrap_err();
        assert!(said.starts_with("StackExchange.Redis verifies one name on every node"), "{said}");
    }

    #[test]
    fn a_client_certificate_comes_with_its_key() {
        let settings = Settings { client_certificate: Some(("app.pem".to_owned(), "app.key".to_owned())), ..tls() };
        let said = emit(&one_host(), &settings).unwrap();
        assert!(said.contains("options.SetUserPemCertificate(\"app.pem\", \"app.key\");"), "{said}");
    }

    #[test]
    fn nothing_goes_around_a_tunnel() {
        let expected = r#"// For StackExchange.Redis 2.6.80 or newer, written by redis-doctor.
// The tunnel covers every socket: configured endpoints, discovered nodes, redirects.
#nullable enable
using System;
using System.Collections.Generic;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

public static class ClusterConnection
{
    public static ConfigurationOptions Options()
    {
        var options = new ConfigurationOptions
        {
            EndPoints = { { "127.0.0.1", 20711 } },
            Tunnel = new AddressTunnel(),
        };
        return options;
    }

    private sealed class AddressTunnel : Tunnel
    {
        private static readonly Dictionary<EndPoint, EndPoint> Addresses = new()
        {
            [new IPEndPoint(IPAddress.Parse("10.0.0.4"), 6379)] = new IPEndPoint(IPAddress.Parse("127.0.0.1"), 20711),
            [new IPEndPoint(IPAddress.Parse("127.0.0.1"), 20711)] = new IPEndPoint(IPAddress.Parse("127.0.0.1"), 20711),
            [new IPEndPoint(IPAddress.Parse("10.0.0.5"), 6379)] = new IPEndPoint(IPAddress.Parse("127.0.0.1"), 20712),
            [new IPEndPoint(IPAddress.Parse("127.0.0.1"), 20712)] = new IPEndPoint(IPAddress.Parse("127.0.0.1"), 20712),
        };

        public override ValueTask<EndPoint?> GetSocketConnectEndpointAsync(
            EndPoint endpoint, CancellationToken cancellationToken) =>
            new(Addresses.TryGetValue(endpoint, out var reachable) ? reachable : new DnsEndPoint("not-in-the-tunnel.invalid", 1));

        public override string ToString() => "redis-doctor";
    }
}
"#;
        assert_eq!(emit(&super::super::fixtures::tunnel(), &closed()).unwrap(), expected);
    }
}
