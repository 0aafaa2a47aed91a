//! The same for machines: what the connections themselves are like.

use super::{
    Page,
    contract::{AgreedView, ConnectionView, HelloView, NameView},
    link::seen,
    node::looks,
};
use crate::facts::{Attempt, ClientAuth, NameLook, Observed, ServerHello, Snapshot, TlsLooks, TlsSession};

/// Those of which there is more to say than their rows do.
pub(super) fn connections<'a>(page: &Page<'a>) -> Vec<ConnectionView<'a>> {
    let looks = looks(page);
    let all = seen(page, &looks).into_iter();
    let is_telling = |attempt: &Attempt| attempt.looks.is_some() || attempt.hello.is_some();
    let alone = looks.is_empty();
    let told = all.filter(|(_, attempt)| is_telling(attempt) || (alone && attempt.tls().is_some()));
    told.map(|(address, attempt)| connection(page.snapshot, address, attempt)).collect()
}

/// What a handshake came to.
pub(super) fn agreed(session: &TlsSession) -> AgreedView<'_> {
    AgreedView {
        version: &session.version,
        suite: &session.suite,
        group: session.group.as_deref(),
        signature_scheme: session.signature.as_deref(),
        sni: session.sni.as_deref(),
    }
}

fn connection<'a>(snapshot: &'a Snapshot, address: String, attempt: &'a Attempt) -> ConnectionView<'a> {
    let looks = attempt.looks.as_ref();
    ConnectionView {
        address,
        agreed: attempt.tls().map(agreed),
        accepts: looks.map(accepts),
        client_certificate: looks.and_then(|looks| looks.client_auth.seen()).map(|auth| match auth {
            ClientAuth::None => "none",
            ClientAuth::Optional => "optional",
            ClientAuth::Required => "required",
        }),
        names: looks.iter().flat_map(|looks| &looks.names).map(|look| name(snapshot, look)).collect(),
        hello: attempt.hello.as_ref().and_then(Observed::seen).map(|heard| hello(snapshot, heard)),
    }
}

fn accepts(looks: &TlsLooks) -> Vec<&str> {
    let accepted = looks.versions.iter().filter(|look| look.accepted.seen().is_some());
    accepted.map(|look| look.version.as_str()).collect()
}

fn name<'a>(snapshot: &'a Snapshot, look: &'a NameLook) -> NameView<'a> {
    NameView {
        sni: look.sni.as_deref(),
        fingerprint: look.chain.seen().and_then(|chain| fingerprint(snapshot, *chain)),
    }
}

fn hello<'a>(snapshot: &'a Snapshot, heard: &'a ServerHello) -> HelloView<'a> {
    HelloView {
        version: &heard.version,
        suite: &heard.suite,
        group: heard.group.as_deref(),
        dh_bits: heard.dh_bits,
        fingerprint: heard.chain.and_then(|chain| fingerprint(snapshot, chain)),
        client_certificate_requested: heard.client_cert.requested,
        client_certificate_issuers: &heard.client_cert.issuers,
    }
}

fn fingerprint(snapshot: &Snapshot, chain: usize) -> Option<&str> {
    snapshot.chains.get(chain).map(|chain| chain.leaf.fingerprint.as_str())
}
