//! Behind one name stand a primary and replicas.

use crate::{
    diagnosis::{Audience, Behind, Check, Context, Problem, Remedy, Severity, Verdicts, is_for_readers},
    facts::Kind,
};

pub(super) const CHECK: Check = Check {
    code: "dns-answer-replica",
    severity: Severity::Warning,
    expects: "All servers behind the endpoint's name have one role.",
    explain: "Outside Redis Cluster a client stays with the server that the name led it to. Where one address is the primary \
              and another a replica, chance decides which clients get \"READONLY You can't write against a read only \
              replica\". Mostly it is the record of a primary from before a failover that nobody took away, or a Kubernetes \
              service that selects every pod. In Redis Cluster it is as it should be: clients ask any node for the others.",
    transient: true,
    explains: &["name-leads-to-replica"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let alone = context.topology().is_some_and(|t| matches!(t.kind, Kind::Standalone | Kind::Replication));
    let behind = context.behind_the_name();
    let in_role = |role: &str| -> Vec<&Behind<'_>> {
        behind.iter().filter(|behind| !behind.by_dns_alone && behind.role() == Some(role)).collect()
    };
    let (primaries, replicas) = (in_role("master"), in_role("slave"));
    if !alone || is_for_readers(&context.snapshot.target.endpoint.host) || primaries.len() + replicas.len() < 2 {
        return;
    }
    if primaries.is_empty() || replicas.is_empty() {
        return verdicts.pass();
    }
    let name = &context.snapshot.target.endpoint.host;
    let listed = |role: &str, behind: &[&Behind<'_>]| {
        let shown: Vec<String> = behind.iter().take(4).map(|behind| behind.ip.to_string()).collect();
        format!("{role} {}", shown.join(", "))
    };
    let addresses: Vec<_> = primaries.iter().map(|behind| behind.ip).collect();
    let in_hosts = context.lookup().is_some_and(|lookup| lookup.in_hosts_file);
    verdicts.fail(Problem {
        title: format!("{name} leads to the primary and to {}: writes fail by chance", if replicas.len() == 1 { "a replica" } else { "replicas" }),
        subjects: vec![context.endpoint()],
        expected: "a name of its own for the primary".to_owned(),
        presented: format!("{}; {}", listed("primary", &primaries), listed("replica", &replicas)),
        remedies: vec![
            Remedy {
                audience: Audience::Network,
                text: format!(
                    "Have the name lead to the primary alone, and take the other records away{}.",
                    if in_hosts { " (/etc/hosts of this machine has it)" } else { "" }
                ),
                lines: context.records(&addresses, in_hosts),
                proof: Some("dialled: that one says role:master".to_owned()),
            },
            Remedy {
                audience: Audience::Client,
                text: "Or use a client that asks for the role: Sentinel, or a client for replication that is given every address \
                       (primary-replica in Lettuce, replication in Redisson)."
                    .to_owned(),
                lines: Vec::new(),
                proof: None,
            },
        ],
        ..Problem::default()
    });
}
