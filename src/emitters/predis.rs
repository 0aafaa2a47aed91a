//! Predis: it has no address map, but a connection class of one's own sees every address before it is dialled; `peer_name`
//! where only the name is wrong.

use super::{
    Emitter, Settings,
    closed::UNKNOWN,
    php,
    quote::quoted,
    rule::{Needed, Rule, spelled},
};
use crate::{
    address_map::{AddressMap, Mapping},
    facts::{Endpoint, Host},
};

/// A file that returns the `Predis\Client`.
pub(super) const EMITTER: Emitter = Emitter { client: "predis", emit };

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    // Redirects write a nil host as an empty one.
    let map = &spelled(map, "");
    let v6 = php::finds_no_name(map, settings);
    let needed = if v6 { Needed::everywhere(map, settings) } else { Needed::of(map, settings) }?;
    let name = php::peer_name(map, settings).filter(|_| !settings.closed);
    let mut lines = vec!["<?php".to_owned(), String::new()];
    lines.push("// For Predis 1.1 or newer, written by redis-doctor.".to_owned());
    lines.extend(needed.missing("//"));
    lines.push("use Predis\\Client;".to_owned());
    if name.is_none() {
        let uses = ["Parameters", "ParametersInterface", "StreamConnection"];
        lines.extend(uses.map(|class| format!("use Predis\\Connection\\{class};")));
        lines.extend(class(&needed, settings)?);
    }
    lines.extend(client(&seeds(map, &needed, settings), settings, name)?);
    lines.extend(["return $cluster;", ""].map(str::to_owned));
    Ok(lines.join("\n"))
}

fn class(needed: &Needed<'_>, settings: &Settings) -> Result<Vec<String>, String> {
    let opening = [
        "",
        "// Goes where a node is reachable, whatever it announces.",
        "class ReachableConnection extends StreamConnection",
        "{",
    ];
    let (body, changed) = if let Rule::OneHost(host) = needed.rule {
        let note = "    // A rule and not a table: announced ports move when nodes are replaced (Azure's 85xx do).";
        (vec![note.to_owned()], format!("['host' => '{host}']"))
    } else {
        let node = if settings.closed {
            "self::NODES[$key]"
        } else {
            "(self::NODES[\"$announced->host:$announced->port\"] ?? [])"
        };
        (table(needed, settings)?, node.to_owned())
    };
    let constructor =
        ["    public function __construct(ParametersInterface $announced, ...$more)", "    {"].map(str::to_owned);
    let parent = format!("        parent::__construct(new Parameters({changed} + $announced->toArray()), ...$more);");
    let checked = settings.closed.then(fail_closed).into_iter().flatten();
    let end = [parent, "    }".to_owned(), "}".to_owned(), String::new()];
    Ok(opening.map(str::to_owned).into_iter().chain(body).chain(constructor).chain(checked).chain(end).collect())
}

fn fail_closed() -> Vec<String> {
    vec![
        "        // Whatever is not in the map is not dialled: that would be around the tunnel.".to_owned(),
        "        $key = \"$announced->host:$announced->port\";".to_owned(),
        "        if (!isset(self::NODES[$key])) {".to_owned(),
        format!("            throw new \\OutOfBoundsException(\"$key {UNKNOWN}\");"),
        "        }".to_owned(),
    ]
}

/// Exact entries, and an empty line.
fn table(needed: &Needed<'_>, settings: &Settings) -> Result<Vec<String>, String> {
    let mut lines = vec!["    const NODES = [".to_owned()];
    for mapping in &needed.entries {
        lines.push(entry(mapping, settings)?);
    }
    lines.extend(["    ];", ""].map(str::to_owned));
    Ok(lines)
}

fn entry(mapping: &Mapping, settings: &Settings) -> Result<String, String> {
    let Endpoint { host, port } = &mapping.reachable;
    let mut fields = vec![format!("'host' => '{host}'"), format!("'port' => {port}")];
    let named = mapping.server_name == *host && !php::is_v6(host);
    if settings.tls && !named {
        fields.push(format!("'ssl' => [{}]", php::context(settings, Some(&mapping.server_name))?.join(", ")));
    }
    Ok(format!("        '{}' => [{}],", mapping.announced.unbracketed(), fields.join(", ")))
}

/// In a tunnel several nodes, as they announce themselves: the class leads to each.
fn seeds(map: &AddressMap, needed: &Needed<'_>, settings: &Settings) -> Vec<Endpoint> {
    if !settings.closed {
        return vec![seed(map, needed, settings)];
    }
    needed.ends().map(|mapping| mapping.announced.clone()).collect()
}

/// Seeds pass through the class, too: one that does not verify as it is gives way to the first node, as it announces itself.
fn seed(map: &AddressMap, needed: &Needed<'_>, settings: &Settings) -> Endpoint {
    let seed = &settings.seed;
    let named = |name: &Host| *name == seed.host;
    let proved = |m: &Mapping| m.ways.iter().any(|way| way.endpoint == *seed && named(&way.server_name));
    let by_rule = matches!(needed.rule, Rule::OneHost(name) | Rule::OneName(name) if named(name));
    let first = needed.entries.first().filter(|_| settings.tls && !by_rule && !map.mappings.iter().any(proved));
    first.map_or(seed, |mapping| &mapping.announced).clone()
}

fn client(seeds: &[Endpoint], settings: &Settings, peer_name: Option<&Host>) -> Result<Vec<String>, String> {
    let seeds = seeds.iter().map(|Endpoint { host, port }| format!("['host' => '{host}', 'port' => {port}]"));
    let seeds = seeds.collect::<Vec<_>>().join(", ");
    let scheme = if settings.tls { "tls" } else { "tcp" };
    let mut lines = vec![String::new(), format!("$cluster = new Client([{seeds}], [")];
    lines.push("    'cluster' => 'redis',".to_owned());
    if peer_name.is_none() {
        lines.retain(|line| !line.is_empty());
        lines.push(format!("    'connections' => ['{scheme}' => ReachableConnection::class],"));
    }
    lines.push("    // Discovered nodes inherit these and nothing from the seed.".to_owned());
    lines.push("    'parameters' => [".to_owned());
    lines.push(format!("        'scheme' => '{scheme}',"));
    if let Some(user) = &settings.username {
        lines.push(format!("        'username' => {},", quoted(user, '\'')?));
    }
    if settings.password {
        lines.push("        'password' => getenv('REDIS_PASSWORD'),".to_owned());
    }
    if settings.tls {
        lines.push(format!("        'ssl' => [{}],", php::context(settings, peer_name)?.join(", ")));
    }
    lines.extend(["    ],", "]);", ""].map(str::to_owned));
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, Settings, emit};

    #[test]
    fn one_host_is_a_rule() {
        let expected = r"<?php

// For Predis 1.1 or newer, written by redis-doctor.
use Predis\Client;
use Predis\Connection\Parameters;
use Predis\Connection\ParametersInterface;
use Predis\Connection\StreamConnection;

// Goes where a node is reachable, whatever it announces.
class ReachableConnection extends StreamConnection
{
    // A rule and not a table: announced ports move when nodes are replaced (Azure's 85xx do).
    public function __construct(ParametersInterface $announced, ...$more)
    {
        parent::__construct(new Parameters(['host' => 'redis.example.com'] + $announced->toArray()), ...$more);
    }
}

$cluster = new Client([['host' => 'redis.example.com', 'port' => 10000]], [
    'cluster' => 'redis',
    'connections' => ['tls' => ReachableConnection::class],
    // Discovered nodes inherit these and nothing from the seed.
    'parameters' => [
        'scheme' => 'tls',
        'username' => 'app',
        'password' => getenv('REDIS_PASSWORD'),
        'ssl' => ['cafile' => 'ca.pem'],
    ],
]);

return $cluster;
";
        assert_eq!(emit(&one_host(), &tls()).unwrap(), expected);
    }

    #[test]
    fn nodes_that_moved_are_a_table() {
        let written = emit(&table(), &tls()).unwrap();
        let expected = r"
{
    const NODES = [
        '10.0.0.4:6379' => ['host' => 'n1.example.com', 'port' => 6379],
        '10.0.0.5:6379' => ['host' => 'n2.example.com', 'port' => 7379],
    ];

    public function __construct(ParametersInterface $announced, ...$more)
    {
        $NODE
    }
}
"
        .replace(
            "$NODE",
            r#"parent::__construct(new Parameters((self::NODES["$announced->host:$announced->port"] ?? []) + $announced->toArray()), ...$more);"#,
        );
        assert!(written.contains(&expected), "{written}");
    }

    #[test]
    fn one_wrong_name_is_a_peer_name() {
        let expected = r"<?php

// For Predis 1.1 or newer, written by redis-doctor.
use Predis\Client;

$cluster = new Client([['host' => 'redis.example.com', 'port' => 10000]], [
    'cluster' => 'redis',
    // Discovered nodes inherit these and nothing from the seed.
    'parameters' => [
        'scheme' => 'tls',
        'username' => 'app',
        'password' => getenv('REDIS_PASSWORD'),
        'ssl' => ['cafile' => 'ca.pem', 'peer_name' => 'redis.example.com'],
    ],
]);

return $cluster;
";
        assert_eq!(emit(&one_name(), &tls()).unwrap(), expected);
    }

    #[test]
    fn a_name_for_each_node_stands_in_its_entry() {
        let written = emit(&names(), &tls()).unwrap();
        let entry = "'10.0.0.4:6379' => ['host' => '10.0.0.4', 'port' => 6379, 'ssl' => ['cafile' => 'ca.pem', 'peer_name' => 'n1.example.com']],";
        assert!(written.contains(entry), "{written}");
    }

    #[test]
    fn plaintext_says_nothing_of_tls() {
        let written = emit(&nat(), &plaintext()).unwrap();
        assert!(written.contains("['tcp' => ReachableConnection::class]") && !written.contains("ssl"), "{written}");
    }

    #[test]
    fn ipv6_keys_are_unbracketed() {
        let settings = Settings { seed: "[2001:db8::1]:6379".parse().unwrap(), ..tls() };
        let written = emit(&ipv6(), &settings).unwrap();
        let entry = "'2001:db8::4:6379' => ['host' => '2001:db8::14', 'port' => 6379, 'ssl' => ['cafile' => 'ca.pem', 'peer_name' => '2001:db8::14']],";
        assert!(
            written.contains(entry) && written.contains("[['host' => '2001:db8::4', 'port' => 6379]]"),
            "{written}"
        );
    }

    #[test]
    fn nothing_goes_around_a_tunnel() {
        let expected = r#"<?php

// For Predis 1.1 or newer, written by redis-doctor.
use Predis\Client;
use Predis\Connection\Parameters;
use Predis\Connection\ParametersInterface;
use Predis\Connection\StreamConnection;

// Goes where a node is reachable, whatever it announces.
class ReachableConnection extends StreamConnection
{
    const NODES = [
        '10.0.0.4:6379' => ['host' => '127.0.0.1', 'port' => 20711],
        '10.0.0.5:6379' => ['host' => '127.0.0.1', 'port' => 20712],
    ];

    public function __construct(ParametersInterface $announced, ...$more)
    {
        // Whatever is not in the map is not dialled: that would be around the tunnel.
        $key = "$announced->host:$announced->port";
        if (!isset(self::NODES[$key])) {
            throw new \OutOfBoundsException("$key is not in the tunnel's map");
        }
        parent::__construct(new Parameters(self::NODES[$key] + $announced->toArray()), ...$more);
    }
}

$cluster = new Client([['host' => '10.0.0.4', 'port' => 6379], ['host' => '10.0.0.5', 'port' => 6379]], [
    'cluster' => 'redis',
    'connections' => ['tcp' => ReachableConnection::class],
    // Discovered nodes inherit these and nothing from the seed.
    'parameters' => [
        'scheme' => 'tcp',
    ],
]);

return $cluster;
"#;
        assert_eq!(emit(&tunnel(), &closed()).unwrap(), expected);
    }

    #[test]
    fn nothing_goes_around_a_tunnel_that_tls_passes_through() {
        let expected = r#"<?php

// For Predis 1.1 or newer, written by redis-doctor.
use Predis\Client;
use Predis\Connection\Parameters;
use Predis\Connection\ParametersInterface;
use Predis\Connection\StreamConnection;

// Goes where a node is reachable, whatever it announces.
class ReachableConnection extends StreamConnection
{
    const NODES = [
        '10.0.0.4:6379' => ['host' => '127.0.0.1', 'port' => 20711, 'ssl' => ['cafile' => 'ca.pem', 'peer_name' => 'n1.example.com']],
        '10.0.0.5:6379' => ['host' => '127.0.0.1', 'port' => 20712, 'ssl' => ['cafile' => 'ca.pem', 'peer_name' => '10.0.0.5']],
    ];

    public function __construct(ParametersInterface $announced, ...$more)
    {
        // Whatever is not in the map is not dialled: that would be around the tunnel.
        $key = "$announced->host:$announced->port";
        if (!isset(self::NODES[$key])) {
            throw new \OutOfBoundsException("$key is not in the tunnel's map");
        }
        parent::__construct(new Parameters(self::NODES[$key] + $announced->toArray()), ...$more);
    }
}

$cluster = new Client([['host' => '10.0.0.4', 'port' => 6379], ['host' => '10.0.0.5', 'port' => 6379]], [
    'cluster' => 'redis',
    'connections' => ['tls' => ReachableConnection::class],
    // Discovered nodes inherit these and nothing from the seed.
    'parameters' => [
        'scheme' => 'tls',
        'username' => 'app',
        'password' => getenv('REDIS_PASSWORD'),
        'ssl' => ['cafile' => 'ca.pem'],
    ],
]);

return $cluster;
"#;
        assert_eq!(emit(&through(), &closed_tls()).unwrap(), expected);
    }
}
