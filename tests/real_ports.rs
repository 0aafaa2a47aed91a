//! What stands on a port, told by the wire: real servers and proxies, and listeners that do one odd thing. None of them may
//! take until the time is over, but where silence itself is the answer; and none is a "connection reset".

mod support;

use std::{
    fmt::Write as _,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::Command,
    time::Duration,
};

use support::{
    cases::{Seen, check},
    free_port, listener, need, output,
    pki::{Certificate, Leaf, Pki},
    server::{Server, Settings},
    skip, text,
    tunnel::{Adds, Tunnel},
    wait_until,
};

/// What a person would call at once.
const AT_ONCE: Duration = Duration::from_millis(2_500);

/// A port, and what is said of it: by scheme, the code of the first finding and a piece of its title.
struct Ports {
    wrong: String,
}

impl Ports {
    fn new() -> Self {
        Ports { wrong: String::new() }
    }

    /// In every scheme.
    fn are(&mut self, what: &str, at: SocketAddr, code: &str, title: &str) {
        for scheme in ["redis://", "rediss://", ""] {
            self.is(what, &format!("{scheme}{at}"), code, title);
        }
    }

    fn is(&mut self, what: &str, words: &str, code: &str, title: &str) -> Seen {
        let seen = check(words);
        let said = seen.findings().first().map(|first| (first["code"].as_str().unwrap(), seen.title()));
        let fits = said.is_some_and(|(is, says)| is == code && says.contains(title)) && seen.took < AT_ONCE;
        if !fits {
            let (took, codes) = (seen.took, seen.findings().iter().map(|f| &f["code"]).collect::<Vec<_>>());
            let _ = write!(
                self.wrong,
                "\n{what}: check {words}\n  expected {code}: …{title}…\n  got {said:?} of {codes:?} in {took:?}\n"
            );
        }
        assert!(!seen.title().contains("reset"), "{}", seen.title());
        seen
    }
}

impl Drop for Ports {
    fn drop(&mut self) {
        assert!(self.wrong.is_empty() || std::thread::panicking(), "{}", self.wrong);
    }
}

fn certificate() -> (Pki, Certificate) {
    let pki = Pki::new();
    let certificate = pki.issue("node", &Leaf::new(&["IP:127.0.0.1"]).common_name("node"));
    (pki, certificate)
}

#[test]
fn redis_in_all_its_forms() {
    if !(need("redis-server") && need("redis-cli") && need("openssl")) {
        return;
    }
    let mut ports = Ports::new();
    let (pki, certificate) = certificate();
    let plain = Server::start(&Settings::default());
    let seen =
        ports.is("plain", &format!("rediss://{}", plain.address), "tls-not-spoken", "speaks plaintext Redis, not TLS");
    assert!(seen.took < Duration::from_millis(800), "in a round trip, not after a time-out: {:?}", seen.took);
    assert_eq!(check(&plain.address.to_string()).exit, 0);
    assert_eq!(check(&format!("redis://{}", plain.address)).exit, 0);

    assert_eq!(seen.lines("client"), [format!("redis://{}", plain.address)]);

    let port = free_port();
    let both = Server::start(&Settings::default().tls(&certificate).config("port", &port.to_string()));
    let seen = ports.is("both", &format!("rediss://127.0.0.1:{port}"), "tls-not-spoken", "speaks plaintext Redis");
    assert_eq!(seen.lines("client")[0], format!("rediss://{}", both.address));

    let tls = Server::start(&Settings::default().tls(&certificate));
    ports.is("TLS", &format!("redis://{}", tls.address), "tls-required", "speaks TLS, and was asked in plaintext");
    for scheme in ["rediss://", ""] {
        assert_eq!(check(&format!("{scheme}{} --cacert {}", tls.address, pki.ca().display())).exit, 0);
    }

    let locked = Server::start(&Settings::default().password("secret"));
    for scheme in ["redis://", ""] {
        ports.is("a password", &format!("{scheme}{}", locked.address), "credentials-refused", "wants credentials");
    }
    ports.is("a password", &format!("rediss://{}", locked.address), "tls-not-spoken", "speaks plaintext Redis");

    let monitor = format!("monitor mymaster 127.0.0.1 {} 2", plain.address.port());
    let sentinel = Server::sentinel(&Settings::default(), &[monitor]);
    let words = |expect| format!("redis://{} --expect {expect}", sentinel.address);
    ports.is("a Sentinel", &words("cluster"), "unexpected-kind", "this is a Sentinel, not a cluster");
    ports.is("a Sentinel", &words("standalone"), "unexpected-kind", "this is a Sentinel, not a standalone server");
    let words = format!("redis://{} --expect sentinel", plain.address);
    ports.is("no Sentinel", &words, "unexpected-kind", "this is a standalone server, not a Sentinel");
    ports.is("a Sentinel", &format!("rediss://{}", sentinel.address), "tls-not-spoken", "speaks plaintext Redis");
}

#[test]
fn servers_that_let_nobody_in() {
    if !(need("redis-server") && need("redis-cli") && need("openssl")) {
        return;
    }
    let mut ports = Ports::new();
    let (_pki, certificate) = certificate();
    for (kind, settings) in [("plain", Settings::default()), ("TLS", Settings::default().tls(&certificate))] {
        let full = Server::start(&settings.config("maxclients", "1"));
        let words = format!("redis://{}", full.address);
        let mut taken = Vec::new();
        wait_until("the only place is taken", Duration::from_secs(5), || {
            // The first may have come while another was still counted.
            taken.push(TcpStream::connect(full.address).unwrap());
            let seen = check(&words);
            let full = seen.exit == 1 && ["limit", "at once"].iter().any(|end| seen.title().contains(end));
            if full { Ok(()) } else { Err(seen.text()) }
        });
        if kind == "plain" {
            ports.are("maxclients", full.address, "turned-away", "has reached its connection limit");
        } else {
            // It does not say so: to TLS clients it says nothing.
            ports.are(
                "maxclients over TLS",
                full.address,
                "endpoint-unreachable",
                "closes them at once, before anything is said",
            );
            let said = check(&words).text();
            assert!(said.contains("maxclients"), "{said}");
        }
    }
    let Some(address) = own_address() else { return };
    for (kind, settings) in [("plain", Settings::default()), ("TLS", Settings::default().tls(&certificate))] {
        let guarded = Server::start(&settings.ip(address.into()).config("protected-mode", "yes"));
        let at = guarded.address;
        let schemes: &[&str] = if kind == "plain" { &["redis://", "rediss://", ""] } else { &["rediss://", ""] };
        for scheme in schemes {
            let seen = ports.is("protected mode", &format!("{scheme}{at}"), "turned-away", "is in protected mode");
            let lines = seen.lines("server");
            // A server takes it while it runs; of a Sentinel, which this port may be, it stands in the file.
            let password = ["CONFIG SET requirepass PASSWORD", "requirepass PASSWORD"];
            assert!(password.iter().all(|line| lines.iter().any(|said| said == line)), "{lines:?}");
            assert!(!seen.text().contains("protected-mode no"), "{}", seen.text());
        }
    }
}

/// An address of this machine that is not loopback; to it no packet is sent.
fn own_address() -> Option<Ipv4Addr> {
    let socket = std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    match socket.local_addr().ok()?.ip() {
        std::net::IpAddr::V4(ip) if !ip.is_loopback() => Some(ip),
        _ => None,
    }
}

#[test]
fn other_servers() {
    if !(need("nginx") && need("openssl") && need("ssh-keygen")) {
        return;
    }
    let mut ports = Ports::new();
    let (_pki, certificate) = certificate();
    let web = Tunnel::nginx(None);
    ports.are("nginx", web.address, "not-redis", "is an HTTP server, not Redis");
    let secure = Tunnel::nginx(Some(&certificate));
    ports.are("nginx with TLS", secure.address, "not-redis", "is an HTTPS server, not Redis");
    let seen = check(&format!("rediss://{}", secure.address));
    assert!(seen.text().contains("inside TLS it says \\\"HTTP/1.1 400 Bad Request"), "{}", seen.text());
    assert_eq!(seen.report["instead"]["service"], "http", "{}", seen.text());
    assert_eq!(seen.report["instead"]["over"], "tls", "{}", seen.text());
    if std::path::Path::new("/run/sshd").is_dir() && std::path::Path::new("/usr/sbin/sshd").is_file() {
        let ssh = Tunnel::sshd();
        ports.are("sshd", ssh.address, "not-redis", "is an SSH server, not Redis");
    }
}

#[test]
fn services_by_their_first_bytes() {
    let mut ports = Ports::new();
    let mysql = b"\x5b\0\0\0\x0a5.5.5-10.11.6-MariaDB-0+deb12u1\0\x1e\0\0\0#'pw|bOG\0\xfe\xf7\x2d\x02\0\xff\x81\x15\0\0\0\0\0\0\x1d\0\0\0bbbbbbbbbbbb\0mysql_native_password\0";
    let greetings: [(&str, &[u8]); 6] = [
        ("an SSH server", b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
        ("a mail server (SMTP)", b"220 mail.example.com ESMTP Postfix\r\n"),
        ("an FTP server", b"220 (vsFTPd 3.0.3)\r\n"),
        ("a mail server (IMAP)", b"* OK [CAPABILITY IMAP4rev1] ready\r\n"),
        ("a MySQL or MariaDB server", mysql),
        ("a NATS server", b"INFO {\"server_id\":\"NA\",\"version\":\"2.10\"} \r\n"),
    ];
    for (service, says) in greetings {
        ports.are(service, listener::greets(says), "not-redis", &format!("is {service}, not Redis"));
    }
    let answers: [(&str, &[u8]); 5] = [
        ("a memcached server", b"ERROR\r\n"),
        ("an AMQP broker (RabbitMQ)", b"AMQP\x00\x00\x09\x01"),
        ("an HTTP/2 server", b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\x04\0\x01\0\0\0\x05\0\xff\xff\xff"),
        ("an HTTP server", b"HTTP/1.1 400 Bad Request\r\nServer: elsewhere\r\n\r\n"),
        ("an HTTP server", b"<!DOCTYPE HTML>\n<html><head><title>Error response</title></head>"),
    ];
    for (service, says) in answers {
        ports.are(service, listener::answers(says), "not-redis", &format!("is {service}, not Redis"));
    }
    ports.are("PostgreSQL", listener::postgresql(), "not-redis", "is a PostgreSQL server, not Redis");
}

#[test]
fn proxies_and_tunnels_with_nothing_behind_them() {
    if !(need("haproxy") && need("stunnel4") && need("openssl") && need("redis-server") && need("redis-cli")) {
        return;
    }
    let mut ports = Ports::new();
    let (_pki, certificate) = certificate();
    let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let stunnel = Tunnel::stunnel(Adds::Nothing, nobody, &certificate);
    for scheme in ["rediss://", ""] {
        let to = format!("{scheme}{}", stunnel.address);
        ports.is(
            "stunnel before nothing",
            &to,
            "endpoint-unreachable",
            "completes TLS handshakes and closes behind them",
        );
    }
    ports.is("stunnel before nothing", &format!("redis://{}", stunnel.address), "tls-required", "speaks TLS");
    let near = Tunnel::stunnel(Adds::Tls, nobody, &certificate);
    ports.are("stunnel to nothing", near.address, "endpoint-unreachable", "closes them");

    let empty = Tunnel::haproxy_with("", "", &certificate);
    ports.are(
        "haproxy without a server",
        empty.address,
        "endpoint-unreachable",
        "closes them at once, before anything is said",
    );
    let down = Tunnel::haproxy_with("", &format!("  server node {nobody}"), &certificate);
    ports.are("haproxy whose server is down", down.address, "endpoint-unreachable", "closes them");
    let down = Tunnel::haproxy_with("ssl crt PEM", &format!("  server node {nobody}"), &certificate);
    let to = format!("rediss://{}", down.address);
    ports.is(
        "haproxy with TLS whose server is down",
        &to,
        "endpoint-unreachable",
        "completes TLS handshakes and closes behind them",
    );

    let redis = Server::start(&Settings::default());
    let server = format!("  server node {}", redis.address);
    let sends = Tunnel::haproxy_with("", &format!("{server} send-proxy"), &certificate);
    for scheme in ["redis://", ""] {
        let to = format!("{scheme}{}", sends.address);
        ports.is("send-proxy", &to, "not-redis", "sends the server a PROXY protocol header");
    }
    let wants = Tunnel::haproxy_with("accept-proxy", &server, &certificate);
    ports.are(
        "accept-proxy",
        wants.address,
        "not-redis",
        "waits for a PROXY protocol header, and speaks plaintext only then",
    );
    let wants = Tunnel::haproxy_with("accept-proxy ssl crt PEM", &server, &certificate);
    ports.are(
        "accept-proxy with TLS",
        wants.address,
        "not-redis",
        "waits for a PROXY protocol header, and speaks TLS only then",
    );
}

#[test]
fn the_cluster_bus() {
    if !(need("redis-server") && need("redis-cli") && need("openssl")) {
        return;
    }
    let mut ports = Ports::new();
    let (_pki, certificate) = certificate();
    for settings in [Settings::default(), Settings::default().tls(&certificate)] {
        let node = Server::start(&settings.config("cluster-enabled", "yes"));
        let bus = SocketAddr::new(node.address.ip(), node.address.port() + 10_000);
        let seen = check(&format!("redis://{bus}"));
        if seen.title().contains("is the cluster bus") {
            ports.are("the bus", bus, "not-redis", "is the cluster bus, not the port for clients");
            assert!(
                seen.lines("client")[0].ends_with(&format!(":{}", node.address.port())),
                "{:?}",
                seen.lines("client")
            );
        } else {
            // Over TLS it is a server that wants a certificate.
            ports.is("the bus", &format!("rediss://{bus}"), "client-certificate-required", "");
        }
    }
}

#[test]
fn ports_that_close_or_stay_silent() {
    let mut ports = Ports::new();
    ports.are(
        "closes at once",
        listener::closes_at_once(),
        "endpoint-unreachable",
        "closes them at once, before anything is said",
    );
    let to = listener::closes_on_a_word();
    ports.are("closes on a word", to, "endpoint-unreachable", "closes them without a word as soon as it is spoken to");
    let to = listener::closes_after(Duration::from_millis(200));
    ports.are("closes after a while", to, "endpoint-unreachable", "closes them");
    let silent = listener::silent();
    for (scheme, title) in [
        ("redis://", "stays silent"),
        ("rediss://", "to a ClientHello as to a PING"),
        ("", "to a ClientHello as to a PING"),
    ] {
        ports.is("silent", &format!("{scheme}{silent} --timeout 1s"), "endpoint-unreachable", title);
    }
    let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    ports.are("nobody", nobody, "endpoint-unreachable", "nobody listens at");
}

#[test]
fn no_route_and_a_gate_that_says_no() {
    if !(need("unshare") && need("ip")) {
        return;
    }
    let tried = output(Command::new("unshare").args(["-rn", "ip", "link", "set", "lo", "up"]));
    if !tried.status.success() && !skip(&format!("namespaces ({})", text(&tried.stderr).trim())) {
        return;
    }
    for (route, title) in [
        ("true", "there is no route to"),
        ("ip route add unreachable 192.0.2.0/24", "a firewall rejects connections to"),
        ("ip route add prohibit 192.0.2.0/24", "this machine's own rules forbid connections to"),
        // To nobody: packets go out, and nothing comes.
        (
            "ip link add cable type dummy && ip link set cable up && ip route add 192.0.2.0/24 dev cable",
            "does not answer",
        ),
    ] {
        let within = format!("ip link set lo up && {route} && exec \"$@\"");
        let mut command = Command::new("unshare");
        command.args(["-rn", "sh", "-c", &within, "sh", env!("CARGO_BIN_EXE_redis-doctor")]);
        let done = output(command.args(["check", "rediss://192.0.2.7:6379", "--timeout", "1s", "--format", "json"]));
        if text(&done.stdout).is_empty() && route.contains("dummy") {
            // Not every kernel has such a cable.
            continue;
        }
        let report: serde_json::Value =
            serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{}", text(&done.stderr)));
        let first = &report["findings"][0];
        assert_eq!(first["code"], "endpoint-unreachable", "{route}: {report:#}");
        assert!(first["title"].as_str().unwrap().contains(title), "{route}: {first:#}");
    }
}

/// What is queued and never accepted is as if packets were dropped.
#[test]
fn a_filtered_port() {
    let mut ports = Ports::new();
    let full = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let at = full.local_addr().unwrap();
    let mut queued = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&at, Duration::from_millis(300)) {
        queued.push(stream);
        assert!(queued.len() < 10_000, "the queue has no end");
    }
    for scheme in ["redis://", "rediss://", ""] {
        let seen =
            ports.is("filtered", &format!("{scheme}{at} --timeout 1s"), "endpoint-unreachable", "does not answer");
        assert!(seen.text().contains("firewall"), "{}", seen.text());
    }
}
