//! Ends that are not who they should be: nodes with bad certificates, clients of far ends without the tunnel's own.

use super::{
    folder::{Folder, Outcome, said},
    lanes::Cell,
    scenes::Scene,
    support::{
        in_parallel, output,
        pki::{Certificate, Leaf, Pki},
        text,
    },
    world::{Machine, Reaches, SERVER},
    wrong::{cell, entries, is_blamed, is_here, machines},
};

/// Every kind that speaks TLS itself.
pub const TLS_KINDS: &[&str] = &["stunnel", "haproxy", "nginx", "socat", "ghostunnel", "envoy"];

/// The far ends let in nobody but the near ends: without their certificate a TLS client gets no answer.
pub fn strangers(kind: &'static str, scene: &Scene) -> Outcome {
    let (server, client) = machines();
    let folder = Folder::generate(kind, &["--server", SERVER], scene, [&client, &server])?;
    let rogue = Pki::new().issue("rogue", &Leaf::new(&["DNS:client.tunnel.internal"]).common_name("client"));
    folder.start()?;
    for port in folder.ports() {
        let cli = || {
            let mut cli = client.command("redis-cli");
            cli.args(["-h", SERVER, "-p", &port, "--tls", "--insecure"]);
            cli
        };
        let ways = [vec![], vec!["--cert".into(), rogue.cert.clone(), "--key".into(), rogue.key.clone()]];
        for words in ways {
            let done = output(cli().args(words).arg("PING"));
            if text(&done.stdout).contains("PONG") {
                return Err(format!("the far end at {port} serves strangers"));
            }
        }
    }
    folder.is_proved()?;
    folder.stop()
}

/// A node with an expired certificate, one with another's name, one of another CA: each kind refuses these, and serves the
/// others.
pub fn bad_certificates(scene: &Scene) -> Vec<Cell> {
    let kinds = TLS_KINDS.iter().copied().filter(is_here);
    let machines: Vec<(&'static str, Machine)> = kinds.map(|kind| (kind, Machine::new(Reaches::Nodes))).collect();
    let folders: Vec<_> = machines
        .iter()
        .map(|(kind, machine)| {
            let folder = Folder::generate(kind, &[], scene, [machine, machine]);
            (*kind, folder.and_then(|folder| folder.start().and_then(|()| folder.is_proved()).map(|()| folder)))
        })
        .collect();
    let (stranger, pki) = (Pki::new(), scene.pki.as_ref().unwrap());
    let leaf = |n: usize| Leaf::new(&[&format!("DNS:m{n}.lab.test"), &format!("IP:10.77.2.1{n}")]).common_name("redis");
    spoil(scene, 1, &pki.issue("late", &leaf(2).expired()));
    spoil(scene, 2, &pki.issue("other", &leaf(1)));
    spoil(scene, 3, &stranger.issue("n4", &leaf(4)));
    let bad: Vec<String> = (1..4).map(|n| scene.cluster.nodes[n].address.to_string()).collect();
    in_parallel(folders, |(kind, folder)| {
        cell(&format!("{kind}: bad certificates"), || {
            let folder = folder.as_ref().map_err(Clone::clone)?;
            for (announced, reachable) in entries(folder) {
                let port = reachable.rsplit_once(':').unwrap().1;
                let machine = &machines.iter().find(|(other, _)| *other == kind).unwrap().1;
                let answer = output(machine.command("redis-cli").args(["-p", port, "PING"]));
                let served = text(&answer.stdout).contains("PONG");
                if served == bad.contains(&announced) {
                    return Err(format!("{announced}: {}{}", said(&answer), folder.logs()));
                }
            }
            is_blamed(folder, &bad.iter().map(String::as_str).collect::<Vec<_>>())?;
            let logs = folder.logs();
            if !["verif", "certificate"].iter().any(|word| logs.to_lowercase().contains(word)) {
                return Err(format!("its logs do not say why: {logs}"));
            }
            folder.stop()
        })
    })
}

fn spoil(scene: &Scene, node: usize, certificate: &Certificate) {
    let [cert, key] = [&certificate.cert, &certificate.key].map(|file| file.to_str().unwrap());
    scene.cluster.nodes[node].command(&["CONFIG", "SET", "tls-cert-file", cert, "tls-key-file", key]);
}
