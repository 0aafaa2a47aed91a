//! ssh -L: a local port for each node, through a bastion that may reach them.

use super::{Carries, Command, End, File, Node, Plan, Run, Side, Tunnel};
use crate::facts::{Endpoint, Host};

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
        arguments: ["-N", "-F", "ssh_config", "--", &bastion.host].map(str::to_owned).to_vec(),
        ends: false,
        settles: 3,
    };
    Ok(vec![Side {
        end: End::Client,
        files: vec![File::text("ssh_config", config(plan, &bastion))],
        run: Run::One(command),
    }])
}

/// Who forwards: a host, or an alias of the user's own configuration.
struct Bastion {
    user: Option<String>,
    host: String,
    port: Option<u16>,
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
        let endpoint = place.parse::<Endpoint>().ok();
        let (host, port) = match endpoint.filter(|_| place.starts_with('[') || place.matches(':').count() == 1) {
            Some(endpoint) => (endpoint.host, Some(endpoint.port)),
            None => (place.parse::<Host>().map_err(|_| wrong())?, None),
        };
        Ok(Bastion { user: user.map(str::to_owned), host: host.to_string(), port })
    }
}

/// The first value that is found wins, so that ours stand before the user's own for this host (a jump, a key, a name), which
/// `-F` would leave out.
fn config(plan: &Plan, bastion: &Bastion) -> String {
    let mut lines = one_line(plan, bastion);
    lines.push(format!("Host {}", bastion.host));
    lines.extend(bastion.port.map(|port| format!("    Port {port}")));
    lines.extend(bastion.user.as_ref().map(|user| format!("    User {user}")));
    lines.join("\n") + "\n" + &forwards(plan) + "Match all\n    Include ~/.ssh/config\n"
}

/// The same to paste, while that can be read.
fn one_line(plan: &Plan, bastion: &Bastion) -> Vec<String> {
    if plan.nodes.len() > 12 {
        return Vec::new();
    }
    let forward = |node: &Node| format!("#   -L {}:{} \\", node.local.endpoint(), node.inside);
    let user = bastion.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
    let port = bastion.port.map(|port| format!("-p {port} ")).unwrap_or_default();
    let opening =
        "# The same in one line:\n# ssh -N -o ExitOnForwardFailure=yes -o ServerAliveInterval=15 \\".to_owned();
    let closing = format!("#   {port}-- {user}{}", bastion.host);
    std::iter::once(opening).chain(plan.nodes.iter().map(forward)).chain([closing]).collect()
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

#[cfg(test)]
mod tests {
    use super::{super::fixtures, *};
    use crate::tunnels::Content;

    #[test]
    fn ours_comes_before_what_the_user_has_for_the_same_host() {
        let sides = write(&fixtures::forward("admin@bastion:2222")).unwrap();
        let Content::Text(config) = &sides[0].files[0].content else { panic!() };
        let expected = r"# The same in one line:
# ssh -N -o ExitOnForwardFailure=yes -o ServerAliveInterval=15 \
#   -L 127.0.0.1:20001:10.0.0.11:6379 \
#   -L 127.0.0.1:20002:n2.example.com:6379 \
#   -L 127.0.0.1:20003:[2001:db8::3]:6379 \
#   -p 2222 -- admin@bastion
Host bastion
    Port 2222
    User admin
    StrictHostKeyChecking yes
    UserKnownHostsFile known_hosts ~/.ssh/known_hosts
    BatchMode yes
    ExitOnForwardFailure yes
    ServerAliveInterval 15
    ServerAliveCountMax 3
    ForwardAgent no
    ForwardX11 no
    SessionType none
    LocalForward 127.0.0.1:20001 10.0.0.11:6379
    LocalForward 127.0.0.1:20002 n2.example.com:6379
    LocalForward 127.0.0.1:20003 [2001:db8::3]:6379
Match all
    Include ~/.ssh/config
";
        assert_eq!(config, expected);
        assert_eq!(sides[0].run.command().arguments.last().unwrap(), "bastion");
    }

    #[test]
    fn who_forwards_is_a_host() {
        for via in ["", "-oProxyCommand=x", "a b", "-a@b", "a;b@c", "b:0", "b:port", "a@b@c d", "b\nProxyCommand x"] {
            assert!(Bastion::parse(via).is_err(), "{via}");
        }
        let of = |via| Bastion::parse(via).map(|b| (b.user, b.host, b.port)).unwrap();
        assert_eq!(of("::1"), (None, "::1".to_owned(), None));
        assert_eq!(of("a@[::1]:2222"), (Some("a".to_owned()), "::1".to_owned(), Some(2222)));
    }
}
