//! A whole tunnel as the files of a folder, the same ones for every kind.

use serde_json::json;

use super::{Content, End, File, Mode, Plan, Run, Side, Tunnel, script, unit};
use crate::facts::{Endpoint, Role};

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

/// Everything that is written to the folder, README first; `client_map` is the map of one library, as path and text, and
/// `again` the command that writes the folder anew.
pub fn entries(
    plan: &Plan,
    kind: &Tunnel,
    sides: &[Side],
    client_map: Option<(String, String)>,
    again: &str,
) -> Vec<Entry> {
    let text = |path: &str, text: String| Entry { path: path.to_owned(), content: Content::Text(text), runs: false };
    let library = client_map.as_ref().map(|(path, _)| path.as_str());
    let mut all = vec![text("README", readme(plan, kind, sides, library, again)), text(MAP, map(plan, kind))];
    if !plan.hosts().is_empty() {
        all.push(text(HOSTS, hosts(plan)));
    }
    all.extend(client_map.map(|(path, map)| text(&path, map)));
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
    let lines: Vec<_> = plan.hosts().into_iter().map(|(ip, name)| format!("{ip} {name}")).collect();
    lines.join("\n") + "\n"
}

/// Nodes that are listed before the rest is left to their files.
const LISTED: usize = 12;

/// What runs where, and in which order.
fn readme(plan: &Plan, kind: &Tunnel, sides: &[Side], library: Option<&str>, again: &str) -> String {
    let nodes =
        if plan.nodes.len() == 1 { "1 Redis node".to_owned() } else { format!("{} Redis nodes", plan.nodes.len()) };
    let mut lines = vec![
        format!("Tunnel to {nodes} by {}, written by redis-doctor.\nCommands are run in this folder.", kind.id),
        String::new(),
    ];
    if let Some(side) = sides.iter().find(|side| side.end == End::Server) {
        lines.extend(far(plan, side));
    }
    lines.push(
        "Near end:    on the application's machine: client/start\n             (client/stop ends it; logs are in client/run)"
            .to_owned(),
    );
    lines.push(
        "Proof:       there: redis-doctor tunnel --check .\n             (with --askpass where a password is wanted)"
            .to_owned(),
    );
    lines.push(format!("Application: {}", application(plan, library)));
    if !plan.hosts().is_empty() {
        lines.push(format!("             {HOSTS} has lines for the hosts file of its machine"));
    }
    lines.push(format!(
        "TLS:         {}",
        verified(plan).replace("; ", ";\n             ").replace(": ", ":\n             ")
    ));
    lines.extend(sides.iter().map(|side| format!("systemd:     {}", installing(plan, side))));
    lines.push(
        "Other nodes: where you wrote this, again; ports stay, keys are new,\n             so that both sides are copied again:"
            .to_owned(),
    );
    lines.push(format!("             {again}"));
    if !plan.left_out.is_empty() {
        lines.push(format!("Not served:  {} of the nodes (redis-doctor said which, and why)", plan.left_out.len()));
    }
    lines.join("\n") + "\n"
}

/// Who has to start what beside the nodes, and which ports have to be open there.
fn far(plan: &Plan, side: &Side) -> Vec<String> {
    let trust = "over a channel that\n             you trust (keys are in it)";
    let to = plan.one_server().map_or_else(|| "every node's machine".to_owned(), ToString::to_string);
    let start = match (plan.one_server(), &side.run) {
        (None, Run::Each(..)) => "server/start node-N, with its number",
        _ => "server/start",
    };
    let node = |node: &super::Node| format!("             {:<8} {}, for {}", node.name(), node.far, node.inside);
    let start = format!(
        "Far ends:    copy server/ to {to} {trust};\n             there: {start}. The application's machine has to reach:"
    );
    let mut lines: Vec<String> = [start].into_iter().chain(plan.nodes.iter().take(LISTED).map(node)).collect();
    if plan.nodes.len() > LISTED {
        lines.push(format!("             and {} more, in the order of map.json", plan.nodes.len() - LISTED));
    }
    lines
}

fn application(plan: &Plan, library: Option<&str>) -> String {
    let sentinel = plan.nodes.iter().any(|node| node.role == Role::Sentinel);
    match (plan.needs_map(), library) {
        (false, _) => "needs no address map: what the nodes announce leads\n             into the tunnel".to_owned(),
        (true, Some(path)) => {
            format!("{path} leads what the nodes announce\n             into the tunnel, and nothing around it")
        }
        (true, None) if sentinel => {
            format!("has to be told of {MAP} in its own way; with\n             --listen announced it needs no map")
        }
        (true, None) => {
            format!(
                "needs the map in its own language (--for CLIENT\n             writes it); {MAP} is the neutral form"
            )
        }
    }
}

/// Who verifies what, in a clause.
pub fn verified(plan: &Plan) -> &'static str {
    match (plan.mode, plan.tls) {
        (Mode::Originate, _) => "the tunnel speaks it and verifies every node; the application connects in plaintext",
        (_, true) => "it passes through: the application verifies every node by the server name in the map",
        (Mode::Pair, false) => "the two ends encrypt between them; the application and the nodes speak plaintext",
        (Mode::Forward, false) => "none, but the way is encrypted by who forwards; the application speaks plaintext",
    }
}

/// How a side becomes a service.
fn installing(plan: &Plan, side: &Side) -> String {
    let (user, folder, installed) = (unit::USER, side.end.folder(), unit::installed(side.end));
    let name = installed.trim_start_matches("/etc/");
    let instances = match &side.run {
        Run::One(_) => name.to_owned(),
        Run::Each(..) if side.end == End::Server && plan.one_server().is_none() => format!("{name}@node-N"),
        Run::Each(..) if plan.nodes.len() == 1 => format!("{name}@node-1"),
        Run::Each(..) => format!("{name}@node-{{1..{}}}   # in bash", plan.nodes.len()),
    };
    let credentials = match plan.mode {
        Mode::Forward => format!(
            "\n             with its credentials in {installed}/:\n             known_hosts, or variables in environment (KUBECONFIG=...)"
        ),
        _ => String::new(),
    };
    format!(
        "useradd --system {user}; cp -r {folder} {installed};\n             chown -R {user} {installed};\n             \
         cp {folder}/systemd/* /etc/systemd/system;\n             systemctl enable --now {instances}{credentials}"
    )
}
