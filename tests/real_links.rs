//! What the connection itself is like, on real servers: versions, suites, server names, client certificates, and servers
//! that this program cannot complete a handshake with.

mod support;

use std::{path::Path, time::Duration};

use serde_json::Value;
use support::{
    cases::{Cases, check},
    doctor,
    listener::answers,
    need,
    openssl::OpenSsl,
    output,
    pki::{Certificate, Leaf, Pki},
    server::{Server, Settings},
    text,
};

/// OpenSSL sends what it finds behind its own certificate among those that it trusts, and so the root.
const KNOWN: &str = "--ignore root-sent";

fn servers_are_there() -> bool {
    need("redis-server") && need("redis-cli") && need("openssl")
}

fn good() -> Leaf {
    Leaf::new(&["IP:127.0.0.1", "DNS:localhost"]).common_name("node")
}

/// `tls-check --format json` with these words.
fn tls_check(words: &str) -> Value {
    let done = output(doctor().arg("tls-check").args(words.split_whitespace()).args(["--format", "json"]));
    let said = text(&done.stdout);
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{words}: {error}: {said}{}", text(&done.stderr)))
}

/// The screen of a command, its white space made single.
fn screen(command: &str, words: &str) -> String {
    let said = text(&output(doctor().arg(command).args(words.split_whitespace())).stdout);
    assert!(said.lines().all(|line| line.chars().count() <= 80 || line.starts_with("next:")), "{said}");
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn connection(report: &Value) -> &Value {
    &report["connections"][0]
}

#[test]
fn a_server_that_rustls_cannot_speak_to_is_named_by_version_suite_and_certificate() {
    if !servers_are_there() {
        return;
    }
    let pki = Pki::new();
    let ca = pki.ca().display().to_string();
    let rsa = pki.issue("rsa", &good().rsa());
    let ec = pki.issue("ec", &good());
    let mutual = format!("-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA -Verify 1 -CAfile {ca}");
    let old: [(&str, &Certificate, &str, &str, &str); 7] = [
        ("TLS 1.0", &ec, "-tls1 -cipher ALL:@SECLEVEL=0", "nothing newer than TLSv1.0", "TLSv1.0, TLS_ECDHE_ECDSA_"),
        ("TLS 1.1", &rsa, "-tls1_1 -cipher ALL:@SECLEVEL=0", "nothing newer than TLSv1.1", "TLSv1.1, TLS_ECDHE_RSA_"),
        (
            "DHE",
            &rsa,
            "-tls1_2 -cipher DHE-RSA-AES256-GCM-SHA384",
            "no key exchange but DHE",
            "TLSv1.2, TLS_DHE_RSA_WITH_AES_256_GCM_SHA384 with a prime of 2048 bits",
        ),
        (
            "static RSA",
            &rsa,
            "-tls1_2 -cipher AES128-SHA256",
            "no key exchange with forward secrecy",
            "TLSv1.2, TLS_RSA_WITH_AES_128_CBC_SHA256",
        ),
        (
            "CBC over SHA-256",
            &ec,
            "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256",
            "no cipher but CBC",
            "TLSv1.2, TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
        ),
        ("CBC, and a client certificate", &ec, &mutual, "no cipher but CBC", "it asks for a client certificate"),
        (
            "no certificate at all",
            &rsa,
            "-tls1_2 -cipher ADH-AES128-GCM-SHA256:@SECLEVEL=0",
            "no suite that is safe",
            "DH_anon",
        ),
    ];
    let mut cases = Cases::new();
    for (name, certificate, words, title, presented) in old {
        let server = OpenSsl::start(certificate, words);
        let to = format!("rediss://{} --cacert {ca}", server.address);
        let seen = cases.case(name, &to, 1, &["tls-too-old endpoint > tls-handshake-failed endpoint"]);
        assert!(seen.title().ends_with(title), "{name}: {}", seen.title());
        assert!(seen.took < Duration::from_secs(2), "{name}: {:?}", seen.took);
        let said = seen.findings()[0]["presented"].as_str().unwrap();
        assert!(said.contains(presented), "{name}: {said}");
        assert_eq!(said.contains("certificate of \"CN=node\""), !presented.contains("anon"), "{name}: {said}");
        let hello = &connection(&seen.report)["hello"];
        assert_eq!(hello["fingerprint"].is_string(), !presented.contains("anon"), "{name}: {hello}");
        assert_eq!(hello["client_certificate_requested"], name.contains("client"), "{name}: {hello}");
    }
    // Which group it wants is all that a server of TLS 1.3 says before it encrypts.
    let server = OpenSsl::start(&ec, "-tls1_3 -groups P-521");
    let to = format!("rediss://{} --cacert {ca}", server.address);
    let seen = cases.case("TLS 1.3 with P-521 alone", &to, 1, &["tls-handshake-failed endpoint"]);
    assert!(seen.text().contains("takes TLSv1.3, TLS_AES_128_GCM_SHA256 with the group secp521r1"), "{}", seen.text());
    assert!(screen("tls-check", &to).contains("takes TLSv1.3, TLS_AES_128_GCM_SHA256, secp521r1"));
}

#[test]
fn a_server_from_before_version_negotiation_is_named_too() {
    // It passes over supported_versions and answers in TLS 1.0, which rustls takes for a peer that it has nothing in common with.
    let at = answers(include_bytes!("fixtures/server_hello/tls10-client-certificate.bin"));
    let mut cases = Cases::new();
    let expected = ["tls-too-old endpoint > tls-handshake-failed endpoint"];
    let seen = cases.case("TLS 1.0, unasked", &format!("rediss://{at}"), 1, &expected);
    let said = seen.findings()[0]["presented"].as_str().unwrap();
    let told = "TLSv1.0, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA; certificate of \"CN=redis.example.com\"; it asks for a client \
                certificate";
    assert_eq!(said, told);
    assert_eq!(connection(&seen.report)["hello"]["client_certificate_issuers"], serde_json::json!(["CN=test root"]));
}

#[test]
fn redis_with_old_settings_is_mended_by_the_lines_that_are_told() {
    if !servers_are_there() {
        return;
    }
    let pki = Pki::new();
    let node = pki.issue("node", &good().rsa());
    let settings =
        Settings::default().tls(&node).config("tls-protocols", "TLSv1.2").config("tls-ciphers", "AES128-SHA256");
    let server = Server::start(&settings);
    let to = format!("rediss://{} --cacert {} {KNOWN}", server.address, pki.ca().display());
    let mut cases = Cases::new();
    let seen = cases.case("static RSA", &to, 1, &["tls-too-old endpoint > tls-handshake-failed endpoint"]);
    let lines = seen.lines("server");
    assert_eq!(lines, ["tls-protocols \"TLSv1.2 TLSv1.3\"", "tls-ciphers ECDHE+AESGCM:ECDHE+CHACHA20"]);
    for line in lines {
        let (name, value) = line.split_once(' ').unwrap();
        server.command(&["CONFIG", "SET", name, value.trim_matches('"')]);
    }
    cases.case("mended", &to, 0, &[]);
    server.command(&["CONFIG", "SET", "tls-protocols", "TLSv1.2"]);
    cases.case("mended, without TLS 1.3", &to, 0, &[]);
}

#[test]
fn versions_and_client_certificates_are_tried_out() {
    if !servers_are_there() {
        return;
    }
    let pki = Pki::new();
    let node = pki.issue("node", &good());
    let client = pki.issue("client", &Leaf::new(&[]).common_name("client").usage("clientAuth"));
    let given = format!("--cert {} --key {}", client.cert.display(), client.key.display());
    for versions in ["TLSv1.2", "TLSv1.3", "TLSv1.2 TLSv1.3"] {
        for (setting, expected) in [("no", "none"), ("optional", "optional"), ("yes", "required")] {
            let settings = Settings::default().tls(&node).config("tls-protocols", versions);
            let server = Server::start(&settings.config("tls-auth-clients", setting));
            let to = format!("rediss://{} --cacert {}", server.address, pki.ca().display());
            for words in [to.clone(), format!("{to} {given}")] {
                let report = tls_check(&words);
                let seen = connection(&report);
                let told = (&seen["client_certificate"], &seen["accepts"]);
                let accepted: Vec<&str> = versions.split(' ').collect();
                assert_eq!(told, (&expected.into(), &accepted.into()), "{versions}, {setting}: {words}: {report}");
            }
        }
    }
}

#[test]
fn a_session_is_told_by_its_names() {
    if !servers_are_there() {
        return;
    }
    let pki = Pki::new();
    let server = Server::start(&Settings::default().tls(&pki.issue("node", &good())));
    let to = format!("rediss://{} --cacert {}", server.address, pki.ca().display());
    let seen = &check(&to).report["topology"]["nodes"][0]["tls"];
    assert_eq!((&seen["version"], &seen["suite"]), (&"TLSv1.3".into(), &"TLS_AES_128_GCM_SHA256".into()));
    assert_eq!(seen["signature_scheme"], "ecdsa_secp256r1_sha256");
    assert!(seen["group"].is_string() && seen["sni"].is_null(), "{seen}");
    let screen = screen("tls-check", &to);
    let told = "agreed TLSv1.3, TLS_AES_128_GCM_SHA256, x25519, ecdsa_secp256r1_sha256 accepts TLSv1.2, TLSv1.3 clients \
                are not asked for a certificate";
    assert!(screen.contains(told), "{screen}");
}

#[test]
fn a_certificate_that_changes_with_the_server_name_is_seen() {
    if !servers_are_there() {
        return;
    }
    let pki = Pki::new();
    let ca = pki.ca().display().to_string();
    let named = pki.issue("named", &Leaf::new(&["DNS:redis.example.com"]).common_name("named"));
    let other = pki.issue("other", &good().common_name("unnamed"));
    let second = format!("-cert2 {} -key2 {}", named.cert.display(), named.key.display());
    let server = OpenSsl::start(&other, &format!("-servername redis.example.com {second}"));
    let port = server.address.port();
    let at = format!("redis.example.com:{port}");
    let to = format!("rediss://{at} --resolve {at}:127.0.0.1 --cacert {ca}");
    let report = tls_check(&to);
    let seen = connection(&report);
    assert_eq!((&seen["sni"], &seen["names"][0]["sni"]), (&"redis.example.com".into(), &Value::Null), "{report}");
    let fingerprint = seen["names"][0]["fingerprint"].as_str().unwrap();
    assert_eq!(fingerprint, fingerprint_of(&other.cert));
    assert!(screen("tls-check", &to).contains("no SNI chain 2, CN=unnamed"), "{}", screen("tls-check", &to));

    // By its address: no name is sent, and some clients send the address as one.
    let report = tls_check(&format!("rediss://127.0.0.1:{port} --cacert {ca} --server-name redis.example.com"));
    assert_eq!(connection(&report)["names"][0]["sni"], Value::Null, "{report}");
    let report = tls_check(&format!("rediss://127.0.0.1:{port} --cacert {ca}"));
    let seen = &connection(&report)["names"][0];
    assert_eq!((&seen["sni"], &seen["fingerprint"]), (&"127.0.0.1".into(), &fingerprint.into()), "{report}");
}

fn fingerprint_of(certificate: &Path) -> String {
    let mut openssl = std::process::Command::new("openssl");
    let said = support::run(openssl.args(["x509", "-noout", "-fingerprint", "-sha256", "-in"]).arg(certificate));
    said.trim().rsplit('=').next().unwrap().replace(':', "").to_lowercase()
}

#[test]
fn why_a_client_certificate_is_refused_is_said() {
    if !servers_are_there() {
        return;
    }
    let (pki, other) = (Pki::new(), Pki::named("another root"));
    let client = || Leaf::new(&[]).common_name("client").usage("clientAuth");
    let intermediate = pki.intermediate();
    let through = Certificate { ca: pki.ca(), ..intermediate.issue("through", &client()) };
    let right = pki.issue("right", &client());
    let mixed = Certificate { key: through.key.clone(), ..right.clone() };
    let wrong: [(&str, Certificate, &str, &str); 6] = [
        ("expired", pki.issue("expired", &client().expired()), "expired on 2021-01-01", "certificate_expired (45)"),
        ("early", pki.issue("early", &client().not_yet_valid()), "not valid before 2090-01-01", "bad_certificate (42)"),
        (
            "for servers",
            pki.issue("server", &client().usage("serverAuth")),
            "it may not be used by clients",
            "unsupported_certificate (43)",
        ),
        (
            "another CA's",
            other.issue("foreign", &client()),
            "nobody who is trusted signed \"CN=client\"",
            "unknown_ca (48)",
        ),
        ("without its intermediate", through.clone(), "nobody who is trusted signed \"CN=client\"", "unknown_ca (48)"),
        ("another key", mixed.clone(), "the key is not the one of the certificate", "decrypt_error (51)"),
    ];
    let node = pki.issue("node", &good());
    let refused = ["client-certificate-refused endpoint"];
    let mut cases = Cases::new();
    for version in ["TLSv1.3", "TLSv1.2"] {
        for setting in ["yes", "optional"] {
            let settings = Settings::default().tls(&node).config("tls-protocols", version);
            let server = Server::start(&settings.config("tls-auth-clients", setting));
            let with = |given: &Certificate| {
                let [cert, key] = [&given.cert, &given.key].map(|file| file.display());
                format!("rediss://{} --cacert {} --cert {cert} --key {key} {KNOWN}", server.address, pki.ca().display())
            };
            let name = |what: &str| format!("{version}, {setting}: {what}");
            for (what, given, title, alert) in &wrong {
                let seen = cases.case(&name(what), &with(given), 1, &refused);
                assert!(seen.title().ends_with(title), "{what}: {}", seen.title());
                let said = seen.findings()[0]["presented"].as_str().unwrap();
                assert!(said.contains(&format!("the server says {alert}")), "{what}: {said}");
                assert!(!seen.text().contains("PRIVATE KEY"), "{what}");
            }
            cases.case(&name("right"), &with(&right), 0, &[]);
            cases.case(&name("with its intermediate"), &with(&intermediate.with_chain(&through)), 0, &[]);
        }
    }
    // A pair that is none is told also where nobody asks for it.
    let server = Server::start(&Settings::default().tls(&node).config("tls-auth-clients", "no"));
    let [cert, key] = [&mixed.cert, &mixed.key].map(|file| file.display());
    let to = format!("rediss://{} --cacert {} --cert {cert} --key {key} {KNOWN}", server.address, pki.ca().display());
    let seen = cases.case("not asked for", &to, 1, &refused);
    assert_eq!(seen.title(), "the client certificate is of no use: the key is not the one of the certificate");
}

#[test]
fn a_missing_intermediate_of_the_client_is_told_where_the_server_sends_it() {
    if !servers_are_there() {
        return;
    }
    let pki = Pki::new();
    let intermediate = pki.intermediate();
    let through = |name: &str, leaf: &Leaf| Certificate { ca: pki.ca(), ..intermediate.issue(name, leaf) };
    let node = intermediate.with_chain(&through("node", &good()));
    let client = through("client", &Leaf::new(&[]).common_name("client"));
    // OpenSSL takes what it trusts, and not what it sends, for the issuers of others.
    let server = Server::start(&Settings::default().tls(&node).client_certificates());
    let [cert, key] = [&client.cert, &client.key].map(|file| file.display());
    let to = format!("rediss://{} --cacert {} --cert {cert} --key {key}", server.address, pki.ca().display());
    let seen = check(&to);
    assert_eq!(
        seen.title(),
        "the server refuses the client certificate: an intermediate is missing in its file",
        "{}",
        seen.text()
    );
    let whole = intermediate.with_chain(&client);
    let mended = to.replace(&cert.to_string(), &whole.cert.display().to_string());
    assert_eq!(check(&mended).exit, 0, "{}", check(&mended).text());
}
