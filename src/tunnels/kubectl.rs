//! kubectl port-forward: a process for each pod, through the API server.
//!
//! `kubectl port-forward TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT`, `--address` takes IP addresses; it ends with its pod
//! (<https://kubernetes.io/docs/reference/kubectl/generated/kubectl_port-forward>), and with "lost connection to pod" after a
//! stream that failed (kubectl issue 1169). A pod is named, never a service: that would be any pod of it.

use std::{collections::BTreeSet, net::Ipv4Addr};

use super::{Carries, Command, End, File, Instance, Mode, Node, Plan, Run, Side, Tunnel};
use crate::facts::Host;

/// Forwards to pods.
pub(super) const TUNNEL: Tunnel = Tunnel {
    id: "kubectl",
    about: "pods, from outside their Kubernetes cluster: a kubectl port-forward for each pod, started again when it ends",
    carries: Carries::Forwarded,
    evidence: "grammar",
    via: Some("[CONTEXT/]NAMESPACE"),
    refuses: |node, _: Mode| Pod::of(node).is_none().then(|| NO_POD.to_owned()),
    write,
};

const NO_POD: &str = "it announces neither a pod's name (redis-0.redis.default.svc.cluster.local) nor an IP address, \
                      which is what kubectl finds a pod by";

fn write(plan: &Plan) -> Result<Vec<Side>, String> {
    let pods: Vec<(&Node, Pod)> = plan.nodes.iter().filter_map(|node| Some((node, Pod::of(node)?))).collect();
    let via = plan.via.as_deref().map(Via::parse).transpose()?.unwrap_or_default();
    let said = via.namespace.into_iter();
    let namespaces: BTreeSet<String> = said.chain(pods.iter().filter_map(|(_, pod)| pod.namespace.clone())).collect();
    if namespaces.len() > 1 {
        let all: Vec<_> = namespaces.iter().map(String::as_str).collect();
        return Err(format!("a tunnel leads to the pods of one namespace, and here are several: {}", all.join(", ")));
    }
    let context = via.context.map(|context| format!(" --context {context}"));
    let namespace = namespaces.first().map(|namespace| format!(" -n {namespace}"));
    let options: String = [context, namespace].into_iter().flatten().collect();
    let words = ["./forward", "${ADDRESS}", "${LOCAL}", "${POD}", "${PORT}"];
    let command = Command {
        program: "sh",
        package: "which every system has",
        arguments: words.map(str::to_owned).to_vec(),
        ends: true,
        settles: 1,
    };
    Ok(vec![Side {
        end: End::Client,
        files: vec![File::text("forward", FORWARD.replace("kubectl OPTIONS", &format!("kubectl{options}")))],
        run: Run::Each(command, pods.iter().map(|(node, pod)| instance(node, pod)).collect()),
    }])
}

fn instance(node: &Node, pod: &Pod) -> Instance {
    let variables = vec![
        ("ADDRESS", node.local.ip.to_string()),
        ("LOCAL", node.local.port.to_string()),
        ("POD", pod.found_by.clone()),
        ("PORT", node.inside.port.to_string()),
    ];
    Instance { name: node.name(), variables }
}

/// Pods that have ended keep their address in their status while others have got it; `status.podIP` and `status.phase` are
/// what pods may be selected by (<https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/>).
/// 127 is what a shell says of a program that is not there: that is not tried again.
const FORWARD: &str = r#"#!/bin/sh
# Usage: sh ./forward ADDRESS LOCAL-PORT POD PORT
# POD is pod/NAME, or a pod's address, by which it is looked up every time.
set -eu
command -v kubectl >/dev/null || {
    echo 'kubectl is not installed: https://kubernetes.io/docs/tasks/tools/' >&2
    exit 127
}
pod=$3
case $pod in
pod/*) ;;
*) pod=$(kubectl OPTIONS get pods --field-selector "status.podIP=$3,status.phase=Running" -o name | head -n 1) ;;
esac
[ -n "$pod" ] || {
    echo "no pod runs at $3 there" >&2
    exit 1
}
exec kubectl OPTIONS port-forward --address "$1" "$pod" "$2:$4"
"#;

/// What a node's pod is found by.
struct Pod {
    /// `pod/redis-0`, or an address.
    found_by: String,
    /// Where its name tells.
    namespace: Option<String>,
}

impl Pod {
    fn of(node: &Node) -> Option<Self> {
        let hosts = || {
            let announced = [&node.mapping.hostname, &node.mapping.ip].into_iter().flatten().map(|e| &e.host);
            std::iter::once(&node.inside.host).chain(announced)
        };
        let address = |host: &Host| host.ip().map(|ip| Pod { found_by: ip.to_string(), namespace: None });
        hosts().find_map(Pod::named).or_else(|| hosts().find_map(address))
    }

    /// `redis-0.redis.default.svc.cluster.local`; without `.svc` only the short forms of a stateful set's pods, `redis-0` and
    /// `redis-0.redis`. Pods without a host name of their own stand under their address: `10-0-0-11`
    /// (<https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/>).
    fn named(host: &Host) -> Option<Self> {
        let labels: Vec<&str> = host.name()?.split('.').collect();
        let namespace = match labels[..] {
            [_, _, namespace, "svc", ..] if is_label(namespace) => Some(namespace.to_owned()),
            [pod] | [pod, _] if has_ordinal(pod) => None,
            _ => return None,
        };
        let pod = labels.first().filter(|label| is_label(label))?;
        let address = pod.replace('-', ".").parse::<Ipv4Addr>();
        Some(Pod { found_by: address.map_or_else(|_| format!("pod/{pod}"), |ip| ip.to_string()), namespace })
    }
}

fn has_ordinal(label: &str) -> bool {
    label.rsplit_once('-').is_some_and(|(_, n)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// RFC 1123, which names of stateful sets' pods and of namespaces keep to.
fn is_label(label: &str) -> bool {
    let edges = [label.bytes().next(), label.bytes().last()];
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    label.len() <= 63 && edges.iter().all(|b| b.is_some_and(plain)) && label.bytes().all(|b| plain(b) || b == b'-')
}

/// `--via`.
#[derive(Default)]
struct Via {
    context: Option<String>,
    namespace: Option<String>,
}

impl Via {
    /// Contexts may have slashes in them: `arn:aws:eks:eu-west-1:012345678901:cluster/prod`.
    fn parse(via: &str) -> Result<Self, String> {
        let (context, namespace) = via.rsplit_once('/').map_or((None, via), |(c, n)| (Some(c), n));
        let plain = |c: char| c.is_ascii_alphanumeric() || "._:@/-".contains(c);
        let named = |context: &str| !context.is_empty() && !context.starts_with('-') && context.chars().all(plain);
        if !is_label(namespace) || context.is_some_and(|context| !named(context)) {
            return Err("--via is [CONTEXT/]NAMESPACE, such as redis or prod/redis".to_owned());
        }
        Ok(Via { context: context.map(str::to_owned), namespace: Some(namespace.to_owned()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tunnels::{Content, fixtures};

    fn written(names: [&str; 3], via: &str) -> Result<Vec<Side>, String> {
        let mut plan = fixtures::forward(via);
        for (node, name) in plan.nodes.iter_mut().zip(names) {
            node.inside.host = name.parse().unwrap();
        }
        write(&plan)
    }

    #[test]
    fn a_process_a_pod() {
        let names = ["redis-0.redis.prod.svc.cluster.local", "10.0.0.12", "2001:db8::3"];
        let sides = written(names, "gke_a_b_c/prod").unwrap();
        let Run::Each(command, instances) = &sides[0].run else { panic!() };
        assert_eq!(command.arguments.join(" "), "./forward ${ADDRESS} ${LOCAL} ${POD} ${PORT}");
        let values = |n: usize| instances[n].variables.iter().map(|(_, v)| v.as_str()).collect::<Vec<_>>().join(" ");
        assert_eq!(values(0), "127.0.0.1 20001 pod/redis-0 6379");
        assert_eq!(values(1), "127.0.0.1 20002 10.0.0.12 6379");
        assert_eq!(values(2), "127.0.0.1 20003 2001:db8::3 6379");
        let Content::Text(script) = &sides[0].files[0].content else { panic!() };
        let line = "exec kubectl --context gke_a_b_c -n prod port-forward --address \"$1\" \"$pod\" \"$2:$4\"\n";
        assert!(script.ends_with(line), "{script}");
        assert!(script.contains("$(kubectl --context gke_a_b_c -n prod get pods --field-selector "), "{script}");
    }

    #[test]
    fn pods_by_their_names() {
        let of = |name: &str| Pod::named(&name.parse().unwrap()).map(|pod| (pod.found_by, pod.namespace));
        let in_ns = |pod: &str| Some((pod.to_owned(), Some("ns".to_owned())));
        assert_eq!(of("redis-0.redis.ns.svc.cluster.local"), in_ns("pod/redis-0"));
        assert_eq!(of("leader.redis.ns.svc"), in_ns("pod/leader"));
        assert_eq!(of("10-0-0-11.redis.ns.svc.cluster.local"), in_ns("10.0.0.11"));
        assert_eq!(of("redis-0.redis"), Some(("pod/redis-0".to_owned(), None)));
        assert_eq!(of("redis-10"), Some(("pod/redis-10".to_owned(), None)));
        for name in
            ["n1.example.com", "redis-0.example.com", "redis", "redis_0.a.ns.svc", "redis.ns.svc", "a.b.n_s.svc"]
        {
            assert_eq!(of(name), None, "{name}");
        }
    }

    #[test]
    fn what_is_not_one_namespace_is_refused() {
        let other = ["redis-0.redis.prod.svc", "redis-1.redis.test.svc", "10.0.0.13"];
        assert!(written(other, "prod").unwrap_err().contains("prod, test"));
        assert!(written(["redis-0.redis.prod.svc", "10.0.0.12", "10.0.0.13"], "test").is_err());
        for via in ["", "Prod", "-n", "a/", "/a", "-c/a", "a;b/c", "$(a)", "a b"] {
            assert!(Via::parse(via).is_err(), "{via}");
        }
        let arn = Via::parse("arn:aws:eks:eu-west-1:012345678901:cluster/prod/redis").unwrap();
        assert_eq!(arn.context.unwrap(), "arn:aws:eks:eu-west-1:012345678901:cluster/prod");
    }
}
