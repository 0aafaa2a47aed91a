//! Services and operators once more: as they are when all is well, and the ways in which they let nobody in.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::{
    certificates::reissued,
    network::open,
    run::{Case, Run},
    sentinels::at,
    services::{at_port, is_healthy},
    support::{
        self,
        cases::Seen,
        cluster::Cluster,
        fake::{Fake, HANG_UP, Script},
        pki::{Certificate, Leaf, Pki},
        sentinels::{Group, monitor, monitor_at, servers},
        server::{Server, Settings},
        service::Service,
    },
};

pub const CASES: &[Case] = &[
    Case { id: "N-40", play: well_and_known },
    Case { id: "N-41", play: a_disabled_default_user },
    Case { id: "N-42", play: a_user_before_there_were_users },
    Case { id: "N-43", play: listed_addresses_alone },
    Case { id: "N-44", play: valid_in_minutes },
    Case { id: "N-45", play: one_node_demands_certificates },
    Case { id: "N-46", play: another_intermediate },
    Case { id: "N-47", play: wildcards_just_missed },
    Case { id: "N-48", play: suites_that_nobody_has },
    Case { id: "N-49", play: refused_in_own_words },
    Case { id: "N-50", play: a_client_of_another_authority },
];

/// Operators, charts and services that were told apart before and never seen well.
fn well_and_known(run: &mut Run) {
    alauda(run);
    alauda_failover(run);
    spotahome(run);
    bitnami(run);
    single_endpoints(run);
}

/// Ports of one machine (`NodePort`), then a balancer for each pod; the certificate holds what is announced, beside the Services.
fn alauda(run: &mut Run) {
    let pki = Pki::named("cpaas-ca");
    let names = ["DNS:shop.app.svc", "DNS:shop-proxy.app.svc", "IP:10.88.0.1", "IP:10.88.0.2", "IP:10.88.0.3"];
    let settings = Settings::default().tls(&pki.issue("pod", &Leaf::new(&names)));
    let node_ports = Cluster::builder().ip(open(0)).settings(settings.clone()).start();
    let balancers = Cluster::builder().ips((0..3).map(open).collect()).settings(settings).start();
    for cluster in [node_ports, balancers] {
        let nodes = is_healthy(
            run,
            "alauda",
            &format!("rediss://{} --cacert {}", cluster.nodes[0].address, pki.ca().display()),
        );
        run.holds("three nodes", nodes == 3);
    }
}

/// Its Services are called as Spotahome's are, and it has TLS.
fn alauda_failover(run: &mut Run) {
    let pki = Pki::named("cpaas-ca");
    let settings = |n: usize| {
        let ip = format!("IP:{}", open(u8::try_from(n).unwrap()));
        at(n).tls(&pki.issue(&format!("pod-{n}"), &Leaf::new(&["DNS:rfs-shop.app.svc", "DNS:rfr-shop.app.svc", &ip])))
    };
    let servers = servers(&[settings(0), settings(1)]);
    let lines = vec![monitor("mymaster", &servers[0])];
    let group = Group::of(servers, (3..6).map(|n| (settings(n), lines.clone())));
    let sentinel = group.sentinels[0].address;
    let name = format!("rfs-shop.app.svc:{}", sentinel.port());
    let words = format!("--cacert {} --resolve {name}:{}", pki.ca().display(), sentinel.ip());
    is_healthy(run, "alauda", &format!("rediss+sentinel://{name}/mymaster {words}"));
}

fn spotahome(run: &mut Run) {
    let servers = servers(&[at(0), at(1), at(2)]);
    let lines = vec![monitor("mymaster", &servers[0])];
    let group = Group::of(servers, (3..6).map(|n| (at(n), lines.clone())));
    let sentinel = group.sentinels[0].address;
    let name = format!("rfs-shop.app.svc.cluster.local:{}", sentinel.port());
    is_healthy(run, "spotahome", &format!("redis+sentinel://{name}/mymaster --resolve {name}:{}", sentinel.ip()));
}

/// Pods announce their names, which the chart's certificate covers by a wildcard.
fn bitnami(run: &mut Run) {
    let pki = Pki::named("redis-ca");
    let certificate = pki.issue("chart", &Leaf::new(&["DNS:*.shop-headless.app.svc.cluster.local"]));
    let name = |n: usize| format!("shop-node-{n}.shop-headless.app.svc.cluster.local");
    let server = |n: usize| at(n).tls(&certificate).config("replica-announce-ip", &name(n));
    let servers = servers(&[server(0), server(1), server(2)]);
    let lines = |n: usize| {
        let own = ["resolve-hostnames yes", "announce-hostnames yes"].map(str::to_owned);
        let own = own.into_iter().chain([monitor_at("mymaster", &name(0), &servers[0])]);
        own.chain([format!("announce-ip {}", name(n))]).collect::<Vec<_>>()
    };
    let sentinels: Vec<(Settings, Vec<String>)> = (0..3).map(|n| (at(n).tls(&certificate), lines(n))).collect();
    let group = Group::of(servers, sentinels);
    let words = format!(
        "rediss+sentinel://{}:{}/mymaster --cacert {}",
        name(0),
        group.sentinels[0].address.port(),
        pki.ca().display()
    );
    is_healthy(run, "bitnami-redis", &words);
}

/// Heroku with its root given, Scaleway by a name, Memorystore with an address in its certificate.
fn single_endpoints(run: &mut Run) {
    let name = "ec2-52-1-2-3.compute-1.amazonaws.com";
    let pki = Pki::named("redis-doctor test heroku root");
    let certificate = pki.with_chain(&pki.issue("heroku", &Leaf::new(&[&format!("DNS:{name}")]).common_name(name)));
    let server = Server::start(&Settings::default().tls(&certificate).password("p1d2"));
    let port = server.address.port();
    let words = format!("--cacert {} --resolve {name}:{port}:127.0.0.1", pki.ca().display());
    is_healthy(run, "heroku", &format!("rediss://:p1d2@{name}:{port} {words}"));

    let name = "shop.redis.fr-par.scw.cloud";
    let pki = Pki::new();
    let server = Server::start(&Settings::default().tls(&pki.issue("scw", &Leaf::new(&[&format!("DNS:{name}")]))));
    let port = server.address.port();
    let words = format!("--cacert {} --resolve {name}:{port}:127.0.0.1", pki.ca().display());
    is_healthy(run, "scaleway", &format!("rediss://{name}:{port} {words}"));

    let ip = open(6).to_string();
    let pki = Pki::named("Google Cloud Memorystore Redis Server CA");
    let mut instance = at_port(&ip, 6378);
    let leaf = Leaf::new(&[&format!("IP:{ip}")]).common_name(&ip);
    instance.serve(Some(&pki.issue("instance", &leaf)), Service::standalone("7.2.4").without(&["CONFIG"]).script());
    is_healthy(run, "memorystore", &format!("rediss://{ip}:6378 --cacert {}", pki.ca().display()));
    // Without TLS there is nothing by which it is known.
    let mut plain = at_port(&ip, 6379);
    plain.serve(None, Service::standalone("7.2.4").without(&["CONFIG"]).script());
    is_healthy(run, "", &format!("redis://{ip}:6379"));
}

/// The first line of the first remedy, its blanks filled in, without the program: what `check` is given then.
fn printed_check(seen: &Seen, filled: &[(&str, &str)]) -> String {
    let line = seen.lines("client").remove(0);
    let (_, words) = line.split_once("redis-doctor check ").expect("it prints a check");
    let scheme = words.replace("redis://", "redis://:PASSWORD@");
    filled.iter().fold(scheme, |line, (name, with)| line.replace(name, with))
}

/// What redis-cli is given where the default user is off.
const LOGIN: [&str; 5] = ["--user", "app", "--pass", "pw", "--no-auth-warning"];

/// `user default off` and users of one's own: whoever names none is refused in words that speak of a missing password.
fn a_disabled_default_user(run: &mut Run) {
    let cluster = Cluster::builder().start();
    run.name_nodes(&cluster);
    let at = cluster.nodes[0].address;
    cluster.everywhere(&["ACL", "SETUSER", "app", "on", ">pw", "~app:*", "&*", "+@all"]);
    cluster.everywhere(&["ACL", "SETUSER", "default", "off"]);
    let seen = run.check(&format!("redis://:pw@{at}"));
    run.mended(&printed_check(&seen, &[("PASSWORD", "pw"), ("NAME", "app")]));
    // On one node only.
    for node in &cluster.nodes[..2] {
        node.command(&[&LOGIN[..], &["ACL", "SETUSER", "default", "on"]].concat());
    }
    run.check(&format!("redis://{at}"));
    let seen = run.check(&format!("redis://:pw@{at}"));
    let line = seen.lines("server").remove(0);
    cluster.nodes[2].command(&[&LOGIN[..], &line.split(' ').collect::<Vec<_>>()].concat());
    run.mended(&format!("redis://{at}"));
}

/// URLs of services had a user name in them that everybody dropped, until libraries sent it.
fn a_user_before_there_were_users(run: &mut Run) {
    let mut old = Fake::bind("127.0.0.1");
    old.serve(None, guarded(Service::standalone("5.0.14").script()));
    let at = old.address;
    let seen = run.check(&format!("redis://h:sesame@{at}"));
    run.mended(&printed_check(&seen, &[("PASSWORD", "sesame")]));
    // Its words for another password, and for one too many.
    let mut other = Fake::bind("127.0.0.1");
    let service = Service::standalone("5.0.14").script();
    other.serve(
        None,
        Arc::new(move |command| match command {
            auth if auth.starts_with("AUTH ") => "-ERR invalid password\r\n".to_owned(),
            _ => "-NOAUTH Authentication required.\r\n".to_owned(),
        }),
    );
    run.check(&format!("redis://:sesame@{}", other.address));
    let mut open = Fake::bind("127.0.0.1");
    open.serve(
        None,
        Arc::new(move |command| match command {
            auth if auth.starts_with("AUTH ") => "-ERR Client sent AUTH, but no password is set\r\n".to_owned(),
            command => service(command),
        }),
    );
    run.name(open.address.to_string(), "server");
    run.check(&format!("redis://:sesame@{}", open.address));
}

/// A server before 6.0 whose password is sesame: it takes one argument, and answers from then on.
fn guarded(service: Script) -> Script {
    let is_open = AtomicBool::new(false);
    Arc::new(move |command| match command {
        "AUTH sesame" => {
            is_open.store(true, Ordering::Relaxed);
            "+OK\r\n".to_owned()
        }
        auth if auth.starts_with("AUTH ") => "-ERR wrong number of arguments for 'auth' command\r\n".to_owned(),
        _ if !is_open.load(Ordering::Relaxed) => "-NOAUTH Authentication required.\r\n".to_owned(),
        command => service(command),
    })
}

/// Services that look at where one comes from before they look at the password, and say so in answer to AUTH.
fn listed_addresses_alone(run: &mut Run) {
    let always = |line: &str| -> Script {
        let line = format!("-{line}\r\n");
        Arc::new(move |_| line.clone())
    };
    let mut fake = Fake::bind("127.0.0.1");
    fake.serve(None, always("ERR illegal address: 203.0.113.7:5122"));
    run.check(&format!("redis://:sesame@{}", fake.address));
    // It says so once, and hangs up.
    let once: Script = Arc::new(|command| match command {
        auth if auth.starts_with("AUTH ") => "-AUTH failed: Client IP address is not in the allowlist.\r\n".to_owned(),
        _ => HANG_UP.to_owned(),
    });
    let name = "frankfurt-keyvalue.render.com";
    let pki = Pki::new();
    let mut render = Fake::bind("127.0.0.1");
    render.serve(Some(&pki.issue("render", &Leaf::new(&[&format!("DNS:{name}")]))), once);
    let port = render.address.port();
    run.check(&format!(
        "rediss://red-abc:sesame@{name}:{port} --cacert {} --resolve {name}:{port}:127.0.0.1",
        pki.ca().display()
    ));
}

/// A line of redis-cli at one server.
fn type_line(server: &Server, line: &str) {
    server.command(&line.split(' ').collect::<Vec<_>>());
}

/// One server that others than its own machine may ask, calling it `server`.
fn alone(run: &mut Run, settings: Settings) -> Server {
    let server = Server::start(&settings.ip(open(0)).config("protected-mode", "no"));
    run.name(server.address.to_string(), "server");
    run.name(format!("redis.lab.test:{}", server.address.port()), "server");
    server
}

/// An agent issues and installs at once, and the clock of its machine is ahead.
fn valid_in_minutes(run: &mut Run) {
    let pki = Pki::new();
    let leaf = || Leaf::new(&["DNS:redis.lab.test"]);
    let server = alone(run, Settings::default().tls(&pki.issue("ahead", &leaf().starting_in(10))));
    let words = format!("rediss://redis.lab.test:{} --cacert {}", server.address.port(), pki.ca().display());
    run.check(&words);
    server.load(&pki.issue("now", &leaf()));
    run.mended(&words);
}

/// `tls-auth-clients` was turned on for one node, and clients have no certificate.
fn one_node_demands_certificates(run: &mut Run) {
    let pki = Pki::new();
    let leaf = Leaf::new(&["IP:10.88.0.1", "IP:10.88.0.2", "IP:10.88.0.3"]);
    let settings = Settings::default().tls(&pki.issue("node", &leaf));
    let cluster = Cluster::builder().ips((0..3).map(open).collect()).settings(settings).start();
    run.name_nodes(&cluster);
    type_line(&cluster.nodes[2], "CONFIG SET tls-auth-clients yes");
    let words = format!("rediss://{} --cacert {}", cluster.nodes[0].address, pki.ca().display());
    let seen = run.check(&words);
    type_line(&cluster.nodes[2], &seen.lines("server")[0]);
    run.mended(&words);
}

/// The authority changed its intermediate, and the file still has last year's behind the new leaf.
fn another_intermediate(run: &mut Run) {
    let root = Pki::new();
    let (old, new) = (root.intermediate(), root.intermediate());
    let leaf = new.issue("leaf", &Leaf::new(&["DNS:redis.lab.test"]));
    let chained = |with: &Pki| Certificate { ca: root.ca(), ..with.with_chain(&leaf) };
    let server = alone(run, Settings::default().tls(&chained(&old)));
    let words = format!("rediss://redis.lab.test:{} --cacert {}", server.address.port(), root.ca().display());
    run.check(&words);
    server.load(&chained(&root.intermediate_named("another intermediate")));
    run.check(&words);
    server.load(&chained(&new));
    run.mended(&words);
}

/// `*.lab.test` for lab.test itself, and for a name with one label more.
fn wildcards_just_missed(run: &mut Run) {
    let pki = Pki::new();
    let server = Server::start(&Settings::default().tls(&pki.issue("wild", &Leaf::new(&["DNS:*.shop.test"]))));
    let port = server.address.port();
    let words = |name: &str| {
        format!("rediss://{name}:{port} --cacert {} --resolve {name}:{port}:127.0.0.1", pki.ca().display())
    };
    for name in ["shop.test", "a.b.shop.test"] {
        run.name(format!("{name}:{port}"), "server");
        let seen = run.check(&words(name));
        server.load(&reissued(&seen, &pki, name));
        run.mended(&words(name));
        server.load(&pki.issue("wild", &Leaf::new(&["DNS:*.shop.test"])));
    }
    run.mended(&words("a.shop.test"));
}

/// What is hardened until hardly any client is left; then what some leave out.
fn suites_that_nobody_has(run: &mut Run) {
    let pki = Pki::new();
    let tls = |suites: &str| {
        let settings = Settings::default().tls(&pki.issue("leaf", &Leaf::new(&["DNS:redis.lab.test"])));
        settings.config("tls-protocols", "TLSv1.3").config("tls-ciphersuites", suites)
    };
    let server = alone(run, tls("TLS_AES_128_CCM_SHA256"));
    let words = format!("rediss://redis.lab.test:{} --cacert {}", server.address.port(), pki.ca().display());
    let seen = run.check(&words);
    type_line(&server, &seen.lines("server")[0]);
    run.mended(&words);
    let server = alone(run, tls("TLS_CHACHA20_POLY1305_SHA256"));
    run.mended(&format!("rediss://redis.lab.test:{} --cacert {}", server.address.port(), pki.ca().display()));
}

/// A plan that is used up says so to everything; a proxy has its own words for what it does not take.
fn refused_in_own_words(run: &mut Run) {
    let mut spent = Fake::bind("127.0.0.1");
    let line = "-ERR max daily request limit exceeded. Limit: 10000, Usage: 10000.\r\n";
    spent.serve(None, Arc::new(move |_| line.to_owned()));
    run.check(&format!("redis://:sesame@{}", spent.address));
    run.check(&format!("redis://{}", spent.address));
    let mut proxy = Fake::bind("127.0.0.1");
    let service = Service::standalone("5.0.5").script();
    proxy.serve(
        None,
        Arc::new(move |command| match command.split(' ').next() {
            Some(own @ ("CLUSTER" | "ROLE" | "CONFIG")) => {
                format!("-ERR command '{own}' not support for normal user\r\n")
            }
            _ => service(command),
        }),
    );
    let at = proxy.address;
    run.check(&format!("redis://{at}"));
    run.check(&format!("redis://{at} --expect cluster"));
}

/// A client's certificate by an authority that was made anew under its old name, and by one that the server does not know.
fn a_client_of_another_authority(run: &mut Run) {
    let (pki, again, strange) = (Pki::new(), Pki::new(), Pki::named("another authority"));
    let settings = Settings::default().tls(&pki.issue("leaf", &Leaf::new(&["DNS:redis.lab.test"])));
    let server = alone(run, settings.client_certificates());
    let at = format!("rediss://redis.lab.test:{} --cacert {}", server.address.port(), pki.ca().display());
    for other in [&again, &strange] {
        let client = other.issue("client", &Leaf::new(&[]).common_name("client"));
        let words = format!("{at} --cert {} --key {}", client.cert.display(), client.key.display());
        let seen = run.check(&words);
        let cat = seen.lines("server").remove(0).replace("CLIENT-CA.pem", other.ca().to_str().unwrap());
        let all = client.cert.with_file_name("all-cas.pem");
        let cat =
            cat.replace(" CA.pem", &format!(" {}", pki.ca().display())).replace("ALL-CAS.pem", all.to_str().unwrap());
        support::run(std::process::Command::new("sh").args(["-c", &cat]));
        type_line(&server, &format!("CONFIG SET tls-ca-cert-file {}", all.display()));
        run.mended(&words);
    }
}
