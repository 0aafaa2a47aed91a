//! Jedis: `hostAndPortMapper`, keyed by the preferred endpoint; `sslParameters` where only the name is wrong.

use super::{
    Emitter, Settings,
    closed::refuse_crossed,
    java::{self, Address, Class},
    java_pem,
    quote::quoted,
    rule::Needed,
};
use crate::{
    address_map::AddressMap,
    facts::{Announced, Endpoint, Host},
};

/// A class with `connect()`.
pub(super) const EMITTER: Emitter = Emitter { client: "jedis", emit };

pub(super) const ADDRESS: Address = Address {
    class: "HostAndPort",
    key: "announced.getHost() + \":\" + announced.getPort()",
    port: "announced.getPort()",
    key_host: ToString::to_string,
    new: |host, port| format!("new HostAndPort({host}, {port})"),
    throws: true,
};

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    let map = as_spelled(map)?;
    let needed = Needed::of(&map, settings)?;
    refuse_crossed(&map, settings)?;
    let name = java::verified_name(&needed, settings)?;
    let mut class = Class { signature: "JedisCluster connect()".to_owned(), ..Class::default() };
    class.annotation = Some("@SuppressWarnings(\"deprecation\") // These are in every release since 4.");
    class.head.push("// For Jedis 4 or newer, written by redis-doctor.".to_owned());
    class.head.extend(needed.missing("//"));
    class.imports.extend([
        "redis.clients.jedis.DefaultJedisClientConfig",
        "redis.clients.jedis.HostAndPort",
        "redis.clients.jedis.JedisCluster",
    ]);
    let mut options = tls(&mut class, settings, name)?;
    options.extend(credentials(settings)?);
    if java::any_moves(&needed, settings) {
        options.push(".hostAndPortMapper(ClusterConnection::reachable)".to_owned());
        class.methods.push(java::reachable(&needed, settings, &ADDRESS));
    }
    class.body.push("        DefaultJedisClientConfig config = DefaultJedisClientConfig.builder()".to_owned());
    class.body.extend(options.into_iter().map(|option| format!("                {option}")));
    class.body.push("                .build();".to_owned());
    class.imports.extend(if settings.closed {
        ["java.util.Arrays", "java.util.HashSet"].iter()
    } else {
        ["java.util.Collections"].iter()
    });
    class.body.push(format!("        return new JedisCluster({}, config);", seeds(&needed, settings)));
    Ok(class.write())
}

/// One, or in a tunnel several ends.
fn seeds(needed: &Needed<'_>, settings: &Settings) -> String {
    let address = |Endpoint { host, port }: &Endpoint| format!("new HostAndPort({}, {port})", java::host_literal(host));
    if !settings.closed {
        return format!("Collections.singleton({})", address(&settings.seed));
    }
    let ends: Vec<_> =
        needed.ends().map(|mapping| format!("\n                {}", address(&mapping.reachable))).collect();
    format!("new HashSet<>(Arrays.asList({}))", ends.join(","))
}

/// The map under the keys that Jedis makes of blank hosts; at a nil one it gives up before it asks the mapper.
fn as_spelled(map: &AddressMap) -> Result<AddressMap, String> {
    let mut map = map.clone();
    for mapping in &mut map.mappings {
        let blank = match mapping.preferred {
            Announced::Nil => {
                return Err(format!(
                    "Jedis cannot read an answer that names no host, and {} is announced so: let the servers announce host \
                     names or IPs (cluster-preferred-endpoint-type)",
                    mapping.announced
                ));
            }
            Announced::Empty => "",
            Announced::QuestionMark => "?",
            _ => continue,
        };
        mapping.announced.host = Host::Name(blank.to_owned());
    }
    Ok(map)
}

/// Names are compared in every version: releases before 7.5 do so only when they are told to.
pub(super) fn tls(class: &mut Class, settings: &Settings, name: Option<&Host>) -> Result<Vec<String>, String> {
    if !settings.tls {
        return Ok(Vec::new());
    }
    let mut options = vec![".ssl(true)".to_owned(), ".sslParameters(verifying())".to_owned()];
    class.imports.extend(java::parameter_imports(name));
    class.methods.push(java::parameters(name));
    let (trust, identity) = java_pem::files(class, settings)?;
    if trust || identity {
        let trust = if trust { "trust().getTrustManagers()" } else { "null" };
        let identity = if identity { "identity().getKeyManagers()" } else { "null" };
        class.signature.push_str(" throws Exception");
        class.imports.insert("javax.net.ssl.SSLContext");
        class.body.push("        SSLContext tls = SSLContext.getInstance(\"TLS\");".to_owned());
        class.body.push(format!("        tls.init({identity}, {trust}, null);"));
        options.push(".sslSocketFactory(tls.getSocketFactory())".to_owned());
    }
    Ok(options)
}

pub(super) fn credentials(settings: &Settings) -> Result<Vec<String>, String> {
    let mut options = Vec::new();
    if let Some(user) = &settings.username {
        options.push(format!(".user({})", quoted(user, '"')?));
    }
    if settings.password {
        options.push(".password(System.getenv(\"REDIS_PASSWORD\"))".to_owned());
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, Announced, Settings, emit};

    #[test]
    fn one_host_is_a_rule() {
        let expected = r#"// For Jedis 4 or newer, written by redis-doctor.
// The file has to be called ClusterConnection.java.
import java.io.FileInputStream;
import java.io.InputStream;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import java.util.Collections;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisCluster;

public final class ClusterConnection {
    private ClusterConnection() {}

    @SuppressWarnings("deprecation") // These are in every release since 4.
    public static JedisCluster connect() throws Exception {
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, trust().getTrustManagers(), null);
        DefaultJedisClientConfig config = DefaultJedisClientConfig.builder()
                .ssl(true)
                .sslParameters(verifying())
                .sslSocketFactory(tls.getSocketFactory())
                .user("app")
                .password(System.getenv("REDIS_PASSWORD"))
                .hostAndPortMapper(ClusterConnection::reachable)
                .build();
        return new JedisCluster(Collections.singleton(new HostAndPort("redis.example.com", 10000)), config);
    }

    private static SSLParameters verifying() {
        SSLParameters parameters = new SSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        return parameters;
    }

    private static TrustManagerFactory trust() throws Exception {
        KeyStore anchors = KeyStore.getInstance(KeyStore.getDefaultType());
        anchors.load(null, null);
        for (Certificate ca : certificates("ca.pem")) {
            anchors.setCertificateEntry("ca-" + anchors.size(), ca);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(anchors);
        return factory;
    }

    private static Collection<? extends Certificate> certificates(String file) throws Exception {
        try (InputStream pem = new FileInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(pem);
        }
    }

    // A rule and not a table: announced ports move when nodes are replaced (Azure's 85xx do).
    private static HostAndPort reachable(HostAndPort announced) {
        return new HostAndPort("redis.example.com", announced.getPort());
    }
}
"#;
        assert_eq!(emit(&one_host(), &tls()).unwrap(), expected);
    }

    #[test]
    fn nodes_that_moved_are_a_table() {
        let text = emit(&table(), &tls()).unwrap();
        let table = r#"
    private static HostAndPort reachable(HostAndPort announced) {
        switch (announced.getHost() + ":" + announced.getPort()) {
            case "10.0.0.4:6379":
                return new HostAndPort("n1.example.com", 6379);
            case "10.0.0.5:6379":
                return new HostAndPort("n2.example.com", 7379);
            default:
                return announced;
        }
    }
"#;
        assert!(text.contains(table), "{text}");
    }

    #[test]
    fn one_wrong_name_is_a_server_name() {
        let text = emit(&one_name(), &tls()).unwrap();
        assert!(
            text.contains("setServerNames(Collections.singletonList(new SNIHostName(\"redis.example.com\")))"),
            "{text}"
        );
        assert!(!text.contains("reachable"), "{text}");
    }

    #[test]
    fn a_client_certificate_is_read_from_its_files() {
        let client_certificate = Some(("client.pem".to_owned(), "client.key".to_owned()));
        let text = emit(&one_host(), &Settings { client_certificate, ca_file: None, ..tls() }).unwrap();
        for line in [
            "tls.init(identity().getKeyManagers(), null, null);",
            "certificates(\"client.pem\").toArray(new Certificate[0]);",
            "Files.readAllBytes(Paths.get(\"client.key\"))",
        ] {
            assert!(text.contains(line), "{text}");
        }
        assert!(!text.contains("trust()"), "{text}");
    }

    #[test]
    fn a_question_mark_is_a_key_and_nil_is_none() {
        let mut map = table();
        map.mappings[0].preferred = Announced::QuestionMark;
        let text = emit(&map, &tls()).unwrap();
        assert!(
            text.contains("case \"?:6379\":\n                return new HostAndPort(\"n1.example.com\", 6379);"),
            "{text}"
        );
        map.mappings[1].preferred = Announced::Nil;
        let why = emit(&map, &tls()).unwrap_err();
        assert!(
            why.starts_with("Jedis cannot read an answer that names no host, and 10.0.0.5:6379 is announced so"),
            "{why}"
        );
    }

    #[test]
    fn plaintext_says_nothing_of_tls() {
        let expected = r#"// For Jedis 4 or newer, written by redis-doctor.
// The file has to be called ClusterConnection.java.
import java.util.Collections;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisCluster;

public final class ClusterConnection {
    private ClusterConnection() {}

    @SuppressWarnings("deprecation") // These are in every release since 4.
    public static JedisCluster connect() {
        DefaultJedisClientConfig config = DefaultJedisClientConfig.builder()
                .hostAndPortMapper(ClusterConnection::reachable)
                .build();
        return new JedisCluster(Collections.singleton(new HostAndPort("127.0.0.1", 7001)), config);
    }

    private static HostAndPort reachable(HostAndPort announced) {
        switch (announced.getHost() + ":" + announced.getPort()) {
            case "172.18.0.2:6379":
                return new HostAndPort("127.0.0.1", 7001);
            case "172.18.0.3:6379":
                return new HostAndPort("127.0.0.1", 7002);
            default:
                return announced;
        }
    }
}
"#;
        assert_eq!(emit(&nat(), &plaintext()).unwrap(), expected);
    }

    #[test]
    fn nothing_goes_around_a_tunnel() {
        let expected = r#"// For Jedis 4 or newer, written by redis-doctor.
// The file has to be called ClusterConnection.java.
import java.util.Arrays;
import java.util.HashSet;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisCluster;

public final class ClusterConnection {
    private ClusterConnection() {}

    @SuppressWarnings("deprecation") // These are in every release since 4.
    public static JedisCluster connect() {
        DefaultJedisClientConfig config = DefaultJedisClientConfig.builder()
                .hostAndPortMapper(ClusterConnection::reachable)
                .build();
        return new JedisCluster(new HashSet<>(Arrays.asList(
                new HostAndPort("127.0.0.1", 20711),
                new HostAndPort("127.0.0.1", 20712))), config);
    }

    private static HostAndPort reachable(HostAndPort announced) {
        switch (announced.getHost() + ":" + announced.getPort()) {
            case "10.0.0.4:6379":
            case "127.0.0.1:20711":
                return new HostAndPort("127.0.0.1", 20711);
            case "10.0.0.5:6379":
            case "127.0.0.1:20712":
                return new HostAndPort("127.0.0.1", 20712);
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
