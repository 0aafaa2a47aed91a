//! `ca-request` on real clusters with the wrong certificates: what it asks for is made with the `openssl` program, by the
//! commands that it prints itself, loaded by the servers, and passes.

mod support;

use std::{
    collections::BTreeMap,
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::Value;
use support::{
    cluster::Cluster,
    doctor, need, output,
    pki::{Certificate, Leaf, Pki},
    run,
    server::{Server, Settings, primary_and_replica},
    text, wait_until,
};
use tempfile::TempDir;

const SEED: &str = "redis.example.com";

fn programs_are_there() -> bool {
    need("redis-server") && need("redis-cli") && need("openssl")
}

/// Servers with a certificate for another host, and their authority.
struct Site {
    pki: Pki,
    nodes: Vec<Server>,
    arguments: Vec<String>,
    files: TempDir,
}

impl Site {
    /// Wrong for whatever is announced; of the right authority.
    fn settings(pki: &Pki) -> Settings {
        let leaf = Leaf::new(&["DNS:*.elsewhere.example.net"]).common_name(SEED).usage("serverAuth,clientAuth");
        Settings::default().tls(&pki.issue("wrong", &leaf))
    }

    fn of(pki: Pki, nodes: Vec<Server>) -> Self {
        let first = nodes[0].address;
        let mut arguments = vec![format!("rediss://{SEED}:{}", first.port()), "--cacert".into()];
        arguments.push(pki.ca().display().to_string());
        // An address goes without a port: every name leads to one machine.
        for (n, node) in nodes.iter().enumerate() {
            for name in [SEED.to_owned(), name(n)] {
                let to = node.address.ip();
                let to = if to.is_ipv6() { format!("[{to}]") } else { to.to_string() };
                arguments.extend(["--resolve".into(), format!("{name}:{}:{to}", node.address.port())]);
            }
        }
        Site { pki, nodes, arguments, files: TempDir::new().unwrap() }
    }

    fn cluster(ips: Vec<IpAddr>, each: impl Fn(usize, Settings) -> Settings + Send + Sync + 'static) -> Self {
        let pki = Pki::new();
        let cluster = Cluster::builder().ips(ips).settings(Site::settings(&pki)).each(each).start();
        Site::of(pki, cluster.nodes)
    }

    fn doctor(&self, command: &str, more: &[&str]) -> (i32, String, String) {
        let done = output(doctor().arg(command).args(&self.arguments).args(more));
        (done.status.code().unwrap(), text(&done.stdout), text(&done.stderr))
    }

    /// The request as JSON.
    fn asked(&self, flags: &[&str]) -> Value {
        let (_, said, warned) = self.doctor("ca-request", &[flags, &["--format", "json"]].concat());
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}{warned}"))
    }

    /// `check` before: the certificates do not fit.
    fn is_ill(&self) {
        let (exit, said, warned) = self.doctor("check", &[]);
        assert_eq!(exit, 1, "{said}{warned}");
        assert!(said.contains("redis-doctor ca-request rediss://"), "{said}");
    }

    /// Asks, makes what is asked for, loads it, and is well. Gives the names of each certificate.
    fn mended(&self, flags: &[&str]) -> Vec<Vec<String>> {
        self.mended_but_for(flags, &[])
    }

    /// The same where these libraries cannot pass by any certificate.
    fn mended_but_for(&self, flags: &[&str], others: &[&str]) -> Vec<Vec<String>> {
        self.is_ill();
        let asked = self.asked(flags);
        let failing =
            asked["proof"]["failing"].as_array().unwrap().iter().flat_map(|f| f["clients"].as_array().unwrap());
        assert_eq!(failing.map(|id| id.as_str().unwrap()).collect::<Vec<_>>(), others, "{asked:#}");
        let (exit, said, warned) = self.doctor("ca-request", &[flags, &["--as", "openssl"]].concat());
        assert_eq!(exit, i32::from(!others.is_empty()), "{said}{warned}");
        self.make(&said);
        let certificates = asked["certificates"].as_array().unwrap();
        for (n, certificate) in certificates.iter().enumerate() {
            let stem = if certificates.len() == 1 { "redis".to_owned() } else { format!("redis-{}", n + 1) };
            self.is_as_asked(&stem, &names(certificate));
            self.load(&stem, certificate, certificates.len() == 1);
        }
        if certificates.len() == 1 && others.is_empty() {
            self.covers_everything();
        }
        let (exit, said, warned) = self.doctor("check", &["--fail-on", "warning"]);
        assert_eq!(exit, 0, "{said}{warned}");
        let again = self.asked(flags);
        assert_eq!(again["fits_already"], true, "{again:#}");
        certificates.iter().map(names).collect()
    }

    /// Runs the commands that stand in the configuration.
    fn make(&self, config: &str) {
        fs::write(self.file("redis.cnf"), config).unwrap();
        fs::copy(self.pki.ca(), self.file("ca.crt")).unwrap();
        fs::copy(self.pki.ca().with_file_name("ca.key"), self.file("ca.key")).unwrap();
        // Without an authority, too, it makes a certificate (and the commands below make it anew).
        let own = "openssl req -x509 -config redis.cnf -newkey rsa:2048 -nodes -days 1 -keyout own.key -out own.crt";
        run(Command::new("sh").arg("-ec").arg(own).current_dir(self.files.path()));
        let commands: Vec<&str> = config.lines().filter_map(|line| line.strip_prefix("# ")).collect();
        for command in commands.iter().filter(|line| line.starts_with("openssl ")) {
            // The authority of the tests lives for 30 days, and what it signs must not outlive it.
            let command = command.replace("-days 365", "-days 29");
            run(Command::new("sh").arg("-ec").arg(&command).current_dir(self.files.path()));
        }
    }

    /// The file holds these names, for both sides of a connection.
    fn is_as_asked(&self, stem: &str, names: &[String]) {
        let file = self.file(format!("{stem}.crt"));
        let shown = run(Command::new("openssl").args(["x509", "-noout", "-text", "-in"]).arg(&file));
        for part in [
            "TLS Web Server Authentication, TLS Web Client Authentication",
            "X509v3 Key Usage: critical",
            "Digital Signature",
            "CA:FALSE",
            "X509v3 Authority Key Identifier",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        let held = run(Command::new("openssl").args(["x509", "-noout", "-ext", "subjectAltName", "-in"]).arg(&file));
        let held = held.lines().last().unwrap().trim().replace("IP Address:", "IP:");
        let mut held: Vec<String> = held.split(", ").map(plain).collect();
        let mut names: Vec<String> = names.iter().map(|name| plain(name)).collect();
        held.sort();
        names.sort();
        assert_eq!(held, names);
    }

    /// By the command that the text names: every host that clients verify there, every TLS stack.
    fn covers_everything(&self) {
        let said = self.doctor("ca-request", &[]).1;
        let command = format!("redis-doctor cert redis.crt --for {} --cacert", self.arguments[0]);
        assert!(said.contains(&command), "{command}: {said}");
        let mut judge = doctor();
        judge.args(["cert", "redis.crt", "--for"]).args(&self.arguments).current_dir(self.files.path());
        let done = output(&mut judge);
        assert_eq!(done.status.code(), Some(0), "{}{}", text(&done.stdout), text(&done.stderr));
    }

    fn load(&self, stem: &str, certificate: &Value, all: bool) {
        let ids: Vec<&str> = certificate["nodes"].as_array().unwrap().iter().filter_map(|n| n["id"].as_str()).collect();
        let [cert, key] = ["crt", "key"].map(|end| self.file(format!("{stem}.{end}")));
        for node in self.nodes.iter().filter(|node| all || ids.contains(&node.node_id().as_str())) {
            node.load(&Certificate { cert: cert.clone(), key: key.clone(), ca: self.pki.ca() });
        }
    }

    fn file(&self, name: impl AsRef<Path>) -> PathBuf {
        self.files.path().join(name)
    }
}

fn name(n: usize) -> String {
    format!("n{}.example.com", n + 1)
}

/// The addresses of OpenSSL are written out.
fn plain(name: &str) -> String {
    name.strip_prefix("IP:")
        .and_then(|ip| ip.parse::<IpAddr>().ok())
        .map_or_else(|| name.to_owned(), |ip| format!("IP:{ip}"))
}

fn names(certificate: &Value) -> Vec<String> {
    let names = certificate["names"].as_array().unwrap();
    names.iter().map(|name| name["name"].as_str().unwrap().to_owned()).collect()
}

fn apart() -> Vec<IpAddr> {
    (1..=3).map(|n| Ipv4Addr::new(127, 0, 77, n).into()).collect()
}

fn addresses() -> Vec<String> {
    apart().iter().map(|ip| format!("IP:{ip}")).collect()
}

fn announcing_a_name(n: usize, settings: Settings) -> Settings {
    settings.config("cluster-announce-hostname", &name(n))
}

#[test]
fn announced_addresses_and_one_certificate_for_all_then_one_for_each() {
    if !programs_are_there() {
        return;
    }
    let site = Site::cluster(apart(), |_, settings| settings);
    let seed = format!("DNS:{SEED}");
    the_resource_says_the_same(&site, &[]);
    the_resource_says_the_same(&site, &["--per-node"]);
    the_text_says_what_was_proved(&site);
    let mut expected = vec![seed.clone()];
    expected.extend(addresses());
    assert_eq!(site.mended(&[]), [expected]);

    let [cert, key] = ["wrong.pem", "wrong.key"].map(|file| site.pki.ca().with_file_name(file));
    let wrong = Certificate { cert, key, ca: site.pki.ca() };
    site.nodes.iter().for_each(|node| node.load(&wrong));
    let mut each = site.mended(&["--per-node"]);
    each.sort();
    let expected: Vec<Vec<String>> = addresses().into_iter().map(|ip| vec![seed.clone(), ip]).collect();
    assert_eq!(each, expected);
}

#[test]
fn announced_names_under_one_wildcard_or_in_full() {
    if !programs_are_there() {
        return;
    }
    let site = Site::cluster(apart(), |n, settings| {
        announcing_a_name(n, settings).config("cluster-preferred-endpoint-type", "hostname")
    });
    let mut full: Vec<String> = (0..3).map(|n| format!("DNS:{}", name(n))).collect();
    full.push(format!("DNS:{SEED}"));
    full.extend(addresses());
    let mut asked = names(&site.asked(&["--no-wildcard"])["certificates"][0]);
    full.sort();
    asked.sort();
    assert_eq!(asked, full);

    let mut expected = vec!["DNS:*.example.com".to_owned()];
    expected.extend(addresses());
    assert_eq!(site.mended(&[]), [expected]);
}

#[test]
fn names_and_addresses_mixed() {
    if !programs_are_there() {
        return;
    }
    let site = Site::cluster(apart(), |n, settings| if n == 0 { announcing_a_name(n, settings) } else { settings });
    let mut expected = vec!["DNS:*.example.com".to_owned()];
    expected.extend(addresses());
    assert_eq!(site.mended(&["--key-type", "rsa"]), [expected]);
}

#[test]
fn addresses_of_version_6() {
    if !programs_are_there() {
        return;
    }
    let site = Site::cluster(vec![Ipv6Addr::LOCALHOST.into()], |_, settings| settings);
    let (seed, ip) = (format!("DNS:{SEED}"), "IP:::1".to_owned());
    assert_eq!(site.mended_but_for(&[], &["phpredis", "predis"]), [[seed, ip]]);
}

#[test]
fn a_primary_and_its_replica() {
    if !programs_are_there() {
        return;
    }
    let pki = Pki::new();
    let (primary, replica) = primary_and_replica(&Site::settings(&pki));
    let site = Site::of(pki, vec![primary, replica]);
    let names = site.mended(&[]);
    assert_eq!(names, [[format!("DNS:{SEED}"), "IP:127.0.0.1".to_owned()]]);
}

#[test]
fn behind_a_sentinel() {
    if !programs_are_there() {
        return;
    }
    let pki = Pki::new();
    let settings = Site::settings(&pki);
    let (primary, replica) = primary_and_replica(&settings);
    let monitor = format!("monitor mymaster 127.0.0.1 {} 1", primary.address.port());
    let sentinel = Server::sentinel(&settings, &[monitor]);
    wait_until("the Sentinel knows the replica", Duration::from_secs(30), || {
        let known = sentinel.command(&["SENTINEL", "REPLICAS", "mymaster"]);
        if known.contains("runid") { Ok(()) } else { Err(known) }
    });
    let mut site = Site::of(pki, vec![sentinel, primary, replica]);
    site.is_ill();
    let asked = site.asked(&[]);
    let names = names(&asked["certificates"][0]);
    assert_eq!(names, [format!("DNS:{SEED}"), "IP:127.0.0.1".to_owned()]);
    assert!(asked["load"].as_str().unwrap().contains("restart each Sentinel"), "{asked:#}");
    site.make(&site.doctor("ca-request", &["--as", "openssl"]).1);
    site.is_as_asked("redis", &names);
    let certificate = Certificate { cert: site.file("redis.crt"), key: site.file("redis.key"), ca: site.pki.ca() };
    for node in &site.nodes[1..] {
        node.load(&certificate);
    }
    site.nodes[0].restart_sentinel(&certificate);
    let (exit, said, warned) = site.doctor("check", &["--fail-on", "warning"]);
    assert_eq!(exit, 0, "{said}{warned}");
}

#[test]
fn a_password_is_withheld_and_the_nodes_stay_unknown() {
    if !programs_are_there() {
        return;
    }
    let pki = Pki::new();
    let cluster = Cluster::builder().settings(Site::settings(&pki).password("secret")).start();
    let site = Site::of(pki, cluster.nodes);
    let (exit, said, warned) = site.doctor("ca-request", &["-a", "secret"]);
    assert_eq!(exit, 1, "{said}{warned}");
    assert!(said.contains("The nodes are not known"), "{said}");
    assert!(!said.contains("secret") && !warned.contains("secret"), "{said}{warned}");
    // A name that the certificate holds lets the password through, and everything is seen.
    let named = ["-a", "secret", "--server-name", "x.elsewhere.example.net"];
    let (_, said, warned) = site.doctor("ca-request", &named);
    assert!(said.contains("one certificate for all 3 nodes"), "{said}{warned}");
}

fn the_text_says_what_was_proved(site: &Site) {
    let (exit, said, warned) = site.doctor("ca-request", &[]);
    assert_eq!(exit, 0, "{said}{warned}");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in
        ["proved: with these names ", " × 3 nodes pass by our rules", "lacks DNS:redis.example.com, IP:127.0.77.1"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
}

/// The Certificate resource holds what the JSON holds.
fn the_resource_says_the_same(site: &Site, flags: &[&str]) {
    let asked = site.asked(flags);
    let (exit, said, warned) = site.doctor("ca-request", &[flags, &["--as", "cert-manager"]].concat());
    assert_eq!(exit, 0, "{said}{warned}");
    let documents: Vec<BTreeMap<String, Vec<String>>> = said.split("---\n").map(fields).collect();
    let certificates = asked["certificates"].as_array().unwrap();
    assert_eq!(documents.len(), certificates.len());
    for (document, certificate) in documents.iter().zip(certificates) {
        let field = |name: &str| document.get(name).cloned().unwrap_or_default();
        assert_eq!(field("apiVersion"), ["cert-manager.io/v1"]);
        assert_eq!(field("kind"), ["Certificate"]);
        assert_eq!(field("spec.usages"), ["digital signature", "server auth", "client auth"]);
        assert_eq!(field("spec.privateKey.algorithm"), ["ECDSA"]);
        assert_eq!(field("spec.privateKey.rotationPolicy"), ["Always"]);
        assert_eq!(field("spec.secretName"), field("metadata.name"));
        assert_eq!(field("spec.issuerRef.name"), ["FILL-IN-YOUR-ISSUER"]);
        let typed = |kind: &str, name: &str| field(name).into_iter().map(|v| format!("{kind}:{v}")).collect::<Vec<_>>();
        let both = [typed("DNS", "spec.dnsNames"), typed("IP", "spec.ipAddresses")].concat();
        assert_eq!(both, names(certificate));
    }
}

/// Scalars and lists of a document by their paths: block style with two spaces a level, as it is written here.
fn fields(document: &str) -> BTreeMap<String, Vec<String>> {
    let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut path: Vec<&str> = Vec::new();
    for line in document.lines().filter(|line| !line.starts_with('#')) {
        let line = line.split(" #").next().unwrap().trim_end();
        let (depth, text) = ((line.len() - line.trim_start().len()) / 2, line.trim_start());
        let scalar = |text: &str| text.trim_matches('"').to_owned();
        if let Some(item) = text.strip_prefix("- ") {
            fields.entry(path.join(".")).or_default().push(scalar(item));
            continue;
        }
        let (key, value) = text.split_once(':').unwrap_or_else(|| panic!("{line}"));
        path.truncate(depth);
        path.push(key);
        if !value.is_empty() {
            fields.entry(path.join(".")).or_default().push(scalar(value.trim()));
        }
    }
    fields
}
