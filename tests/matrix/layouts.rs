//! The layouts: how servers are set up, which certificates they show, and what the application is told.

use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use super::{
    network::{unreachable, v4, v6},
    scene::{Plan, Scene, named},
    silence::{Deaf, Full},
    support::{
        driver::Knowledge,
        free_port,
        pki::{Certificate, Leaf, Pki},
        server::Settings,
        skip, wait_until,
    },
};

/// One layout.
pub struct Layout {
    /// As the tables name it.
    pub name: &'static str,
    /// What is particular about it.
    pub about: &'static str,
    /// Starts it.
    pub start: fn() -> Scene,
}

impl Layout {
    /// False where it needs what is not here.
    pub fn is_possible(&self) -> bool {
        self.name != "ipv6" || TcpListener::bind((v6(0), 0)).is_ok() || skip("IPv6")
    }
}

const fn layout(name: &'static str, about: &'static str, start: fn() -> Scene) -> Layout {
    Layout { name, about, start }
}

/// Every host name of the lab, in one certificate.
const NAMES: &[&str] = &["DNS:*.lab.test"];
/// Names and addresses.
const BOTH: &[&str] = &["DNS:*.lab.test", "IP:10.77.0.11", "IP:10.77.0.12", "IP:10.77.0.13"];
/// Addresses only.
const IPS: &[&str] = &["IP:10.77.0.11", "IP:10.77.0.12", "IP:10.77.0.13"];
const V6: &[&str] = &["DNS:*.lab.test", "IP:fd00:77::11", "IP:fd00:77::12", "IP:fd00:77::13"];

/// All of them. EP: the preferred endpoint.
pub const LAYOUTS: &[Layout] = &[
    layout("plaintext-ok", "plaintext, EP = IP", || Plan::plaintext().start()),
    layout("tls-ok", "EP = host name, certificate with names and IPs", || {
        Plan::tls(BOTH).prefer("hostname").hostnames().start()
    }),
    layout("A", "EP = IP, host name as metadata, names only", || Plan::tls(NAMES).hostnames().start()),
    layout("A3", "EP = IP, no host name, names only", || Plan::tls(NAMES).start()),
    layout("A2", "EP = IP, names and IPs", || Plan::tls(BOTH).start()),
    layout("B", "EP = host name, names only", || Plan::tls(NAMES).prefer("hostname").hostnames().start()),
    layout("B2", "EP = host name, IPs only", || Plan::tls(IPS).prefer("hostname").hostnames().start()),
    layout("B3", "EP = host name, certificate with the seed's name and IPs", || {
        Plan::tls(&[&["DNS:seed.lab.test"], IPS].concat()).prefer("hostname").hostnames().start()
    }),
    layout("azure", "EP = IP, one host, a wildcard, replicas", || Plan::tls(NAMES).one_host().replicas().start()),
    layout("D", "EP = NULL, one host, names only", || Plan::tls(NAMES).one_host().prefer("unknown-endpoint").start()),
    layout("Q", "EP = ?, names and IPs", || Plan::tls(BOTH).prefer("hostname").start()),
    layout("per-node-names", "EP = host name, each certificate holds its node's", || {
        Plan::tls_each(own_name).prefer("hostname").hostnames().seeds_by_node_names().start()
    }),
    layout("fixed-name", "EP = IP, per-node names, the application verifies node 1's", || {
        let scene = Plan::tls_each(own_name).seeds_by_node_names().start();
        scene.knowing(|k| k.server_name = Some("n1.lab.test".into()))
    }),
    layout("cn-only", "EP = host name, common name only", || {
        let leaf = |n| Leaf::new(&[]).common_name(&format!("n{n}.lab.test"));
        Plan::tls_each(leaf).prefer("hostname").hostnames().seeds_by_node_names().start()
    }),
    layout("self-signed-ca-leaf", "EP = host name, one self-signed CA:TRUE certificate", || {
        let pki = Pki::new();
        let own = pki.self_signed("node", &named(BOTH).ca());
        Plan::with(&own).keeping(pki).prefer("hostname").hostnames().start()
    }),
    layout("no-subject", "EP = host name, certificate without a subject", || {
        let pki = Pki::new();
        Plan::with(&pki.issue("node", &Leaf::new(BOTH))).keeping(pki).prefer("hostname").hostnames().start()
    }),
    layout("one-node-refused", "node 3 announces a closed port", || {
        let port = free_port();
        Plan::tls(BOTH).each(announcing(2, port)).start()
    }),
    layout("one-node-silent", "node 3 announces a port on which connecting times out", || {
        let full = Full::listen(SocketAddr::new(v4(2), free_port()));
        Plan::tls(BOTH).each(announcing(2, full.address.port())).keeping(full).start()
    }),
    layout("one-node-deaf", "node 3 announces a port that accepts and never speaks", || {
        let deaf = Deaf::listen(SocketAddr::new(v4(2), free_port()));
        Plan::tls(BOTH).each(announcing(2, deaf.address.port())).keeping(deaf).start()
    }),
    layout("one-bad-certificate", "EP = host name, node 3's certificate is for another", || {
        let leaf = |n| named(if n == 3 { &["DNS:elsewhere.example.com"] } else { NAMES });
        Plan::tls_each(leaf).prefer("hostname").hostnames().start()
    }),
    layout("replica-refused", "replicas, of which one announces a closed port", || {
        let port = free_port();
        Plan::tls(BOTH).replicas().each(announcing(5, port)).start()
    }),
    layout("noperm", "a user who may GET and SET", || {
        let scene =
            Plan::plaintext().start().commanding(&["ACL", "SETUSER", "app", "on", ">secret", "~*", "+get", "+set"]);
        scene.knowing(|k| (k.username, k.password) = (Some("app".into()), Some("secret".into())))
    }),
    layout("noauth", "a password is asked for, none is given", || Plan::plaintext().password("secret").start()),
    layout("wrongpass", "another password is given", || {
        Plan::plaintext().password("secret").start().knowing(|k| k.password = Some("guess".into()))
    }),
    layout("mtls", "a client certificate is asked for, none is given", || {
        Plan::tls(BOTH).config("tls-auth-clients", "yes").start()
    }),
    layout("tls-on-plaintext", "TLS client, plaintext cluster", || {
        let pki = Pki::new();
        let ca = pki.ca();
        Plan::plaintext().keeping(pki).start().knowing(|k| (k.tls, k.ca) = (true, Some(ca)))
    }),
    layout("plain-on-tls", "plaintext client, TLS cluster", || Plan::tls(BOTH).start().knowing(|k| k.tls = false)),
    layout("both-ports", "plaintext ports beside the TLS ports, tls-cluster yes", || {
        Plan::tls(BOTH).plaintext_too().start()
    }),
    layout("tls-cluster-no", "plaintext ports beside the TLS ports, tls-cluster no", || {
        Plan::tls(BOTH).plaintext_too().config("tls-cluster", "no").config("tls-replication", "no").start()
    }),
    layout("untrusted-ca", "the application trusts another CA", || trusting(Pki::named("somebody else"))),
    layout("renewed-ca", "the application trusts a CA of the same name with another key", || trusting(Pki::new())),
    layout("expired", "the certificate has expired", expired),
    layout("intermediate-only", "the CA file holds the intermediate, not the root", || {
        let root = Pki::new();
        let intermediate = root.intermediate();
        let full = intermediate.with_chain(&intermediate.issue("node", &named(BOTH)));
        let ca = intermediate.ca();
        let plan = Plan::with(&Certificate { ca: root.ca(), ..full }).keeping(root).keeping(intermediate);
        plan.start().knowing(|k| k.ca = Some(ca))
    }),
    layout("cluster-disabled", "a standalone server", || Plan::plaintext().config("protected-mode", "no").standalone()),
    layout("ipv6", "EP = IPv6, certificate with names and IPv6", || Plan::tls(V6).v6().start()),
    layout("two-seeds", "as A3, two names as seeds", || Plan::tls(NAMES).start().with_both_seeds()),
    layout("ip-seed", "as A2, the seed is an IP", || Plan::tls(BOTH).start().knowing(seed_by_ip)),
    layout("ip-seed-names", "as A3, the seed is an IP", || Plan::tls(NAMES).start().knowing(seed_by_ip)),
    layout("unresolvable", "plaintext, EP = host name, node 3's does not resolve", || {
        let plan = Plan::plaintext().prefer("hostname").hostnames();
        plan.each(|n, s| if n == 2 { s.config("cluster-announce-hostname", "gone.lab.test") } else { s }).start()
    }),
    layout("plain-one-refused", "plaintext, node 3 announces a closed port", || {
        let port = free_port().to_string();
        Plan::plaintext().each(move |n, s| if n == 2 { s.config("cluster-announce-port", &port) } else { s }).start()
    }),
    layout("killed", "a primary is gone, and the cluster is down", || without_node_3("yes")),
    layout("killed-partial", "a primary is gone, the others serve their slots", || without_node_3("no")),
    layout("one-password", "node 3 alone wants a password", || {
        let scene = Plan::plaintext().start();
        scene.nodes[2].command(&["CONFIG", "SET", "requirepass", "secret"]);
        scene
    }),
    layout("unreachable", "EP = IPs that clients cannot reach, one host, names only", || {
        let announced =
            |n, settings: Settings| settings.config("cluster-announce-ip", &away(n)).config("bind", "0.0.0.0");
        Plan::tls(NAMES).one_host().each(announced).start()
    }),
];

fn seed_by_ip(knows: &mut Knowledge) {
    knows.seeds[0].0 = v4(0).to_string();
}

/// The others have noticed, and it has no replica.
fn without_node_3(full_coverage: &str) -> Scene {
    let settings = [("cluster-require-full-coverage", full_coverage), ("cluster-node-timeout", "1000")];
    let plan = settings.into_iter().fold(Plan::plaintext(), |plan, (name, value)| plan.config(name, value));
    let mut scene = plan.start();
    scene.nodes[2].kill();
    wait_until("the others call it failed", Duration::from_secs(20), || {
        let seen = scene.nodes[0].command(&["CLUSTER", "NODES"]);
        if seen.contains("master,fail ") { Ok(()) } else { Err(seen) }
    });
    scene
}

fn own_name(n: usize) -> Leaf {
    named(&[&format!("DNS:n{n}.lab.test")])
}

fn away(n: usize) -> String {
    unreachable(u8::try_from(n).expect("few nodes")).to_string()
}

/// One node tells the others, and clients, another port than the one on which it listens.
fn announcing(which: usize, port: u16) -> impl Fn(usize, Settings) -> Settings {
    let port = port.to_string();
    move |n, settings| if n == which { settings.config("cluster-announce-tls-port", &port) } else { settings }
}

fn trusting(other: Pki) -> Scene {
    let ca = other.ca();
    Plan::tls(BOTH).keeping(other).start().knowing(|k| k.ca = Some(ca))
}

/// The nodes join with a good one, since they judge each other's certificates, too.
fn expired() -> Scene {
    let pki = Pki::new();
    let old = pki.issue("old", &named(BOTH).expired());
    let good = pki.issue("good", &named(BOTH));
    let [cert, key] = [&old.cert, &old.key].map(|file| file.to_str().unwrap().to_owned());
    let scene = Plan::with(&good).keeping(pki).start();
    scene.commanding(&["CONFIG", "SET", "tls-cert-file", &cert, "tls-key-file", &key])
}
