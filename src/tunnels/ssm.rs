//! AWS Session Manager: a session for each node, through a managed instance or an ECS task that may reach it.
//!
//! `--parameters` is a map of lists, `host=10.0.0.11,portNumber=6379` in the CLI's shorthand
//! (<https://docs.aws.amazon.com/cli/latest/reference/ssm/start-session.html>). Sessions end when nothing passes for a while,
//! 20 minutes unless it was set otherwise, 60 at most (Session Manager preferences, "idle session timeout").

use std::net::Ipv4Addr;

use super::{Carries, Command, End, Instance, Mode, Node, Plan, Run, Side, Tunnel};

/// Sessions that forward to a remote host.
pub(super) const TUNNEL: Tunnel = Tunnel {
    id: "ssm",
    about: "ElastiCache, MemoryDB and whatever else an instance in the VPC reaches: an AWS Session Manager session for each \
            node, no bastion open to the internet; TLS passes through",
    carries: Carries::Forwarded,
    evidence: "grammar",
    via: Some("INSTANCE-ID[@REGION]"),
    refuses: |node, _: Mode| leads_anywhere(node).then(|| ANYWHERE.to_owned()),
    write,
};

const ANYWHERE: &str =
    "its own address is not known, and the configuration endpoint may lead to another node at every session";

/// `clustercfg.NAME.x.euw1.cache.amazonaws.com` with TLS, `NAME.x.clustercfg.euw1.cache.amazonaws.com` without
/// (<https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Endpoints.html>).
fn leads_anywhere(node: &Node) -> bool {
    node.inside.host.name().is_some_and(|name| name.split('.').any(|label| label == "clustercfg"))
}

fn write(plan: &Plan) -> Result<Vec<Side>, String> {
    let via = plan.via.as_deref().ok_or("a session goes through a managed instance: --via INSTANCE-ID[@REGION]")?;
    let (target, region) = parse(via)?;
    if plan.nodes.iter().any(|node| node.local.ip != Ipv4Addr::LOCALHOST) {
        return Err("the Session Manager plugin listens at 127.0.0.1 only: --listen ports, without --bind".to_owned());
    }
    let region = region.map(|region| ["--region".to_owned(), region.to_owned()]);
    let rest = ["--document-name", DOCUMENT, "--parameters", PARAMETERS].map(str::to_owned);
    let words = ["ssm", "start-session", "--target", target].map(str::to_owned);
    let command = Command {
        program: "aws",
        package: "pip install awscli; the Session Manager plugin comes from AWS, see its user guide",
        arguments: words.into_iter().chain(region.into_iter().flatten()).chain(rest).collect(),
        ends: true,
        settles: 1,
    };
    let instances = plan.nodes.iter().map(instance).collect();
    Ok(vec![Side { end: End::Client, files: Vec::new(), run: Run::Each(command, instances) }])
}

const DOCUMENT: &str = "AWS-StartPortForwardingSessionToRemoteHost";
const PARAMETERS: &str = "host=${HOST},portNumber=${PORT},localPortNumber=${LOCAL}";

fn instance(node: &Node) -> Instance {
    let variables = vec![
        ("HOST", node.inside.host.to_string()),
        ("PORT", node.inside.port.to_string()),
        ("LOCAL", node.local.port.to_string()),
    ];
    Instance { name: node.name(), variables }
}

/// What the session is with, and its region.
fn parse(via: &str) -> Result<(&str, Option<&str>), String> {
    let (target, region) = via.split_once('@').map_or((via, None), |(target, region)| (target, Some(region)));
    let dashed = |region: &str| region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let is_region = |region: &str| region.starts_with(|c: char| c.is_ascii_lowercase()) && dashed(region);
    if is_target(target) && region.is_none_or(is_region) {
        return Ok((target, region));
    }
    Err("--via is INSTANCE-ID[@REGION]: i-0123456789abcdef0@eu-west-1, mi-… or ecs:CLUSTER_TASK_CONTAINER".to_owned())
}

fn is_target(target: &str) -> bool {
    let hex = |id: &str| (8..=17).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_hexdigit());
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    match target.strip_prefix("ecs:") {
        Some(task) => task.split('_').filter(|part| !part.is_empty()).count() >= 3 && task.bytes().all(plain),
        None => target.strip_prefix("i-").or(target.strip_prefix("mi-")).is_some_and(hex),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tunnels::fixtures;

    #[test]
    fn a_session_a_node() {
        let sides = write(&fixtures::forward("i-0123456789abcdef0@eu-west-1")).unwrap();
        let Run::Each(command, instances) = &sides[0].run else { panic!() };
        assert_eq!(
            command.arguments.join(" "),
            "ssm start-session --target i-0123456789abcdef0 --region eu-west-1 --document-name \
             AWS-StartPortForwardingSessionToRemoteHost --parameters \
             host=${HOST},portNumber=${PORT},localPortNumber=${LOCAL}"
        );
        let values = |n: usize| instances[n].variables.iter().map(|(_, v)| v.as_str()).collect::<Vec<_>>().join(" ");
        assert_eq!(values(0), "10.0.0.11 6379 20001");
        assert_eq!(values(2), "2001:db8::3 6379 20003");
    }

    #[test]
    fn only_instances_tasks_and_regions() {
        for via in ["i-01234567", "mi-0123456789abcdef0@us-gov-west-1", "ecs:prod_0123abcd_0123abcd-42"] {
            assert!(parse(via).is_ok(), "{via}");
        }
        for via in
            ["", "bastion", "i-", "i-0123456789abcdef0@", "i-01234567@-x", "ecs:a_b", "ecs:a_b_$(c)", "i-0123456g"]
        {
            assert!(parse(via).is_err(), "{via}");
        }
    }

    #[test]
    fn what_a_session_cannot_do_is_refused() {
        let mut plan = fixtures::forward("i-0123456789abcdef0");
        assert!((TUNNEL.refuses)(&plan.nodes[0], Mode::Forward).is_none());
        plan.nodes[0].inside.host = "clustercfg.redis.abc123.euw1.cache.amazonaws.com".parse().unwrap();
        assert!((TUNNEL.refuses)(&plan.nodes[0], Mode::Forward).is_some());
        plan.nodes[1].local.ip = [127, 77, 1, 1].into();
        assert!(write(&plan).unwrap_err().contains("127.0.0.1"));
    }
}
