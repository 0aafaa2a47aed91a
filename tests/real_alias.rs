//! Names that are aliases, asked of a name server that answers well, badly or not at all: in a network of its own, where
//! 127.0.0.1 is the system's name server.

mod support;

use std::{collections::HashMap, fs, process::Command, sync::Arc, time::Duration};

use support::{
    cases::{Cases, check},
    cluster::Cluster,
    dns::{Answer, Dns, chain},
    fake::Fake,
    need, output,
    pki::{Leaf, Pki},
    server::{Server, Settings},
    skip, text,
};
use tempfile::TempDir;

/// Set in the process that runs inside.
const INSIDE: &str = "REDIS_DOCTOR_ALIAS_INSIDE";

const PREPARE: &str = r#"set -e
ip link set lo up
for file in hosts nsswitch.conf resolv.conf; do
    [ ! -e /etc/$file ] || mount --bind "$1/$file" /etc/$file
done
shift
exec "$@"
"#;

/// Runs the rest of this test inside; false in the process outside, where it has run, or cannot.
fn is_inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    if !(need("unshare") && need("ip") && need("redis-server") && need("redis-cli") && need("openssl")) {
        return false;
    }
    let tried = output(Command::new("unshare").args(["-rnm", "ip", "link", "set", "lo", "up"]));
    if !tried.status.success() {
        return skip(&format!("namespaces ({})", text(&tried.stderr).trim()));
    }
    let files = TempDir::new().unwrap();
    fs::write(files.path().join("hosts"), "127.0.0.1 localhost static.test\n").unwrap();
    fs::write(files.path().join("nsswitch.conf"), "hosts: files dns\n").unwrap();
    fs::write(
        files.path().join("resolv.conf"),
        "nameserver 127.0.0.1\nsearch zone.test\noptions timeout:1 attempts:1\n",
    )
    .unwrap();
    let mut again = Command::new("unshare");
    again.args(["-rnm", "sh", "-c", PREPARE, "sh"]).arg(files.path()).arg(std::env::current_exe().unwrap());
    let status = again.args([test, "--exact", "--nocapture"]).env(INSIDE, "1").status().unwrap();
    assert!(status.success(), "{test} did not pass: see above");
    false
}

fn answers() -> HashMap<String, Answer> {
    let canonical = ["canonical.test"];
    let odd: Vec<Vec<u8>> = vec![b"\x1b[31m.test".to_vec(), b"canonical.test".to_vec()];
    let long: Vec<String> = (0..40).map(|n| format!("n{n}.test")).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).chain(canonical).collect();
    let answers = [
        ("canonical.test", Answer::Chain(Vec::new())),
        ("alias.test", Answer::Chain(chain(&["step.test", "canonical.test"]))),
        ("far.test", Answer::Next(b"alias.test".to_vec())),
        ("large.test", Answer::Large(chain(&canonical))),
        ("static.test", Answer::Chain(chain(&canonical))),
        ("short.zone.test", Answer::Chain(chain(&canonical))),
        ("stray.test", Answer::Chain(chain(&["elsewhere.test"]))),
        ("held.test", Answer::Chain(chain(&["elsewhere.test"]))),
        ("loop.test", Answer::Chain(chain(&["other.test", "loop.test"]))),
        ("self.test", Answer::Next(b"self.test".to_vec())),
        ("long.test", Answer::Chain(chain(&long))),
        ("odd.test", Answer::Chain(odd)),
        ("garbage.test", Answer::Garbage),
        ("broken.test", Answer::Broken),
        ("silent.test", Answer::Silence),
    ];
    answers.into_iter().map(|(name, answer)| (name.to_owned(), answer)).collect()
}

#[test]
fn a_name_that_leads_to_the_one_in_the_certificate() {
    if !is_inside("a_name_that_leads_to_the_one_in_the_certificate") {
        return;
    }
    let dns = Dns::start(answers());
    let (pki, mut cases) = (Pki::new(), Cases::new());
    let certificate = pki.issue("node", &Leaf::new(&["DNS:canonical.test", "DNS:held.test"]).common_name("node"));
    let server = Server::start(&Settings::default().tls(&certificate));
    let port = server.address.port();
    let ca = format!("--cacert {}", pki.ca().display());
    let to = |name: &str| format!("rediss://{name}:{port} {ca}");

    cases.case("the name itself", &to("canonical.test"), 0, &[]);
    let asked = dns.asked("canonical.test");
    assert!(asked <= 4, "as the system asks, and once beside it: {asked}");
    cases.case("a name in the certificate that leads to one that is not", &to("held.test"), 0, &[]);
    assert!(dns.asked("held.test") <= 4);

    let before = dns.asked_at_all();
    let plain = Server::start(&Settings::default());
    cases.case("an address", &format!("redis://{}", plain.address), 0, &[]);
    assert_eq!(dns.asked_at_all(), before, "an address is no name to ask for");

    for name in ["alias.test", "large.test", "short", "alias.test."] {
        let at = format!("dns-alias {name}:{port}");
        let seen = cases.case(name, &to(name), 1, &[&at]);
        assert!(seen.title().contains("the certificate is for canonical.test"), "{}", seen.title());
        let lines = seen.lines("client");
        assert_eq!(lines[0], format!("rediss://canonical.test:{port}"), "{lines:?}");
        assert!(lines.iter().any(|line| line.ends_with("--server-name canonical.test")), "{lines:?}");
        let proof = seen.findings()[0]["remedies"][0]["proof"].as_str().unwrap();
        assert!(proof.contains("the same node answers (1 of 1)"), "{proof}");
        let map = &seen.report["address_map"][0];
        assert_eq!(map["server_name"], "canonical.test", "{map:#}");
        assert!(!seen.findings()[0]["clients"].as_array().unwrap().is_empty());
        cases.case("its remedy", &lines[0].clone().replace(&format!(":{port}"), &format!(":{port} {ca}")), 0, &[]);
    }
    cases.case("the alias with its name", &format!("{} --server-name canonical.test", to("alias.test")), 0, &[]);

    let plain = |name: &str| format!("san-mismatch {name}:{port}");
    cases.case("another name", &to("stray.test"), 1, &[&plain("stray.test")]);
    cases.case("a name of /etc/hosts", &to("static.test"), 1, &[&plain("static.test")]);
    for name in
        ["loop.test", "self.test", "long.test", "odd.test", "garbage.test", "broken.test", "silent.test", "none.test"]
    {
        // Found by another way than DNS, which has nothing to say of it.
        let words = format!("{} --resolve {name}:{port}:127.0.0.1", to(name));
        let seen = cases.case(name, &words, 1, &[&plain(name)]);
        assert!(seen.took < Duration::from_millis(2_500), "{name}: {:?}", seen.took);
        assert!(!seen.text().contains('\u{1b}') && !seen.text().contains("\\u001b"), "{}", seen.text());
    }
    // The second of a name whose chain the server leaves to be followed.
    for name in ["alias.test", "far.test"] {
        let overridden = format!("{} --resolve {name}:{port}:127.0.0.1", to(name));
        cases.case("an alias that is dialled by another way", &overridden, 1, &[&format!("dns-alias {name}:{port}")]);
    }
}

#[test]
fn a_cluster_that_announces_aliases() {
    if !is_inside("a_cluster_that_announces_aliases") {
        return;
    }
    let mut known = answers();
    for n in 0..3 {
        known.insert(format!("n{n}.test"), Answer::Chain(chain(&[&format!("c{n}.test")])));
    }
    let _dns = Dns::start(known);
    let pki = Pki::new();
    let own = |n: usize| {
        let name = format!("DNS:c{n}.test");
        pki.issue(
            &format!("node-{n}"),
            &Leaf::new(&[name.as_str(), "DNS:canonical.test"][..if n == 0 { 2 } else { 1 }]),
        )
    };
    let certificates: Vec<_> = (0..3).map(own).collect();
    let announce = move |n: usize, settings: Settings| {
        settings.tls(&certificates[n]).config("cluster-announce-hostname", &format!("n{n}.test"))
    };
    let cluster = Cluster::builder().each(announce).start();
    cluster.config_set("cluster-preferred-endpoint-type", "hostname");
    let mut cases = Cases::of(&cluster);
    let port = cluster.nodes[0].address.port();
    let to = |name: &str| format!("rediss://{name}:{port} --cacert {}", pki.ca().display());
    let seen = cases.case("announced aliases", &to("canonical.test"), 1, &["dns-alias 1 2 3"]);
    assert!(seen.title().starts_with("the nodes announce aliases"), "{}", seen.title());
    let verified: Vec<_> = seen.report["address_map"].as_array().unwrap().iter().map(|m| &m["server_name"]).collect();
    for (client, says) in [("node-redis", "servername"), ("ioredis", "servername"), ("json", "server_name")] {
        let mut command = support::doctor();
        command.args(["address-map", "--for", client]).args(to("canonical.test").split_whitespace());
        let written = support::run(&mut command);
        assert!(written.contains(says) && written.contains("c1.test") && written.contains("c2.test"), "{written}");
    }
    assert_eq!(verified, ["canonical.test", "c1.test", "c2.test"], "the given name where it does");
    assert!(seen.text().contains("3 of 3 nodes dialled: chain and name verified"), "{}", seen.text());
}

#[test]
fn a_cluster_without_hosts_behind_an_alias() {
    if !is_inside("a_cluster_without_hosts_behind_an_alias") {
        return;
    }
    let dns = Dns::start(answers());
    let pki = Pki::new();
    let certificate = pki.issue("node", &Leaf::new(&["DNS:canonical.test"]));
    let cluster = Cluster::builder().settings(Settings::default().tls(&certificate)).start();
    // Then nodes are dialled by the name that was given.
    cluster.config_set("cluster-preferred-endpoint-type", "unknown-endpoint");
    let mut cases = Cases::of(&cluster);
    let to = format!("rediss://alias.test:{} --cacert {}", cluster.nodes[0].address.port(), pki.ca().display());
    let seen = cases.case("an alias for all nodes", &to, 1, &["dns-alias 1 2 3", "endpoint-nil 1 2 3"]);
    assert!(seen.title().starts_with("alias.test is an alias"), "{}", seen.title());
    assert!(seen.text().contains("the same node answers (3 of 3)"), "{}", seen.text());
    let asked = dns.asked("alias.test");
    cases.case("its remedy", &format!("{to} --server-name canonical.test"), 0, &["endpoint-nil 1 2 3"]);
    assert!(dns.asked("alias.test") - asked <= 4, "a name is asked for once");
}

#[test]
fn no_password_goes_by_what_dns_says() {
    if !is_inside("no_password_goes_by_what_dns_says") {
        return;
    }
    let _dns = Dns::start(answers());
    let (pki, mut cases) = (Pki::new(), Cases::new());
    let certificate = pki.issue("node", &Leaf::new(&["DNS:canonical.test"]).common_name("node"));
    let server = Server::start(&Settings::default().tls(&certificate).password("hunter2-hunter2"));
    let port = server.address.port();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("saved.json");
    // Without a password on the command line: none could be sent; the reading of a saved look says the same.
    let words = format!("rediss://alias.test:{port} --cacert {} --save {}", pki.ca().display(), file.display());
    let seen = cases.case(
        "an alias, and a password that was not given",
        &words,
        1,
        &["credentials-refused endpoint", "dns-alias endpoint"],
    );
    assert!(seen.text().contains("who answers was not asked"), "{}", seen.text());
    let again = check(&format!("--from {}", file.display()));
    assert_eq!(again.report["findings"], seen.report["findings"]);
    let done = output(
        support::doctor()
            .args(["check", &format!("rediss://alias.test:{port}"), "--format", "json", "--cacert"])
            .arg(pki.ca())
            .env("REDISCLI_AUTH", "hunter2-hunter2"),
    );
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(report["findings"][0]["code"], "dns-alias", "{report:#}");
    assert!(
        report.to_string().contains("credentials withheld") || report.to_string().contains("credentials-withheld"),
        "{report:#}"
    );
    assert!(!text(&done.stdout).contains("hunter2"), "{report:#}");

    let mut stranger = Fake::bind("127.0.0.1");
    stranger.serve(Some(&certificate), Arc::new(|_| "-NOAUTH Authentication required.\r\n".to_owned()));
    let to = format!("rediss://alias.test:{}", stranger.address.port());
    let mut command = support::doctor();
    command.args(["check", &to, "--cacert"]).arg(pki.ca()).env("REDISCLI_AUTH", "hunter2-hunter2");
    let said = text(&output(&mut command).stdout);
    assert!(said.contains("dns-alias"), "{said}");
    let heard = stranger.heard();
    assert!(heard.contains("HELLO") && !heard.contains("hunter2"), "{heard}");
}
