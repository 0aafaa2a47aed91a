//! A whole tunnel as the files of a folder, the same ones for every kind.

use serde_json::json;

use super::{Content, End, File, Mode, Plan, Run, Side, Tunnel, script, unit};
use crate::facts::Endpoint;

/// One file of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Below the folder, with slashes.
    pub path: String,
    /// What is in it.
    pub content: Content,
    /// It can be started.
    pub runs: bool,
}

/// Everything that is written to the folder, README first.
pub fn entries(plan: &Plan, kind: &Tunnel, sides: &[Side]) -> Vec<Entry> {
    let text = |path: &str, text: String| Entry { path: path.to_owned(), content: Content::Text(text), runs: false };
    let mut all = vec![text("README", readme(plan, kind, sides)), text(MAP, map(plan, kind))];
    if !plan.hosts().is_empty() {
        all.push(text(HOSTS, hosts(plan)));
    }
    if plan.passes_tls() && plan.anchors {
        all.push(Entry { path: CA.to_owned(), content: Content::Anchors, runs: false });
    }
    all.extend(sides.iter().flat_map(|side| of_side(plan, side)));
    all
}

/// The neutral map: what `tunnel --check` and `check --map` read.
pub const MAP: &str = "map.json";

/// The anchors, where the application verifies the nodes itself.
const CA: &str = "client/ca.pem";

/// Lines for the hosts file of the application's machine.
pub const HOSTS: &str = "client/hosts";

fn of_side(plan: &Plan, side: &Side) -> Vec<Entry> {
    let folder = side.end.folder();
    let entry = |File { path, content }: File, runs| Entry { path: format!("{folder}/{path}"), content, runs };
    let (unit_name, unit) = unit::unit(plan, side);
    let mut all = vec![
        entry(File::text("start", script::start(plan, side)), true),
        entry(File::text("stop", script::stop(plan, side)), true),
        entry(File::text(format!("systemd/{unit_name}"), unit), false),
    ];
    if let Run::Each(_, instances) = &side.run {
        for instance in instances {
            let lines = instance.variables.iter().map(|(name, value)| format!("{name}='{value}'\n"));
            all.push(entry(File::text(format!("nodes/{}.env", instance.name), lines.collect()), false));
        }
    }
    all.extend(side.files.iter().map(|file| entry(file.clone(), false)));
    all
}

/// What `tunnel --out` writes for machines to read.
pub fn map(plan: &Plan, kind: &Tunnel) -> String {
    let entry = |node: &super::Node| {
        let mapping = &node.mapping;
        let others = [&mapping.hostname, &mapping.ip, &mapping.resolved].into_iter().flatten();
        let mut also: Vec<&Endpoint> = others.filter(|key| **key != mapping.announced).collect();
        also.dedup();
        let mut entry = json!({ "node_id": node.id, "announced": mapping.announced, "reachable": mapping.reachable });
        if !also.is_empty() {
            entry["also_announced"] = json!(also);
        }
        if plan.passes_tls() {
            entry["server_name"] = json!(mapping.server_name);
        }
        entry
    };
    let mut whole = json!({
        "format": 1, "kind": kind.id, "tls": plan.passes_tls(), "address_map": plan.nodes.iter().map(entry).collect::<Vec<_>>(),
    });
    if plan.passes_tls() && plan.anchors {
        whole["ca_file"] = json!(CA);
    }
    serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n"
}

fn hosts(plan: &Plan) -> String {
    plan.hosts().into_iter().map(|(ip, name)| format!("{ip} {name}\n")).collect()
}

/// Ten lines: what runs where, and in which order.
fn readme(plan: &Plan, kind: &Tunnel, sides: &[Side]) -> String {
    let nodes = plan.nodes.len();
    let mut lines = vec![format!("A tunnel to {nodes} Redis nodes: {} ({}).", kind.id, kind.about), String::new()];
    if sides.iter().any(|side| side.end == End::Server) {
        lines.push(match plan.one_server() {
            Some(host) => format!("1. Copy server/ to {host} over a channel that you trust, and run server/start there."),
            None => "1. Copy server/ to the machine of each node over a channel that you trust, and run `server/start node-N` there."
                .to_owned(),
        });
    }
    lines.push(
        "2. On the machine of the application: client/start. It ends with client/stop; logs are in client/run."
            .to_owned(),
    );
    lines.push("3. Prove it: redis-doctor tunnel --check . (each local port has to lead to its node).".to_owned());
    lines.push(application(plan));
    lines.push(verified(plan).to_owned());
    for side in sides {
        let (name, _) = unit::unit(plan, side);
        let (folder, installed) = (side.end.folder(), unit::installed(side.end));
        let instances = if matches!(side.run, Run::Each(..)) { "; enable one instance a node: @node-1" } else { "" };
        lines.push(format!(
            "With systemd: useradd --system {user}; cp -r {folder} {installed}; chown -R {user} {installed}; cp {installed}/systemd/{name} \
             /etc/systemd/system{instances}.",
            user = unit::USER
        ));
    }
    lines.extend(plan.left_out.iter().map(|out| format!("Not served: {} {}.", out.id.short(), out.why)));
    lines.join("\n") + "\n"
}

fn application(plan: &Plan) -> String {
    let names = if plan.hosts().is_empty() { "" } else { " Add client/hosts to its hosts file." };
    if plan.needs_map() {
        format!(
            "4. Give the application its address map: redis-doctor tunnel … --for CLIENT writes it; map.json is the neutral form.{names}"
        )
    } else {
        format!("4. The application needs no address map: what the nodes announce leads into the tunnel.{names}")
    }
}

/// Who verifies what.
fn verified(plan: &Plan) -> &'static str {
    match (plan.mode, plan.tls) {
        (Mode::Originate, _) => {
            "The tunnel speaks TLS and verifies every node; the application connects to loopback in plaintext."
        }
        (_, true) => "TLS passes through: the application verifies every node by the server name in the map.",
        (Mode::Pair, false) => {
            "Between the two ends everything is encrypted; the application and the nodes speak plaintext."
        }
        (Mode::Forward, false) => "What is forwarded is encrypted on the way; the application speaks plaintext.",
    }
}
