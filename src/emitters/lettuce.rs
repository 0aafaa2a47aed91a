//! Lettuce: `MappingSocketAddressResolver`, keyed by the announced host name, else the IP; `SslOptions.sslParameters` where only
//! the name is wrong.

use super::{
    Emitter, Settings, closed,
    java::{self, Address, Class},
    quote::quoted,
    rule::Needed,
};
use crate::{
    address_map::{AddressMap, Key},
    facts::{Endpoint, Host},
};

/// A class with `connect()`.
pub(super) const EMITTER: Emitter = Emitter { client: "lettuce", emit };

pub(super) const ADDRESS: Address = Address {
    class: "HostAndPort",
    key: "announced.getHostText() + \":\" + announced.getPort()",
    port: "announced.getPort()",
    key_host: ToString::to_string,
    new: |host, port| format!("HostAndPort.of({host}, {port})"),
    throws: true,
};

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    let map = &closed::tunnelled(map, settings);
    closed::refuse_crossed(map, settings)?;
    let others = map;
    let map = map.keyed_by(Key::HostnameElseIp);
    if !settings.closed && map.refused.is_none() && map.needed().is_empty() && !others.needed().is_empty() {
        return Err(
            "no map is needed: Lettuce dials the host names and IPs that the nodes announce, and these lead there"
                .to_owned(),
        );
    }
    let needed = Needed::of(&map, settings)?;
    let name = java::verified_name(&needed, settings)?;
    let moves = java::any_moves(&needed, settings);
    let mut class =
        Class { signature: "StatefulRedisClusterConnection<String, String> connect()".to_owned(), ..Class::default() };
    class.head.push("// For Lettuce 6.2.7 or newer, written by redis-doctor.".to_owned());
    class.head.extend(needed.missing("//"));
    class.head.extend(map.blank.then(|| BLANK_REDIRECTS.to_owned()));
    class.imports.extend([
        "io.lettuce.core.RedisURI",
        "io.lettuce.core.cluster.RedisClusterClient",
        "io.lettuce.core.cluster.api.StatefulRedisClusterConnection",
    ]);
    if moves {
        class.imports.extend([
            "io.lettuce.core.internal.HostAndPort",
            "io.lettuce.core.resource.ClientResources",
            "io.lettuce.core.resource.MappingSocketAddressResolver",
        ]);
        class.body.extend(RESOURCES.lines().map(str::to_owned));
        class.methods.push(java::reachable(&needed, settings, &ADDRESS));
    }
    let resources = if moves { "resources, " } else { "" };
    class.body.extend(seed(settings)?);
    class.imports.extend(settings.closed.then_some("java.util.Arrays"));
    let seeds = if settings.closed { ends(&needed, settings) } else { "seed".to_owned() };
    class.body.push(format!("        RedisClusterClient client = RedisClusterClient.create({resources}{seeds});"));
    tls(&mut class, settings, name, ["io.lettuce.core.cluster.ClusterClientOptions", "ClusterClientOptions"])?;
    class.body.push("        return client.connect();".to_owned());
    Ok(class.write())
}

/// What the hook cannot reach (7.7.0, seen while a slot moved on servers that announce no host).
const BLANK_REDIRECTS: &str =
    "// Commands on a slot that is being moved can fail: an ASK without a host is not followed.";

pub(super) const RESOURCES: &str = "        \
        ClientResources resources = ClientResources.builder()
                .socketAddressResolver(MappingSocketAddressResolver.create(ClusterConnection::reachable))
                .build();";

/// Discovered nodes inherit TLS and credentials from the seed.
fn seed(settings: &Settings) -> Result<Vec<String>, String> {
    let mut lines = vec![
        "        RedisURI seed = RedisURI.builder()".to_owned(),
        format!("                .withHost({})", java::host_literal(&settings.seed.host)),
        format!("                .withPort({})", settings.seed.port),
    ];
    lines.extend(access(settings)?);
    Ok(lines)
}

/// TLS and credentials, at the end of a `RedisURI`.
pub(super) fn access(settings: &Settings) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    lines.extend(settings.tls.then(|| "                .withSsl(true)".to_owned()));
    lines.extend(match (&settings.username, settings.password) {
        (Some(user), true) => Some(format!(
            "                .withAuthentication({}, System.getenv(\"REDIS_PASSWORD\"))",
            quoted(user, '"')?
        )),
        (Some(user), false) => Some(format!("                .withAuthentication({}, \"\")", quoted(user, '"')?)),
        (None, true) => {
            Some("                .withPassword(System.getenv(\"REDIS_PASSWORD\").toCharArray())".to_owned())
        }
        (None, false) => None,
    });
    lines.push("                .build();".to_owned());
    Ok(lines)
}

/// The seed and the other ends of the tunnel: one that is down is passed over.
fn ends(needed: &Needed<'_>, settings: &Settings) -> String {
    let others = needed.ends().map(|mapping| &mapping.reachable).filter(|end| **end != settings.seed);
    let others = others.map(|Endpoint { host, port }| {
        let host = java::host_literal(host);
        format!(",\n                RedisURI.builder(seed).withHost({host}).withPort({port}).build()")
    });
    format!("Arrays.asList(\n                seed{})", others.collect::<String>())
}

/// `options`: the class that holds them, in full and in short.
pub(super) fn tls(
    class: &mut Class,
    settings: &Settings,
    name: Option<&Host>,
    [full, short]: [&'static str; 2],
) -> Result<(), String> {
    let mut options = Vec::new();
    if let (true, Some(file)) = (settings.tls, &settings.ca_file) {
        options.push(format!("                .trustManager(new File({}))", quoted(file, '"')?));
    }
    if let (true, Some((certificate, key))) = (settings.tls, &settings.client_certificate) {
        let (certificate, key) = (quoted(certificate, '"')?, quoted(key, '"')?);
        options.push(format!("                .keyManager(new File({certificate}), new File({key}), null)"));
    }
    class.imports.extend((!options.is_empty()).then_some("java.io.File"));
    if name.is_some() {
        options.push("                .sslParameters(ClusterConnection::verifying)".to_owned());
        class.imports.extend(java::parameter_imports(name));
        class.methods.push(java::parameters(name));
    }
    if options.is_empty() {
        return Ok(());
    }
    class.imports.extend(["io.lettuce.core.SslOptions", full]);
    class.body.push("        SslOptions tls = SslOptions.builder()".to_owned());
    class.body.push("                .jdkSslProvider()".to_owned());
    class.body.extend(options);
    class.body.push("                .build();".to_owned());
    class.body.push(format!("        client.setOptions({short}.builder().sslOptions(tls).build());"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, Settings, emit};

    #[test]
    fn one_host_is_a_rule() {
        let expected = r#"// For Lettuce 6.2.7 or newer, written by redis-doctor.
// The file has to be called ClusterConnection.java.
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.internal.HostAndPort;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.MappingSocketAddressResolver;
import java.io.File;

public final class ClusterConnection {
    private ClusterConnection() {}

    public static StatefulRedisClusterConnection<String, String> connect() {
        ClientResources resources = ClientResources.builder()
                .socketAddressResolver(MappingSocketAddressResolver.create(ClusterConnection::reachable))
                .build();
        RedisURI seed = RedisURI.builder()
                .withHost("redis.example.com")
                .withPort(10000)
                .withSsl(true)
                .withAuthentication("app", System.getenv("REDIS_PASSWORD"))
                .build();
        RedisClusterClient client = RedisClusterClient.create(resources, seed);
        SslOptions tls = SslOptions.builder()
                .jdkSslProvider()
                .trustManager(new File("ca.pem"))
                .build();
        client.setOptions(ClusterClientOptions.builder().sslOptions(tls).build());
        return client.connect();
    }

    // A rule and not a table: announced ports move when nodes are replaced (Azure's 85xx do).
    private static HostAndPort reachable(HostAndPort announced) {
        return HostAndPort.of("redis.example.com", announced.getPort());
    }
}
"#;
        assert_eq!(emit(&one_host(), &tls()).unwrap(), expected);
    }

    #[test]
    fn plaintext_says_nothing_of_tls() {
        let expected = r#"// For Lettuce 6.2.7 or newer, written by redis-doctor.
// The file has to be called ClusterConnection.java.
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.internal.HostAndPort;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.MappingSocketAddressResolver;

public final class ClusterConnection {
    private ClusterConnection() {}

    public static StatefulRedisClusterConnection<String, String> connect() {
        ClientResources resources = ClientResources.builder()
                .socketAddressResolver(MappingSocketAddressResolver.create(ClusterConnection::reachable))
                .build();
        RedisURI seed = RedisURI.builder()
                .withHost("127.0.0.1")
                .withPort(7001)
                .build();
        RedisClusterClient client = RedisClusterClient.create(resources, seed);
        return client.connect();
    }

    private static HostAndPort reachable(HostAndPort announced) {
        switch (announced.getHostText() + ":" + announced.getPort()) {
            case "172.18.0.2:6379":
                return HostAndPort.of("127.0.0.1", 7001);
            case "172.18.0.3:6379":
                return HostAndPort.of("127.0.0.1", 7002);
            default:
                return announced;
        }
    }
}
"#;
        assert_eq!(emit(&nat(), &plaintext()).unwrap(), expected);
    }

    #[test]
    fn one_wrong_name_is_a_server_name() {
        let expected = r#"// For Lettuce 6.2.7 or newer, written by redis-doctor.
// The file has to be called ClusterConnection.java.
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import java.io.File;
import java.util.Collections;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;

public final class ClusterConnection {
    private ClusterConnection() {}

    public static StatefulRedisClusterConnection<String, String> connect() {
        RedisURI seed = RedisURI.builder()
                .withHost("redis.example.com")
                .withPort(10000)
                .withSsl(true)
                .withAuthentication("app", System.getenv("REDIS_PASSWORD"))
                .build();
        RedisClusterClient client = RedisClusterClient.create(seed);
        SslOptions tls = SslOptions.builder()
                .jdkSslProvider()
                .trustManager(new File("ca.pem"))
                .sslParameters(ClusterConnection::verifying)
                .build();
        client.setOptions(ClusterClientOptions.builder().sslOptions(tls).build());
        return client.connect();
    }

    private static SSLParameters verifying() {
        SSLParameters parameters = new SSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        // Sent to every node, and compared with its certificate before the host that is dialled.
        parameters.setServerNames(Collections.singletonList(new SNIHostName("redis.example.com")));
        return parameters;
    }
}
"#;
        assert_eq!(emit(&one_name(), &tls()).unwrap(), expected);
    }

    #[test]
    fn an_announced_name_is_followed_without_a_map() {
        let mut map = map(&[("10.0.0.4:6379", "n1.example.com:6379", "n1.example.com")]);
        map.mappings[0].hostname = "n1.example.com:6379".parse().ok();
        assert!(emit(&map, &tls()).unwrap_err().starts_with("no map is needed: Lettuce dials the host names"));
    }

    #[test]
    fn several_wrong_names_cannot_be_served() {
        let why = "Java sends one server name to all nodes, and they verify as several (n1.example.com, n2.example.com): let \
                   these names lead to the nodes, and let the nodes announce them";
        assert_eq!(emit(&names(), &tls()).unwrap_err(), why);
    }

    #[test]
    fn ipv6_keys_are_unbracketed() {
        let settings = Settings { seed: "[2001:db8::1]:6379".parse().unwrap(), ..tls() };
        let text = emit(&ipv6(), &settings).unwrap();
        assert!(
            text.contains("case \"2001:db8::4:6379\":\n                return HostAndPort.of(\"2001:db8::14\", 6379);"),
            "{text}"
        );
        assert!(text.contains(".withHost(\"2001:db8::1\")"), "{text}");
    }

    #[test]
    fn nothing_goes_around_a_tunnel() {
        let expected = r#"// For Lettuce 6.2.7 or newer, written by redis-doctor.
// The file has to be called ClusterConnection.java.
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.internal.HostAndPort;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.MappingSocketAddressResolver;
import java.util.Arrays;

public final class ClusterConnection {
    private ClusterConnection() {}

    public static StatefulRedisClusterConnection<String, String> connect() {
        ClientResources resources = ClientResources.builder()
                .socketAddressResolver(MappingSocketAddressResolver.create(ClusterConnection::reachable))
                .build();
        RedisURI seed = RedisURI.builder()
                .withHost("127.0.0.1")
                .withPort(20711)
                .build();
        RedisClusterClient client = RedisClusterClient.create(resources, Arrays.asList(
                seed,
                RedisURI.builder(seed).withHost("127.0.0.1").withPort(20712).build()));
        return client.connect();
    }

    private static HostAndPort reachable(HostAndPort announced) {
        switch (announced.getHostText() + ":" + announced.getPort()) {
            case "10.0.0.4:6379":
            case "127.0.0.1:20711":
                return HostAndPort.of("127.0.0.1", 20711);
            case "10.0.0.5:6379":
            case "127.0.0.1:20712":
                return HostAndPort.of("127.0.0.1", 20712);
            default:
                // Whatever is not in the map is not dialled: that would be around the tunnel.
                throw new IllegalArgumentException(announced + " is not in the tunnel's map");
        }
    }
}
"#;
        assert_eq!(emit(&tunnel(), &closed()).unwrap(), expected);
    }
}
