//! A node announces a host name that is none, or that is read as something else.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{Announced, Host, Kind, Node},
};

pub(super) const CHECK: Check = Check {
    code: "hostname-invalid",
    severity: Severity::Warning,
    expects: "Announced host names are plain ones: letters, digits and hyphens, labels joined by dots.",
    explain: "What is announced is compared, looked up and put into URLs as it stands. A dot at the end is right for DNS, \
              and another text for certificates, maps and hosts files (glibc finds no such line). A name whose last label is a number is read as an address by most \
              resolvers (10.5 is 10.0.0.5, RFC 3493 §6.1 by way of inet_aton). Labels end at 63 octets and names at 253 (RFC 1035 \
              §2.3.4), and letters beyond ASCII have to be written in their IDNA form (xn--…). Redis takes letters, digits, \
              hyphens and dots in cluster-announce-hostname, of whatever length up to 255; underscores come in by \
              cluster-announce-ip and by Sentinel, and TLS stacks part over them (host-refused-by-some).",
    transient: false,
    explains: &["host-refused-by-some", "hostname-in-metadata", "hostname-unresolvable"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut subjects: Vec<Subject> = Vec::new();
    let mut shown: Vec<String> = Vec::new();
    for (node, _) in context.nodes() {
        match fault(node, &context.snapshot.target.endpoint.host) {
            None => verdicts.pass(),
            Some(fault) => {
                subjects.push(context.node(node));
                shown.push(fault);
            }
        }
    }
    let is_cluster = context.topology().is_some_and(|t| t.kind == Kind::Cluster);
    let option = if is_cluster { "cluster-announce-hostname" } else { "replica-announce-ip" };
    // A replica says where it is only when it connects to its primary.
    let again = (!is_cluster).then(|| "CLIENT KILL TYPE master".to_owned());
    shown.dedup();
    shown.truncate(3);
    verdicts.fail(Problem {
        title: "nodes announce host names that are none, or that clients read otherwise".to_owned(),
        subjects,
        expected: "a full name of letters, digits, hyphens and dots, without a dot at its end".to_owned(),
        presented: shown.join("; "),
        remedies: vec![Remedy {
            audience: Audience::Server,
            text: "Announce the full name as it stands in the certificate and in DNS.".to_owned(),
            lines: [format!("CONFIG SET {option} FULL-NAME")].into_iter().chain(again).collect(),
            proof: None,
        }],
        ..Problem::default()
    });
}

/// What is wrong with the names of a node; a server that announces nothing is called as it was given, which is another
/// matter. What cannot be dialled at all is told by endpoint-unknown.
fn fault(node: &Node, given: &Host) -> Option<String> {
    let address = &node.address;
    if let Announced::Unusable(_) = &address.hostname {
        let text: String = address.hostname.to_string().chars().take(80).collect();
        return Some(format!("\"{text}\" is no host name"));
    }
    let announced = [&address.preferred, &address.hostname].into_iter().filter_map(Announced::host);
    let names = announced.filter(|host| *host != given).filter_map(Host::name);
    names.into_iter().find_map(|name| {
        let bare = name.trim_end_matches('.');
        let last = bare.rsplit('.').next().unwrap_or(bare);
        if last.bytes().all(|b| b.is_ascii_digit()) {
            Some(format!("{name} is read as an address"))
        } else {
            (bare.len() < name.len()).then(|| format!("{name} ends with a dot"))
        }
    })
}
