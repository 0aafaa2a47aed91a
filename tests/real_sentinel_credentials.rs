//! Sentinels that have credentials of their own, and who gets to see which.

mod support;

use std::sync::Arc;

use support::{
    cases::Cases,
    doctor,
    fake::{Fake, Script, array, bulk},
    need, output,
    pki::{Leaf, Pki},
    sentinels::Group,
    server::Settings,
    text,
};

#[test]
fn sentinels_have_credentials_of_their_own() {
    if !(need("redis-server") && need("redis-cli") && need("openssl")) {
        return;
    }
    let data = Settings::default().password("sesame");
    // Sentinels let each other in with `sentinel-pass`.
    let own = Settings::default().password("oregano");
    let group = Group::start(&data, &own, &["auth-pass mymaster sesame", "sentinel-pass oregano"]);
    let at = group.sentinels[0].address;
    let mut cases = Cases::new();
    let to = format!("redis+sentinel://:sesame@{at}/mymaster --sentinel-pass oregano");
    let refused = "credentials-refused endpoint > discovery-refused endpoint";
    let seen = cases.case("both", &to, 0, &[]);
    assert!(!seen.text().contains("oregano") && !seen.text().contains("sesame"), "{}", seen.text());
    let seen =
        cases.case("those of the servers alone", &format!("redis+sentinel://:sesame@{at}/mymaster"), 1, &[refused]);
    assert_eq!(seen.title(), "the Sentinel refuses the credentials of the servers: it has its own");
    assert!(seen.lines("client")[0].contains("REDISCLI_SENTINEL_AUTH"), "{}", seen.text());
    let seen = cases.case("none", &format!("redis+sentinel://{at}"), 1, &[refused]);
    assert_eq!(seen.title(), "the Sentinel wants credentials, and none were sent");
    let mut servers: Vec<String> = group.servers.iter().map(|server| server.address.to_string()).collect();
    servers.sort();
    let refused = format!("credentials-refused {}", servers.join(" "));
    let to = format!("redis+sentinel://{at} --sentinel-pass oregano");
    let seen = cases.case("those of the Sentinels alone", &to, 1, &[&refused]);
    assert_eq!(seen.title(), "the server wants credentials, and none were sent");
    let to = ["check", &format!("redis+sentinel://:sesame@{at}")];
    let done = output(doctor().args(to).env("REDISCLI_SENTINEL_AUTH", "oregano"));
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stdout));
}

/// Each kind goes to its own kind of server, and none of them over TLS that proves nothing.
#[test]
fn no_credentials_go_astray() {
    if !need("openssl") {
        return;
    }
    let pki = Pki::new();
    let ca = pki.ca();
    let good = pki.issue("good", &Leaf::new(&["DNS:localhost", "IP:127.0.0.1"]));
    let stranger = Pki::new();
    let bad = stranger.issue("bad", &Leaf::new(&["DNS:localhost", "IP:127.0.0.1"]));
    for (sentinel_is_good, server_is_good) in [(true, true), (true, false), (false, true)] {
        let [mut sentinel, mut server] = [Fake::bind("127.0.0.1"), Fake::bind("127.0.0.1")];
        let certificate = |is_good| if is_good { Some(&good) } else { Some(&bad) };
        server.serve(certificate(server_is_good), data_node());
        sentinel.serve(certificate(sentinel_is_good), watching(server.address.port()));
        let to = format!("rediss+sentinel://:tomato@localhost:{}/mymaster", sentinel.address.port());
        let words = ["check", &to, "--cacert", ca.to_str().unwrap(), "--sentinel-pass", "oregano"];
        let done = output(doctor().args(words));
        let said = text(&done.stdout) + &text(&done.stderr);
        assert!(!said.contains("tomato") && !said.contains("oregano"), "{said}");
        let case = format!("Sentinel good: {sentinel_is_good}, server good: {server_is_good}: {said}");
        assert_eq!(sentinel.heard().contains("oregano"), sentinel_is_good, "{case}");
        assert_eq!(server.heard().contains("tomato"), sentinel_is_good && server_is_good, "{case}");
        assert!(!sentinel.heard().contains("tomato") && !server.heard().contains("oregano"), "{case}");
    }
}

/// A peer that nobody vouches for names a server with a good certificate: that one may be anybody's.
#[test]
fn who_is_not_safe_to_log_in_to_names_nobody_who_is() {
    if !need("openssl") {
        return;
    }
    let pki = Pki::new();
    let ca = pki.ca();
    let good = pki.issue("good", &Leaf::new(&["DNS:localhost", "IP:127.0.0.1"]));
    let stranger = Pki::new();
    let bad = stranger.issue("bad", &Leaf::new(&["DNS:localhost", "IP:127.0.0.1"]));
    for peer_is_good in [true, false] {
        let certificate = if peer_is_good { &good } else { &bad };
        let [mut sentinel, mut peer, mut server, mut other] = [(); 4].map(|()| Fake::bind("127.0.0.1"));
        server.serve(Some(&good), data_node());
        other.serve(Some(&good), data_node());
        peer.serve(Some(certificate), watching(other.address.port()));
        sentinel.serve(Some(&good), with_peer(server.address.port(), peer.address.port()));
        let to = format!("rediss+sentinel://:tomato@localhost:{}/mymaster", sentinel.address.port());
        let words = ["check", &to, "--cacert", ca.to_str().unwrap(), "--sentinel-pass", "oregano"];
        let said = text(&output(doctor().args(words)).stdout);
        assert!(server.heard().contains("tomato"), "{said}");
        assert_eq!(peer.heard().contains("oregano"), peer_is_good, "{said}");
        assert_eq!(other.heard().contains("tomato"), peer_is_good, "peer good: {peer_is_good}: {said}");

        let [mut primary, mut replica, mut below] = [(); 3].map(|()| Fake::bind("127.0.0.1"));
        below.serve(Some(&good), copying("cc", "role:slave\r\n"));
        let listed = |of: &Fake| format!("slave0:ip=127.0.0.1,port={},state=online\r\n", of.address.port());
        replica.serve(Some(certificate), copying("bb", &("role:slave\r\n".to_owned() + &listed(&below))));
        primary.serve(Some(&good), copying("aa", &("role:master\r\n".to_owned() + &listed(&replica))));
        let to = format!("rediss://:tomato@localhost:{}", primary.address.port());
        let said = text(&output(doctor().args(["check", &to, "--cacert", ca.to_str().unwrap()])).stdout);
        assert_eq!(replica.heard().contains("tomato"), peer_is_good, "{said}");
        assert_eq!(below.heard().contains("tomato"), peer_is_good, "replica good: {peer_is_good}: {said}");
    }
}

fn with_peer(port: u16, peer: u16) -> Script {
    let known = watching(port);
    Arc::new(move |command| match command {
        "SENTINEL SENTINELS mymaster" => {
            let port = peer.to_string();
            let fields = ["name", "peer", "ip", "127.0.0.1", "port", &port, "runid", "dd", "flags", "sentinel"];
            array(&[array(&fields.map(bulk))])
        }
        other => known(other),
    })
}

/// A server of one replication.
fn copying(id: &str, more: &str) -> Script {
    let info = format!("redis_version:7.2.4\r\nredis_mode:standalone\r\nmaster_replid:ff\r\nrun_id:{id}\r\n{more}");
    Arc::new(move |command| match command {
        "INFO" => bulk(&info),
        auth if auth.starts_with("AUTH ") => "+OK\r\n".to_owned(),
        _ => "-ERR unknown command\r\n".to_owned(),
    })
}

fn watching(port: u16) -> Script {
    Arc::new(move |command| match command {
        "INFO" => bulk("redis_version:7.2.4\r\nredis_mode:sentinel\r\n"),
        "ROLE" => array(&[bulk("sentinel"), array(&[bulk("mymaster")])]),
        "SENTINEL MYID" => bulk("aa"),
        "SENTINEL MASTERS" => {
            let port = port.to_string();
            let fields =
                ["name", "mymaster", "ip", "127.0.0.1", "port", &port, "runid", "bb", "flags", "master", "quorum", "1"];
            array(&[array(&fields.map(bulk))])
        }
        auth if auth.starts_with("AUTH ") => "+OK\r\n".to_owned(),
        _ => "*0\r\n".to_owned(),
    })
}

fn data_node() -> Script {
    Arc::new(|command| match command {
        "INFO" => bulk("redis_version:7.2.4\r\nredis_mode:standalone\r\nrole:master\r\nrun_id:bb\r\n"),
        auth if auth.starts_with("AUTH ") => "+OK\r\n".to_owned(),
        _ => "-ERR unknown command\r\n".to_owned(),
    })
}
