//! The certificate is for the endpoint's name, and some clients verify the address that it resolves to.

use crate::{
    clients::{self, Client, Resolves},
    diagnosis::{Affected, Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::Host,
    names::{Speaks, speaks_for},
};

pub(super) const CHECK: Check = Check {
    code: "name-ok-ip-not",
    severity: Severity::Info,
    expects: "Clients verify the name that they were given.",
    explain: "The servers are as they should be. Some clients resolve the endpoint's name before they speak TLS, and then look for \
              the address in the certificate: ioredis in cluster mode, and StackExchange.Redis with resolveDns=true. An address \
              that nobody typed stands in their error (\"IP: 10.0.0.5 is not in the cert's list\"), or they retry without a word. \
              Tell them to leave the name alone; the certificate needs no change, and verification stays on. It is only told \
              where nothing else about names is wrong.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let snapshot = context.snapshot;
    let given = &snapshot.target.endpoint.host;
    let (Some(chain), Some(socket)) = (snapshot.chain(&snapshot.seed), snapshot.seed.socket) else { return };
    let is_told = snapshot.target.server_name.is_some() || snapshot.seed.named.is_some();
    let ip = Host::Ip(socket.ip());
    let speaks = |host: &Host| speaks_for(&chain.leaf, host) == Speaks::Yes;
    if !context.is_cluster() || is_told || given.name().is_none() || !speaks(given) {
        return;
    }
    if speaks(&ip) || !is_all_well(context) {
        return verdicts.pass();
    }
    let resolves = |client: &&Client| client.resolves == Resolves::Seeds;
    let is_one = |affected: &Affected| {
        clients::by_id(affected.id).filter(|client| resolves(client)).any(|client| client.versions == affected.versions)
    };
    let clients: Vec<Affected> = context.affected_at(&chain.leaf, &ip).into_iter().filter(is_one).collect();
    if clients.is_empty() {
        return verdicts.pass();
    }
    verdicts.fail(Problem {
        title: format!("the certificate is for {given}, and not for {ip}, which some clients verify in its place"),
        subjects: vec![context.endpoint()],
        expected: format!("clients that verify {given}"),
        presented: format!("{given} resolves to {ip}, which the certificate does not hold, and need not"),
        clients,
        remedies: vec![
            Remedy {
                audience: Audience::Client,
                text: "ioredis: pass the names of seeds through.".to_owned(),
                lines: vec!["dnsLookup: (address, callback) => callback(null, address)".to_owned()],
                proof: None,
            },
            Remedy {
                audience: Audience::Client,
                text: "StackExchange.Redis: leave names to the connection, as it does unless told otherwise."
                    .to_owned(),
                lines: vec!["resolveDns=false".to_owned()],
                proof: None,
            },
        ],
    });
}

/// Every node is verified by what most clients follow; else another finding says more.
fn is_all_well(context: &Context<'_>) -> bool {
    context.nodes().all(|(node, attempts)| {
        let leaf = context.chain_of(node, attempts).map(|chain| &chain.leaf);
        leaf.zip(context.followed_as(node)).is_some_and(|(leaf, host)| speaks_for(leaf, &host) == Speaks::Yes)
    })
}
