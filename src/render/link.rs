//! What the connections themselves are like: what was agreed on, and what further handshakes showed. Nodes that are alike
//! share a line.

use super::{
    Page,
    node::Look,
    sheet::{Ink, Sheet},
    words,
};
use crate::facts::{Attempt, ClientAuth, ClientCertificate, NameLook, Observed, ServerHello, Snapshot, TlsLooks};

/// Addresses that are named in a line before they are counted.
const NAMED: usize = 2;

/// Lines of one kind before they are counted.
const ALIKE: usize = 4;

/// The block, where there is anything to say.
pub(super) fn link(sheet: &mut Sheet<'_>, page: &Page<'_>, looks: &[Look<'_>]) {
    let seen = seen(page, looks);
    let mut lines = Lines::default();
    for (address, attempt) in &seen {
        lines.add("agreed", address, attempt.tls().map(|tls| tls.agreed().collect::<Vec<_>>().join(", ")));
        lines.add("takes", address, attempt.hello.as_ref().and_then(Observed::seen).map(hello));
        let Some(further) = &attempt.looks else { continue };
        lines.add("accepts", address, accepts(further));
        lines.add("clients", address, Some(clients(further)));
        for look in &further.names {
            let label = if look.sni.is_some() { "other SNI" } else { "no SNI" };
            lines.add(label, address, Some(named(page.snapshot, attempt, look)));
        }
    }
    if lines.0.is_empty() {
        return;
    }
    sheet.gap();
    sheet.hang("connections", Ink::Note, 2, "");
    sheet.entry("given", &page.snapshot.target.client_certificate.as_ref().map(given).unwrap_or_default());
    let most = if sheet.verbose() { usize::MAX } else { ALIKE };
    for alike in lines.0.chunk_by(|(one, ..), (other, ..)| one == other) {
        for (label, text, of) in alike.iter().take(most) {
            sheet.entry(label, &format!("{text}{}", whose(of, seen.len())));
        }
        if alike.len() > most {
            sheet.entry(alike[0].0, &format!("and {} others (-v)", alike.len() - most));
        }
    }
    let further = seen.iter().filter(|(_, attempt)| attempt.looks.is_some()).count();
    if further > 0 && further < seen.len() {
        sheet.entry("of them", &format!("{further} of {} were looked at further", words::count(seen.len(), "node")));
    }
}

/// One attempt for each node, the one that its row tells of; the endpoint's own where there are no nodes.
pub(super) fn seen<'a>(page: &Page<'a>, looks: &[Look<'a>]) -> Vec<(String, &'a Attempt)> {
    let told = |look: &Look<'a>| {
        let attempts = look.attempts.iter();
        let further = attempts.clone().find(|attempt| attempt.looks.is_some());
        let told = further.or_else(|| attempts.clone().find(|a| a.tls().is_some() || a.hello.is_some()))?;
        Some((look.node.address.to_string(), told))
    };
    let seen: Vec<_> = looks.iter().filter_map(told).collect();
    if looks.is_empty() { vec![(page.snapshot.target.endpoint.to_string(), &page.snapshot.seed)] } else { seen }
}

/// Label, text, and of whom: those that are alike once, in the order in which they came up, labels together.
#[derive(Default)]
struct Lines<'a>(Vec<(&'static str, String, Vec<&'a str>)>);

impl<'a> Lines<'a> {
    fn add(&mut self, label: &'static str, address: &'a str, text: Option<String>) {
        let Some(text) = text else { return };
        if let Some((_, _, of)) = self.0.iter_mut().find(|(l, t, _)| *l == label && *t == text) {
            return of.push(address);
        }
        let after = self.0.iter().rposition(|(l, ..)| *l == label).map_or(self.0.len(), |last| last + 1);
        self.0.insert(after, (label, text, vec![address]));
    }
}

/// Nothing where it is said of all.
fn whose(of: &[&str], all: usize) -> String {
    match of.len() {
        n if n == all => String::new(),
        n if n <= NAMED => format!(" ({})", of.join(", ")),
        n => format!(" ({})", words::count(n, "node")),
    }
}

/// The client certificate that was given, and until when it is good.
fn given(given: &ClientCertificate) -> String {
    let leaf = &given.chain.leaf;
    let with = match given.chain.rest.len() {
        0 => String::new(),
        n => format!(" and {}", words::count(n, "issuer")),
    };
    let key = if given.key_fits == Some(false) { "; ✗ the key is another's" } else { "" };
    let until = words::instant(leaf.not_after);
    format!("the client certificate {}{with} ({}), valid until {until}{key}", leaf.subject, given.file)
}

fn accepts(looks: &TlsLooks) -> Option<String> {
    let of = |version: &crate::facts::VersionLook| match &version.accepted {
        Observed::Seen(()) => Some(version.version.clone()),
        Observed::Failed(failure) if failure.alert().is_some() => Some(format!("no {}", version.version)),
        Observed::Failed(failure) => Some(format!("{}: {}", version.version, words::failure(failure))),
        Observed::NotTried(_) => None,
    };
    let all: Vec<String> = looks.versions.iter().filter_map(of).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

fn clients(looks: &TlsLooks) -> String {
    match &looks.client_auth {
        Observed::Seen(ClientAuth::None) => "are not asked for a certificate".to_owned(),
        Observed::Seen(ClientAuth::Optional) => "are asked for a certificate and may have none".to_owned(),
        Observed::Seen(ClientAuth::Required) => "must have a certificate".to_owned(),
        Observed::Failed(failure) => {
            format!("what becomes of those without a certificate: {}", words::failure(failure))
        }
        Observed::NotTried(why) => why.clone(),
    }
}

fn named(snapshot: &Snapshot, attempt: &Attempt, look: &NameLook) -> String {
    let name = look.sni.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
    let own = snapshot.chain(attempt).map(|chain| &chain.leaf.fingerprint);
    let what = match &look.chain {
        Observed::Seen(chain) => match snapshot.chains.get(*chain) {
            // Whatever the name was.
            Some(other) if Some(&other.leaf.fingerprint) == own => return "the same certificate".to_owned(),
            Some(other) => format!("chain {}, {}", chain + 1, other.leaf.subject),
            None => "a certificate that was not kept".to_owned(),
        },
        Observed::Failed(failure) => match failure.alert() {
            Some(alert) => format!("✗ alert {alert}"),
            None => format!("✗ {}", words::failure(failure)),
        },
        Observed::NotTried(why) => why.clone(),
    };
    format!("{name}{what}")
}

fn hello(hello: &ServerHello) -> String {
    let group = hello.group.as_ref().map(|group| format!(", {group}")).unwrap_or_default();
    let prime = hello.dh_bits.map(|bits| format!(", a prime of {bits} bits")).unwrap_or_default();
    let chain = hello.chain.map(|chain| format!(", chain {}", chain + 1)).unwrap_or_default();
    format!("{}, {}{group}{prime}{chain}, when offered everything", hello.version, hello.suite)
}
