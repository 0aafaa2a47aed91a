//! One server name is verified on every node, and the nodes have certificates of their own.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, outlook::Step},
    facts::{Certificate, Host, NodeId},
    names::{Speaks, speaks_for},
};

pub(super) const CHECK: Check = Check {
    code: "fixed-server-name",
    severity: Severity::Error,
    expects: "A server name that is fixed for all nodes is in the certificate of each.",
    explain: "`--server-name` here, `tls.servername` in node-redis and ioredis, ServerName in Go: one name that is compared on \
              every node, whatever its address. It is right where all nodes share a certificate. Where each has its own, the \
              node of that name works and all others fail, although each would be fine under the address that it announces.",
    transient: false,
    explains: &["san-mismatch", "credentials-withheld"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(fixed) = &context.snapshot.target.server_name else { return };
    let (mut subjects, mut nodes): (Vec<Subject>, Vec<&NodeId>) = (Vec::new(), Vec::new());
    let mut first: Option<&Certificate> = None;
    for (node, attempts) in context.nodes() {
        let Some(chain) = context.chain_of(node, attempts) else { continue };
        let Some(announced) = context.preferred(node).filter(|_| !context.is_led(node)) else { continue };
        let speaks = |host: &Host| speaks_for(&chain.leaf, host) == Speaks::Yes;
        if speaks(fixed) || !speaks(&announced.host) {
            verdicts.pass();
            continue;
        }
        subjects.push(context.node(node));
        nodes.push(&node.id);
        first.get_or_insert(&chain.leaf);
    }
    let Some(leaf) = first else { return };
    let presented = leaf.names.iter().take(6).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    verdicts.fail(Problem {
        title: format!("{fixed} is verified on every node, and these have certificates of their own"),
        subjects,
        expected: format!("{fixed} in every certificate, or each node verified as the host that it announces"),
        presented,
        clients: context.affected_at_nodes(&nodes, &[Step::TlsName]),
        remedies: vec![
            Remedy {
                audience: Audience::Client,
                text: "Leave the fixed name out: each certificate speaks for the host that its node announces."
                    .to_owned(),
                lines: Vec::new(),
                proof: None,
            },
            Remedy {
                audience: Audience::Certificate,
                text: "Or have the name put into every certificate beside its own.".to_owned(),
                lines: vec![format!("subjectAltName = DNS:{fixed}, …")],
                proof: None,
            },
        ],
    });
}
