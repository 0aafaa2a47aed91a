//! The password taken out of everything that servers said: one that echoes it must not get it into a report.
//!
//! One walk over the finished snapshot, so that no place where text is kept can be forgotten while looking. Text that people
//! read loses every occurrence. Names and ids are what the diagnosis goes by, and `redis` is a password too: they lose
//! only what is long enough to be a secret and was not typed by the user in the open.

use std::borrow::Cow;

use crate::facts::{
    Announced, Attempt, AuthOutcome, Built, Connection, Difference, Endpoint, Failure, Host, NameLook, Names, Node,
    NodeId, Observed, Server, Sight, Snapshot, Spoke, Stranger, TlsLooks, Topology, View,
};

/// Shorter ones would tear ordinary words apart, and are no secret.
const IN_TEXT: usize = 3;

/// From this length on a password does not occur in names and ids by chance.
const IN_NAMES: usize = 6;

/// How much of it at the end of a text that was cut there gives it away.
const TELLING: usize = 4;

/// What INFO, HELLO and ROLE say in fixed words, which are no echo.
const VOCABULARY: [&str; 10] =
    ["redis", "valkey", "standalone", "cluster", "sentinel", "master", "slave", "up", "down", "Amazon ElastiCache"];

/// Takes the password out of a snapshot.
pub(super) fn redact(snapshot: &mut Snapshot, password: &str) {
    if password.chars().count() < IN_TEXT {
        return;
    }
    let target = &snapshot.target;
    let typed =
        [Some(target.endpoint.to_string()), target.server_name.as_ref().map(Host::to_string), target.sni.clone()];
    let in_the_open = typed.iter().flatten().any(|text| text.contains(password));
    let secret = Secret {
        forms: [
            password.to_owned(),
            password.as_bytes().escape_ascii().to_string(),
            password.escape_debug().to_string(),
        ],
        in_names: password.chars().count() >= IN_NAMES && !in_the_open,
    };
    secret.attempt(&mut snapshot.seed);
    for probe in &mut snapshot.nodes {
        secret.id(&mut probe.id);
        probe.attempts.iter_mut().for_each(|attempt| secret.attempt(attempt));
    }
    snapshot.also.iter_mut().chain(&mut snapshot.again).for_each(|attempt| secret.attempt(attempt));
    for alias in &mut snapshot.aliases {
        std::iter::once(&mut alias.name)
            .chain(&mut alias.leads_to)
            .chain(&mut alias.certified)
            .for_each(|name| secret.host(name));
        alias.looks.iter_mut().for_each(|attempt| secret.attempt(attempt));
    }
    secret.names(&mut snapshot.names);
    snapshot.buses.iter_mut().for_each(|look| secret.id(&mut look.node));
    match &mut snapshot.topology {
        Observed::Seen(topology) => secret.topology(topology),
        Observed::Failed(failure) => secret.failure(failure),
        Observed::NotTried(_) => {}
    }
}

fn failed<T>(seen: &mut Observed<T>) -> Option<&mut Failure> {
    match seen {
        Observed::Failed(failure) => Some(failure),
        Observed::Seen(_) | Observed::NotTried(_) => None,
    }
}

struct Secret {
    /// As it is, and as it looks where text was escaped.
    forms: [String; 3],
    in_names: bool,
}

impl Secret {
    fn text(&self, text: &mut String) {
        for form in &self.forms {
            if text.contains(form.as_str()) {
                *text = text.replace(form.as_str(), "***");
            }
            let end = text.trim_end_matches(['"', '\'', '\\']).len();
            let cut = form.char_indices().map(|(at, _)| &form[..at]).rev();
            if let Some(start) = cut.filter(|start| start.len() >= TELLING).find(|start| text[..end].ends_with(start)) {
                text.replace_range(end - start.len()..end, "***");
            }
        }
    }

    /// A name with the password in it, without it; still a name.
    fn named<'t>(&self, text: &'t str) -> Option<Cow<'t, str>> {
        (self.in_names && text.contains(&self.forms[0])).then(|| text.replace(&self.forms[0], "redacted").into())
    }

    fn name(&self, text: &mut String) {
        if let Some(clean) = self.named(text).map(Cow::into_owned) {
            *text = clean;
        }
    }

    fn id(&self, id: &mut NodeId) {
        if let Some(clean) = self.named(id.as_str()).and_then(|text| NodeId::from_wire(text.as_bytes())) {
            *id = clean;
        }
    }

    fn host(&self, host: &mut Host) {
        if let Some(clean) = host.name().and_then(|name| self.named(name)) {
            *host = clean.parse().unwrap_or_else(|_| Host::Name("redacted".to_owned()));
        }
    }

    fn endpoint(&self, endpoint: &mut Endpoint) {
        self.host(&mut endpoint.host);
    }

    fn announced(&self, announced: &mut Announced) {
        match announced {
            Announced::Host(host) => self.host(host),
            Announced::Unusable(text) => self.text(text),
            Announced::Absent | Announced::Nil | Announced::Empty | Announced::QuestionMark => {}
        }
    }

    fn names(&self, names: &mut Names) {
        for lookup in &mut names.lookups {
            self.host(&mut lookup.name);
            if let Some(failure) = failed(&mut lookup.system) {
                self.failure(failure);
            }
            lookup.dns.iter_mut().flat_map(|dns| &mut dns.leads_to).for_each(|name| self.host(name));
        }
        names.behind.iter_mut().for_each(|attempt| self.attempt(attempt));
    }

    fn failure(&self, failure: &mut Failure) {
        self.text(&mut failure.detail);
    }

    fn attempt(&self, attempt: &mut Attempt) {
        attempt.candidates.iter_mut().for_each(|(_, endpoint)| self.endpoint(endpoint));
        self.host(&mut attempt.server_name);
        attempt.named.iter_mut().for_each(|name| self.host(name));
        match &mut attempt.connection {
            Observed::Seen(connection) => self.connection(connection),
            Observed::Failed(failure) => self.failure(failure),
            Observed::NotTried(_) => {}
        }
        self.further(attempt);
        match &mut attempt.spoke {
            Some(Spoke::PlainRedis(text) | Spoke::Unknown(text) | Spoke::Other(Stranger { says: text, .. })) => {
                self.text(text);
            }
            Some(Spoke::Tls | Spoke::Spiped | Spoke::ProxyHeader(_) | Spoke::ClusterBus(_) | Spoke::Closes { .. })
            | None => {}
        }
    }

    /// What was heard beside the connection.
    fn further(&self, attempt: &mut Attempt) {
        match &mut attempt.hello {
            Some(Observed::Seen(hello)) => hello.client_cert.issuers.iter_mut().for_each(|name| self.text(name)),
            Some(Observed::Failed(failure)) => self.failure(failure),
            Some(Observed::NotTried(_)) | None => {}
        }
        let looks = attempt.looks.iter_mut().flat_map(|looks| &mut looks.names);
        for look in looks.chain(&mut attempt.by_name) {
            self.look(look);
        }
        let Some(TlsLooks { versions, client_auth, .. }) = &mut attempt.looks else { return };
        let versions = versions.iter_mut().filter_map(|look| failed(&mut look.accepted));
        versions.chain(failed(client_auth)).for_each(|failure| self.failure(failure));
    }

    fn look(&self, look: &mut NameLook) {
        look.sni.iter_mut().for_each(|sni| self.name(sni));
        if let Some(failure) = failed(&mut look.chain) {
            self.failure(failure);
        }
    }

    fn connection(&self, connection: &mut Connection) {
        let Connection { tls, auth, identity, server, own_address, refusals, cut, watch, .. } = connection;
        match tls {
            Observed::Seen(session) => {
                if let Some(sni) = &mut session.sni {
                    self.name(sni);
                }
                session.client_cert.issuers.iter_mut().for_each(|name| self.text(name));
            }
            Observed::Failed(failure) => self.failure(failure),
            Observed::NotTried(_) => {}
        }
        match auth {
            Observed::Seen(AuthOutcome::Superfluous(text)) => self.text(text),
            Observed::Failed(failure) => self.failure(failure),
            Observed::Seen(AuthOutcome::NotNeeded | AuthOutcome::Accepted) | Observed::NotTried(_) => {}
        }
        match identity {
            Observed::Seen(id) => self.id(id),
            Observed::Failed(failure) => self.failure(failure),
            Observed::NotTried(_) => {}
        }
        match server {
            Observed::Seen(server) => self.server(server),
            Observed::Failed(failure) => self.failure(failure),
            Observed::NotTried(_) => {}
        }
        if let Some(address) = own_address {
            self.name(address);
        }
        for refusal in refusals {
            self.text(&mut refusal.answer);
        }
        if let Some(failure) = cut {
            self.failure(failure);
        }
        for group in watch.iter_mut().flat_map(|watch| &mut watch.groups) {
            self.name(&mut group.name);
            let members = group.replicas.iter_mut().chain(&mut group.peers);
            group.primary.iter_mut().chain(members).for_each(|node| self.node(node));
        }
    }

    fn server(&self, server: &mut Server) {
        let Server {
            product,
            version,
            mode,
            role,
            run_id,
            replication_id,
            primary,
            primary_link,
            replicas,
            os,
            built,
            memory,
            ..
        } = server;
        let Built { gcc, enterprise, zone } = built;
        let policy = &mut memory.policy;
        for text in
            [product, version, mode, role, primary_link, os, gcc, enterprise, zone, policy].into_iter().flatten()
        {
            if !VOCABULARY.contains(&text.as_str()) {
                self.text(text);
            }
        }
        for id in [run_id, replication_id].into_iter().flatten() {
            self.name(id);
        }
        for endpoint in primary.iter_mut().chain(replicas) {
            self.endpoint(endpoint);
        }
    }

    fn topology(&self, topology: &mut Topology) {
        for node in &mut topology.nodes {
            self.node(node);
        }
        for view in &mut topology.views {
            self.view(view);
        }
        topology.sights.iter_mut().for_each(|sight| self.sight(sight));
        let names = topology.groups.iter_mut().map(|group| &mut group.name).chain(&mut topology.other_groups);
        for text in names {
            self.name(text);
        }
        for group in &mut topology.groups {
            group.primary.iter_mut().chain(&mut group.replicas).chain(&mut group.sentinels).for_each(|id| self.id(id));
        }
        for text in &mut topology.malformed {
            self.text(text);
        }
    }

    fn node(&self, node: &mut Node) {
        self.id(&mut node.id);
        if let Some(id) = &mut node.primary {
            self.id(id);
        }
        let address = &mut node.address;
        for announced in [&mut address.preferred, &mut address.ip, &mut address.hostname] {
            self.announced(announced);
        }
    }

    fn sight(&self, sight: &mut Sight) {
        let Sight { node, silent, failed, lost, newcomers, open, .. } = sight;
        let listed = silent.iter_mut().chain(failed).chain(lost).chain(open.iter_mut().map(|slot| &mut slot.peer));
        std::iter::once(node).chain(listed).for_each(|id| self.id(id));
        for newcomer in newcomers {
            self.id(&mut newcomer.id);
            self.name(&mut newcomer.address);
        }
    }

    fn view(&self, view: &mut View) {
        for id in &mut view.members {
            self.id(id);
        }
        for difference in &mut view.differences {
            match difference {
                Difference::Lacks(id) => self.id(id),
                Difference::Endpoint(id, endpoint) => {
                    self.id(id);
                    self.name(endpoint);
                }
                Difference::Extra(node) | Difference::Says(node) => {
                    self.id(&mut node.id);
                    if let Some(id) = &mut node.primary {
                        self.id(id);
                    }
                    self.name(&mut node.address);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(password: &str) -> Secret {
        let forms =
            [password.to_owned(), password.as_bytes().escape_ascii().to_string(), password.escape_debug().to_string()];
        Secret { forms, in_names: true }
    }

    fn cleaned(password: &str, text: &str) -> String {
        let mut text = text.to_owned();
        secret(password).text(&mut text);
        text
    }

    #[test]
    fn echoes_are_taken_out_whole_cut_or_escaped() {
        assert_eq!(cleaned("hunter2", "-ERR wrong password 'hunter2' (hunter2)"), "-ERR wrong password '***' (***)");
        assert_eq!(cleaned("hunter2", "a long text that was cut at hunte"), "a long text that was cut at ***");
        assert_eq!(
            cleaned("hunter2", "byte 'x' starts no RESP reply: \"hunt\""),
            "byte 'x' starts no RESP reply: \"***\""
        );
        assert_eq!(cleaned("pass'\"w", "begins with pass\\'\\\"w"), "begins with ***");
        assert_eq!(cleaned("pässwörd", "WRONG pässwörd"), "WRONG ***");
        assert_eq!(cleaned("hunter2", "NOAUTH Authentication required."), "NOAUTH Authentication required.");
    }

    #[test]
    fn what_was_heard_beside_the_connection_is_cleaned_as_well() {
        let failed = |detail: &str| Failure {
            stage: crate::facts::Stage::Handshake,
            kind: crate::facts::FailureKind::Other,
            detail: detail.to_owned(),
        };
        let endpoint: Endpoint = "hunter2.example.com:6379".parse().unwrap();
        let mut attempt = crate::probe::candidates::unresolved(
            crate::facts::Candidate::Preferred,
            endpoint,
            crate::facts::Transport::Tls,
            failed("hunter2"),
        );
        let look = |sni: &str| crate::facts::NameLook {
            sni: Some(sni.to_owned()),
            chain: Observed::Failed(failed("no hunter2")),
        };
        attempt.hello = Some(Observed::Failed(failed("hunter2")));
        attempt.looks = Some(TlsLooks {
            versions: Vec::new(),
            names: vec![look("hunter2.example.com")],
            client_auth: Observed::Failed(failed("hunter2")),
        });
        secret("hunter2").attempt(&mut attempt);
        let text = serde_json::to_string(&attempt).unwrap();
        assert!(!text.contains("hunter2") && text.contains("redacted.example.com"), "{text}");
    }

    #[test]
    fn names_stay_names() {
        let mut host: Host = "hunter2.example.com".parse().unwrap();
        secret("hunter2").host(&mut host);
        assert_eq!(host.to_string(), "redacted.example.com");
        let mut id = NodeId::from_wire(b"hunter2").unwrap();
        secret("hunter2").id(&mut id);
        assert_eq!(id.as_str(), "redacted");
    }
}
