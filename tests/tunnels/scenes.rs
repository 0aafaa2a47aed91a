//! The clusters that tunnels lead to: six nodes each, which clients cannot reach.

use std::{net::IpAddr, path::PathBuf, process::Command};

use super::{
    support::{
        cluster::{Builder, Cluster},
        doctor,
        driver::Knowledge,
        pki::{Certificate, Leaf, Pki},
        server::Settings,
    },
    world::NODES,
};

/// What an ACL would ask for.
const PASSWORD: &str = "tunnel-secret";

/// A running cluster, and what is known of it.
pub struct Scene {
    /// As the page names it.
    pub name: &'static str,
    /// Three primaries, then their replicas.
    pub cluster: Cluster,
    /// Who issued its certificates.
    pub pki: Option<Pki>,
    /// What a client has to show.
    pub identity: Option<Certificate>,
    /// What nodes want to hear.
    pub password: Option<&'static str>,
}

/// Node n's address in the network of this number, from 0.
fn v4(network: u8, n: u8) -> IpAddr {
    [10, 77, network, 11 + n].into()
}

fn six() -> Builder {
    Cluster::builder().nodes(NODES.into()).replicas(1)
}

fn on_network(network: u8) -> Builder {
    six().ips((0..NODES).map(|n| v4(network, n)).collect())
}

impl Scene {
    /// Plaintext.
    pub fn plain() -> Self {
        Scene { name: "plain", cluster: on_network(0).start(), pki: None, identity: None, password: None }
    }

    /// Plaintext on IPv6.
    pub fn v6() -> Self {
        let ip = |n: u8| format!("fd00:77::{}", 11 + n).parse().unwrap();
        let cluster = six().ips((0..NODES).map(ip).collect()).start();
        Scene { name: "v6", cluster, pki: None, identity: None, password: None }
    }

    /// TLS, a certificate with name and address for each node; a client needs one, too. Nodes announce addresses.
    pub fn tls_certificate() -> Self {
        let pki = Pki::new();
        let leaf = |n: usize| Leaf::new(&[&format!("DNS:m{}.lab.test", n + 1), &format!("IP:10.77.2.1{}", n + 1)]);
        let certificates: Vec<_> =
            (0..NODES.into()).map(|n| pki.issue(&format!("n{}", n + 1), &leaf(n).common_name("redis"))).collect();
        let identity = pki.issue("client", &Leaf::new(&["DNS:client.lab.test"]).common_name("client"));
        let settings = Settings::default();
        let each = move |n: usize, settings: Settings| {
            let named = settings.tls(&certificates[n]).client_certificates();
            named.config("cluster-announce-hostname", &format!("m{}.lab.test", n + 1))
        };
        let cluster = on_network(2).settings(settings).each(each).start();
        let scene = Scene { name: "tls+cert", cluster, pki: Some(pki), identity: Some(identity), password: None };
        scene.agreed()
    }

    /// TLS, a certificate with its name for each node, a password. Nodes announce names.
    pub fn tls_password() -> Self {
        let pki = Pki::new();
        let leaf = |n: usize| Leaf::new(&[&format!("DNS:n{}.lab.test", n + 1)]).common_name("redis");
        let certificates: Vec<_> = (0..NODES.into()).map(|n| pki.issue(&format!("n{}", n + 1), &leaf(n))).collect();
        let settings = Settings::default().password(PASSWORD).config("cluster-preferred-endpoint-type", "hostname");
        let each = move |n: usize, settings: Settings| {
            settings.tls(&certificates[n]).config("cluster-announce-hostname", &format!("n{}.lab.test", n + 1))
        };
        let cluster = on_network(1).settings(settings).each(each).start();
        let scene = Scene { name: "tls+password", cluster, pki: Some(pki), identity: None, password: Some(PASSWORD) };
        scene.agreed()
    }

    fn agreed(self) -> Self {
        let all = self.cluster.nodes.len();
        self.cluster.wait_for_views("every node knows every name", |view| view.matches(".lab.test").count() == all);
        self
    }

    /// True where nodes speak TLS.
    pub fn is_tls(&self) -> bool {
        self.pki.is_some()
    }

    /// The root certificate.
    pub fn ca(&self) -> Option<PathBuf> {
        self.pki.as_ref().map(Pki::ca)
    }

    /// redis-doctor with what an administrator knows of it; the password goes by the environment.
    pub fn doctor(&self, verb: &str, endpoint: bool) -> Command {
        let mut command = doctor();
        command.arg(verb);
        if endpoint {
            let scheme = if self.is_tls() { "rediss" } else { "redis" };
            command.arg(format!("{scheme}://{}", self.cluster.nodes[0].address));
            // What nodes announce is not always what they are dialled by here.
            if self.name == "tls+password" {
                command.args(["--server-name", "n1.lab.test"]);
            }
        }
        self.credentials(&mut command);
        command
    }

    /// The CA, the client certificate and the password.
    pub fn credentials(&self, command: &mut Command) {
        command.args(self.ca().iter().flat_map(|ca| ["--cacert".into(), ca.clone()]));
        if let Some(own) = &self.identity {
            command.arg("--cert").arg(&own.cert).arg("--key").arg(&own.key);
        }
        command.envs(self.password.map(|password| ("REDISCLI_AUTH", password)));
    }

    /// What an application is told that needs no map: one announced address.
    pub fn knowledge(&self, announced: &str) -> Knowledge {
        let (host, port) = announced.rsplit_once(':').expect("it has a port");
        Knowledge {
            seeds: vec![(host.to_owned(), port.parse().unwrap())],
            tls: self.is_tls(),
            ca: self.ca(),
            password: self.password.map(str::to_owned),
            ..Knowledge::default()
        }
    }
}
