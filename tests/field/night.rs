//! Single nodes that are unlike the others, and ways that nothing announces: what is found at night.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use super::{
    network::{filtered, open},
    reach::type_lines,
    run::{Case, Run},
    support::{
        cases::Seen,
        cluster::Cluster,
        forward::Forward,
        free_port,
        pki::{Certificate, Leaf, Pki},
        run,
        server::{Server, Settings},
        wait_until,
    },
};

pub const CASES: &[Case] = &[
    Case { id: "N-01", play: ports_dealt_out_anew },
    Case { id: "N-02", play: one_of_another_authority },
    Case { id: "N-03", play: swapped_certificates },
    Case { id: "N-04", play: one_hangs },
    Case { id: "N-05", play: port_taken },
    Case { id: "N-06", play: one_without_tls },
    Case { id: "N-07", play: port_zero },
    Case { id: "N-08", play: another_port },
    Case { id: "N-09", play: never_joined },
];

const SOON: Duration = Duration::from_secs(40);

fn nodes() -> super::support::cluster::Builder {
    let settings = Settings::default().config("cluster-node-timeout", "2000");
    Cluster::builder().ips((0..3).map(open).collect()).settings(settings)
}

fn gives_up_the_third(cluster: &Cluster) {
    wait_until("the cluster gives the node up", SOON, || {
        let view = cluster.nodes[0].command(&["CLUSTER", "NODES"]);
        if view.contains("master,fail ") { Ok(()) } else { Err(view) }
    });
}

fn is_well(cluster: &Cluster) {
    wait_until("the cluster is well", SOON, || {
        cluster.nodes.iter().try_for_each(|node| {
            let [info, view] = ["INFO", "NODES"].map(|what| node.command(&["CLUSTER", what]));
            let well = info.contains("cluster_state:ok") && !view.contains("fail") && !view.contains("disconnected");
            if well { Ok(()) } else { Err([info, view].concat()) }
        })
    });
}

/// Ports of the machine lead to the nodes, each another number, as of `docker run -p`.
fn ports_dealt_out_anew(run: &mut Run) {
    let ips = (0..3).map(filtered).collect();
    let bind = |n: usize, node: Settings| node.config("bind", &format!("{} {}", filtered(n), open(n)));
    let cluster = Cluster::builder().ips(ips).each(bind).start();
    run.name_nodes(&cluster);
    let published = |n: usize| {
        let target = SocketAddr::new(open(n), cluster.nodes[n].address.port());
        Forward::start_on(SocketAddr::new(open(8), free_port()), vec![target], None)
    };
    let ways: Vec<Forward> = (0..3).map(published).collect();
    let endpoint = format!("redis://{}", ways[0].address);
    run.check(&endpoint);
    let all = format!("{endpoint} --node {} --node {}", ways[1].address, ways[2].address);
    run.check(&all);
    run.mended_by_map(&all);
}

/// The one line that is printed, with files for its blanks.
fn put_in(seen: &Seen, node: &Server, certificate: &Certificate) {
    let lines = seen.lines("certificate");
    let line = lines.iter().find(|line| line.starts_with("CONFIG SET ")).expect("it prints a CONFIG SET");
    let file = |path: &std::path::Path| path.display().to_string();
    let line = line.replace("FULLCHAIN.pem", &file(&certificate.cert)).replace("KEY.pem", &file(&certificate.key));
    node.command(&line.split(' ').collect::<Vec<_>>());
}

fn one_of_another_authority(run: &mut Run) {
    let (pki, old) = (Pki::new(), Pki::named("last year's authority"));
    let leaf = Leaf::new(&["IP:10.88.0.1", "IP:10.88.0.2", "IP:10.88.0.3"]);
    let certificate = pki.issue("node", &leaf);
    let cluster = nodes().settings(Settings::default().tls(&certificate)).start();
    run.name_nodes(&cluster);
    let other = old.issue("node", &leaf);
    let line = ["CONFIG", "SET", "tls-cert-file"].map(str::to_owned);
    let files = [other.cert.display().to_string(), "tls-key-file".to_owned(), other.key.display().to_string()];
    cluster.nodes[2].command(&line.iter().chain(&files).map(String::as_str).collect::<Vec<_>>());
    let words = format!("rediss://{} --cacert {}", cluster.nodes[0].address, pki.ca().display());
    let seen = run.check(&words);
    put_in(&seen, &cluster.nodes[2], &certificate);
    run.mended(&words);
}

fn swapped_certificates(run: &mut Run) {
    let pki = Pki::new();
    let certificates = ["one", "two", "three"].map(|name| {
        let host = format!("DNS:{name}.lab.test");
        pki.issue(name, &Leaf::new(&[&host]))
    });
    let own = certificates.clone();
    let each = move |n: usize, node: Settings| {
        let name = ["one.lab.test", "two.lab.test", "three.lab.test"][n];
        let node = node.tls(&own[n]).config("cluster-announce-hostname", name);
        node.config("cluster-preferred-endpoint-type", "hostname")
    };
    let cluster = nodes().each(each).start();
    run.name_nodes(&cluster);
    cluster.wait_for_views("the names go round", |view| view.matches(".lab.test").count() == 3);
    cluster.nodes[1].load(&certificates[2]);
    cluster.nodes[2].load(&certificates[1]);
    let port = cluster.nodes[0].address.port();
    let words = format!("rediss://one.lab.test:{port} --cacert {}", pki.ca().display());
    let seen = run.check(&words);
    put_in(&seen, &cluster.nodes[1], &certificates[1]);
    put_in(&seen, &cluster.nodes[2], &certificates[2]);
    run.mended(&words);
}

fn one_hangs(run: &mut Run) {
    let cluster = nodes().start();
    run.name_nodes(&cluster);
    let info = cluster.nodes[2].command(&["INFO", "server"]);
    let process = info.lines().find_map(|line| line.strip_prefix("process_id:")).unwrap().trim().to_owned();
    signal("-STOP", &process);
    gives_up_the_third(&cluster);
    let endpoint = format!("redis://{}", cluster.nodes[0].address);
    run.check(&endpoint);
    signal("-CONT", &process);
    is_well(&cluster);
    run.mended(&endpoint);
}

fn signal(which: &str, process: &str) {
    run(Command::new("kill").args([which, process]));
}

/// A web server, until it is dropped.
struct Web {
    ends: Arc<AtomicBool>,
    serving: Option<JoinHandle<()>>,
}

impl Web {
    fn start(at: SocketAddr) -> Self {
        let listener = TcpListener::bind(at).unwrap();
        listener.set_nonblocking(true).unwrap();
        let ends = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&ends);
        let serving = thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                let Ok((mut peer, _)) = listener.accept() else {
                    thread::sleep(Duration::from_millis(10));
                    continue;
                };
                peer.set_nonblocking(false).unwrap();
                peer.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
                let mut asked = [0; 1024];
                if peer.read(&mut asked).is_ok() {
                    let _ =
                        peer.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                }
            }
        });
        Web { ends, serving: Some(serving) }
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        self.serving.take().into_iter().for_each(|serving| drop(serving.join()));
    }
}

fn port_taken(run: &mut Run) {
    let mut cluster = nodes().start();
    run.name_nodes(&cluster);
    let at = cluster.nodes[2].address;
    let endpoint = format!("redis://{}", cluster.nodes[0].address);
    cluster.nodes[2].kill();
    let web = Web::start(at);
    gives_up_the_third(&cluster);
    run.check(&endpoint);
    drop(web);
    cluster.nodes[2].restart_with(str::to_owned);
    is_well(&cluster);
    run.mended(&endpoint);
}

fn one_without_tls(run: &mut Run) {
    let pki = Pki::new();
    let certificate = pki.issue("node", &Leaf::new(&["IP:10.88.0.1", "IP:10.88.0.2", "IP:10.88.0.3"]));
    let cluster = nodes().settings(Settings::default().tls(&certificate)).start();
    run.name_nodes(&cluster);
    let odd = &cluster.nodes[2];
    let port = odd.address.port().to_string();
    let turn = |on: [(&str, &str); 3]| on.iter().for_each(|(name, to)| drop(odd.command(&["CONFIG", "SET", name, to])));
    turn([("tls-port", "0"), ("port", &port), ("tls-cluster", "no")]);
    let ca = pki.ca();
    let words = format!("rediss://{} --cacert {}", cluster.nodes[0].address, ca.display());
    run.check(&words);
    run.check(&format!("redis://{}", odd.address));
    turn([("port", "0"), ("tls-port", &port), ("tls-cluster", "yes")]);
    is_well(&cluster);
    run.mended(&words);
}

fn port_zero(run: &mut Run) {
    let pki = Pki::new();
    let certificate = pki.issue("node", &Leaf::new(&["IP:10.88.0.1", "IP:10.88.0.2", "IP:10.88.0.3"]));
    let settings = Settings::default().tls(&certificate).config("tls-cluster", "no");
    let cluster = nodes().settings(settings).start();
    run.name_nodes(&cluster);
    let words = format!("rediss://{} --cacert {}", cluster.nodes[0].address, pki.ca().display());
    let seen = run.check(&words);
    let line = seen.lines("server").into_iter().next().expect("it prints a line");
    for node in &cluster.nodes {
        let line = line.replace("PORT", &node.address.port().to_string());
        node.command(&line.split(' ').collect::<Vec<_>>());
    }
    cluster.wait_for_views("the ports go round", |view| !view.contains(":0@"));
    is_well(&cluster);
    run.mended(&words);
}

fn another_port(run: &mut Run) {
    let cluster = nodes().start();
    run.name_nodes(&cluster);
    let (odd, told) = (&cluster.nodes[2], free_port().to_string());
    odd.command(&["CONFIG", "SET", "cluster-announce-port", &told]);
    cluster.wait_for_views("the port goes round", |view| view.contains(&format!(":{told}@")));
    let endpoint = format!("redis://{}", cluster.nodes[0].address);
    run.check(&endpoint);
    let seen = run.check(&format!("{endpoint} --node {}", odd.address));
    run.holds("one line", type_lines(&seen, "server", &[]) == 1);
    cluster.wait_for_views("the port goes round", |view| !view.contains(&format!(":{told}@")));
    is_well(&cluster);
    run.mended(&endpoint);
}

fn never_joined(run: &mut Run) {
    let start = |n: u8| {
        let ip = open(n).to_string();
        let settings = Settings::default().ip(open(n)).config("cluster-enabled", "yes").config("protected-mode", "no");
        let settings = settings.config("cluster-port", &free_port().to_string());
        Server::start(&settings.config("bind-source-addr", &ip).config("cluster-announce-ip", &ip))
    };
    let nodes: Vec<Server> = (0..3).map(start).collect();
    let [first, second, third] = [0, 1, 2].map(|n| nodes[n].address);
    let seen = run.check(&format!("redis://{first} --node {second} --node {third}"));
    let line = seen.lines("server").into_iter().next().expect("it prints a line");
    super::support::run(Command::new("sh").args(["-c", &format!("{line} --cluster-yes")]));
    wait_until("the cluster is well", SOON, || {
        let info = nodes[0].command(&["CLUSTER", "INFO"]);
        if info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3") { Ok(()) } else { Err(info) }
    });
    run.mended(&format!("redis://{first}"));
}
