//! ssh -L: a local port for each node, through a bastion that may reach them.

use super::{Carries, Command, End, File, Node, Plan, Run, Side, Tunnel};

/// Local forwards in a configuration of their own.
pub(super) const TUNNEL: Tunnel = Tunnel {
    id: "ssh",
    about: "private addresses behind a bastion: one ssh process with a forward for each node; TLS passes through",
    carries: Carries::Forwarded,
    evidence: "run",
    via: Some("[USER@]BASTION[:PORT]"),
    refuses: |_, _| None,
    write,
};

fn write(plan: &Plan) -> Result<Vec<Side>, String> {
    let bastion = Bastion::parse(plan.via.as_deref().ok_or("ssh goes through somebody: --via [USER@]BASTION[:PORT]")?)?;
    let command = Command {
        program: "ssh",
        package: "Debian: apt-get install openssh-client",
        arguments: ["-N", "-F", "ssh_config", "--", "redis-bastion"].map(str::to_owned).to_vec(),
        ends: false,
        settles: 3,
    };
    Ok(vec![Side {
        end: End::Client,
        files: vec![File::text("ssh_config", config(plan, &bastion))],
        run: Run::One(command),
    }])
}

/// Who forwards.
struct Bastion {
    user: Option<String>,
    host: String,
    port: u16,
}

impl Bastion {
    fn parse(via: &str) -> Result<Self, String> {
        let wrong = || "--via is [USER@]BASTION[:PORT], such as admin@bastion.example.com".to_owned();
        let (user, place) = via.rsplit_once('@').map_or((None, via), |(user, place)| (Some(user), place));
        let named = |user: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
            !user.is_empty() && !user.starts_with('-') && user.chars().all(plain)
        };
        if user.is_some_and(|user| !named(user)) {
            return Err(wrong());
        }
        let endpoint = place.parse::<crate::facts::Endpoint>().ok();
        let (host, port) = match endpoint.filter(|_| place.starts_with('[') || place.matches(':').count() == 1) {
            Some(endpoint) => (endpoint.host, endpoint.port),
            None => (place.parse().map_err(|_| wrong())?, 22),
        };
        Ok(Bastion { user: user.map(str::to_owned), host: host.to_string(), port })
    }
}

fn config(plan: &Plan, bastion: &Bastion) -> String {
    let mut lines = vec![
        "Host redis-bastion".to_owned(),
        format!("    HostName {}", bastion.host),
        format!("    Port {}", bastion.port),
    ];
    lines.extend(bastion.user.as_ref().map(|user| format!("    User {user}")));
    lines.join("\n") + "\n" + &forwards(plan)
}

/// What ssh is asked for, whoever it goes through.
pub(super) fn forwards(plan: &Plan) -> String {
    let forward = |node: &Node| format!("    LocalForward {} {}\n", node.local.endpoint(), node.inside);
    OPTIONS.iter().map(|option| format!("    {option}\n")).chain(plan.nodes.iter().map(forward)).collect()
}

/// Forwards that cannot be had end it, so that nobody works with half a tunnel; a dead bastion is noticed in 45 s.
/// A host key beside the configuration serves a service, which has no home.
const OPTIONS: [&str; 9] = [
    "StrictHostKeyChecking yes",
    "UserKnownHostsFile known_hosts ~/.ssh/known_hosts",
    "BatchMode yes",
    "ExitOnForwardFailure yes",
    "ServerAliveInterval 15",
    "ServerAliveCountMax 3",
    "ForwardAgent no",
    "ForwardX11 no",
    "SessionType none",
];
