//! Redisson: `setNatMapper`, keyed by the resolved IP. It verifies the host name of its only seed on every node, and with
//! several seeds each node by its own address: the seeds are part of the map.

use std::net::IpAddr;

use super::{
    Emitter, Settings,
    closed::{refuse_crossed, tunnelled, way_out},
    java::{self, Address, Class},
    java_pem,
    quote::quoted,
    rule::Needed,
};
use crate::{
    address_map::{AddressMap, Key},
    facts::{Endpoint, Host},
};

/// A class with `connect()`.
pub(super) const EMITTER: Emitter = Emitter { client: "redisson", emit };

pub(super) const ADDRESS: Address = Address {
    class: "RedisURI",
    key: "announced.getHost() + \":\" + announced.getPort()",
    port: "announced.getPort()",
    key_host: in_full,
    new: |host, port| format!("new RedisURI(announced.getScheme(), {host}, {port})"),
    // 4.7.0 then dials the announced address.
    throws: false,
};

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    let map = tunnelled(map, settings).keyed_by(Key::ResolvedIp);
    refuse_crossed(&map, settings)?;
    let needed = Needed::of(&map, settings)?;
    // One name that all certificates hold is the shortest way: it has to be the only seed.
    let pinned = settings.seed.host.name().filter(|_| settings.tls).and_then(|_| map.verified_as(&settings.seed.host));
    if let Some(map) = &pinned {
        let seeds = Seeds { note: Some(ONLY), seeds: vec![&settings.seed] };
        return write(&Needed::of(map, settings)?, map.blank, settings, &seeds);
    }
    if let Some(name) = java::verified_name(&needed, settings)? {
        let otherwise = format!(": let {name} lead to a node, and give it as the endpoint");
        return Err(way_out(settings, "Redisson takes no server name but that of its only seed", &otherwise));
    }
    let seeds = if settings.tls {
        Seeds { note: Some(SEVERAL), seeds: map.mappings.iter().map(|m| &m.reachable).collect() }
    } else {
        let ends = needed.ends().filter(|_| settings.closed).map(|mapping| &mapping.reachable);
        Seeds { note: None, seeds: [&settings.seed].into_iter().chain(ends).collect() }
    };
    write(&needed, map.blank, settings, &seeds)
}

/// The node addresses, and what they decide.
struct Seeds<'a> {
    note: Option<&'static str>,
    seeds: Vec<&'a Endpoint>,
}

/// What the hook cannot reach (4.7.0, seen while a slot moved on servers that announce no host).
const BLANK_REDIRECTS: &str = "// A slot that moves is found when the topology is read again, every 5 s: a redirect without a host is not followed.";

const ONLY: &str = "// Leave it the only one: its name is then verified on every node.";
const SEVERAL: &str = "// Several, so that every node is verified by its own address and not by the seed's.";

fn write(needed: &Needed<'_>, blank: bool, settings: &Settings, seeds: &Seeds<'_>) -> Result<String, String> {
    let mut class = Class { signature: "RedissonClient connect()".to_owned(), ..Class::default() };
    class.head.push("// For Redisson 4 or newer, written by redis-doctor.".to_owned());
    class.head.extend(needed.missing("//"));
    class.head.extend(blank.then(|| BLANK_REDIRECTS.to_owned()));
    class.imports.extend(["org.redisson.Redisson", "org.redisson.api.RedissonClient", "org.redisson.config.Config"]);
    config(&mut class, settings)?;
    class.body.push("        config.useClusterServers()".to_owned());
    class.body.extend(seeds.note.map(|note| format!("                {note}")));
    class.body.push(format!("                .addNodeAddress({})", addresses(&seeds.seeds, settings)));
    if java::any_moves(needed, settings) {
        // The lambda's type moved to another package between releases; a method reference needs no name for it.
        class.imports.insert("org.redisson.misc.RedisURI");
        class.body.push("                .setNatMapper(ClusterConnection::reachable)".to_owned());
        class.methods.insert(0, java::reachable(needed, settings, &ADDRESS));
    }
    class.body.last_mut().into_iter().for_each(|line| line.push(';'));
    class.body.push("        return Redisson.create(config);".to_owned());
    Ok(class.write())
}

/// What is the same for clusters and behind Sentinels: trust, the client's certificate, credentials.
pub(super) fn config(class: &mut Class, settings: &Settings) -> Result<(), String> {
    class.body.push("        Config config = new Config();".to_owned());
    let (trust, identity) = java_pem::files(class, settings)?;
    if trust || identity {
        class.signature.push_str(" throws Exception");
    }
    class.body.extend(trust.then(|| "        config.setSslTrustManagerFactory(trust());".to_owned()));
    class.body.extend(identity.then(|| "        config.setSslKeyManagerFactory(identity());".to_owned()));
    if let Some(user) = &settings.username {
        class.body.push(format!("        config.setUsername({});", quoted(user, '"')?));
    }
    if settings.password {
        class.body.push("        config.setPassword(System.getenv(\"REDIS_PASSWORD\"));".to_owned());
    }
    Ok(())
}

pub(super) fn addresses(seeds: &[&Endpoint], settings: &Settings) -> String {
    let scheme = if settings.tls { "rediss" } else { "redis" };
    let mut literals: Vec<String> = Vec::new();
    for seed in seeds {
        let literal = format!("\"{scheme}://{}:{}\"", java::bracketed(&seed.host), seed.port);
        if !literals.contains(&literal) {
            literals.push(literal);
        }
    }
    literals.join(", ")
}

/// `RedisURI.getHost` after Redisson has resolved: every group of an IPv6 address, in brackets.
fn in_full(host: &Host) -> String {
    match host {
        Host::Ip(IpAddr::V6(ip)) => format!("[{}]", ip.segments().map(|group| format!("{group:x}")).join(":")),
        host => host.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, Settings, emit};

    #[test]
    fn one_host_is_a_rule_and_the_only_seed() {
        let settings = Settings { ca_file: None, ..tls() };
        let expected = r#"// For Redisson 4 or newer, written by redis-doctor.
// The file has to be called ClusterConnection.java.
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;
import org.redisson.misc.RedisURI;

public final class ClusterConnection {
    private ClusterConnection() {}

    public static RedissonClient connect() {
        Config config = new Config();
        config.setUsername("app");
        config.setPassword(System.getenv("REDIS_PASSWORD"));
        config.useClusterServers()
                // Leave it the only one: its name is then verified on every node.
                .addNodeAddress("rediss://redis.example.com:10000")
                .setNatMapper(ClusterConnection::reachable);
        return Redisson.create(config);
    }

    // A rule and not a table: announced ports move when nodes are replaced (Azure's 85xx do).
    private static RedisURI reachable(RedisURI announced) {
        return new RedisURI(announced.getScheme(), "redis.example.com", announced.getPort());
    }
}
"#;
        assert_eq!(emit(&one_host(), &settings).unwrap(), expected);
    }

    #[test]
    fn nodes_with_names_of_their_own_are_seeds() {
        let text = emit(&table(), &tls()).unwrap();
        let seeds = r#"
                // Several, so that every node is verified by its own address and not by the seed's.
                .addNodeAddress("rediss://n1.example.com:6379", "rediss://n2.example.com:7379", "rediss://n3.example.com:6379")
                .setNatMapper(ClusterConnection::reachable);
"#;
        assert!(text.contains(seeds), "{text}");
        assert!(text.contains("case \"192.0.2.1:6379\":"), "the name that is announced is resolved first: {text}");
    }

    #[test]
    fn where_only_the_name_is_wrong_one_seed_is_all() {
        let text = emit(&one_name(), &tls()).unwrap();
        assert!(text.contains(".addNodeAddress(\"rediss://redis.example.com:10000\");"), "{text}");
        assert!(!text.contains("reachable"), "{text}");
    }

    #[test]
    fn a_name_that_is_not_the_seeds_cannot_be_served() {
        let settings = Settings { seed: "10.0.0.4:6379".parse().unwrap(), ..tls() };
        let why = "Redisson takes no server name but that of its only seed: let redis.example.com lead to a node, and give it \
                   as the endpoint";
        assert_eq!(emit(&one_name(), &settings).unwrap_err(), why);
    }

    #[test]
    fn plaintext_keeps_the_seed() {
        let text = emit(&nat(), &plaintext()).unwrap();
        assert!(text.contains(".addNodeAddress(\"redis://127.0.0.1:7001\")\n"), "{text}");
        assert!(text.contains("return new RedisURI(announced.getScheme(), \"127.0.0.1\", 7001);"), "{text}");
    }

    #[test]
    fn ipv6_keys_have_every_group() {
        let text = emit(&ipv6(), &tls()).unwrap();
        assert!(text.contains("case \"[2001:db8:0:0:0:0:0:4]:6379\":"), "{text}");
        assert!(text.contains("\"rediss://[2001:db8::14]:6379\""), "{text}");
    }

    #[test]
    fn nothing_goes_around_a_tunnel() {
        let expected = r#"// For Redisson 4 or newer, written by redis-doctor.
// The file has to be called ClusterConnection.java.
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;
import org.redisson.misc.RedisURI;

public final class ClusterConnection {
    private ClusterConnection() {}

    public static RedissonClient connect() {
        Config config = new Config();
        config.useClusterServers()
                .addNodeAddress("redis://127.0.0.1:20711", "redis://127.0.0.1:20712")
                .setNatMapper(ClusterConnection::reachable);
        return Redisson.create(config);
    }

    private static RedisURI reachable(RedisURI announced) {
        switch (announced.getHost() + ":" + announced.getPort()) {
            case "10.0.0.4:6379":
            case "127.0.0.1:20711":
                return new RedisURI(announced.getScheme(), "127.0.0.1", 20711);
            case "10.0.0.5:6379":
            case "127.0.0.1:20712":
                return new RedisURI(announced.getScheme(), "127.0.0.1", 20712);
            default:
                // Whatever is not in the map is not dialled: that would be around the tunnel.
                return new RedisURI(announced.getScheme(), "not-in-the-tunnel.invalid", 1);
        }
    }
}
"#;
        assert_eq!(emit(&tunnel(), &closed()).unwrap(), expected);
    }
}
