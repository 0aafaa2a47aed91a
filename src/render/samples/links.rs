//! Connections of which more is known than one handshake tells.

use crate::facts::{
    ClientAuth, ClientCertRequest, ClientCertificate, Failure, FailureKind, NameLook, Observed, ServerHello, Snapshot,
    Stage, TlsLooks, VersionLook,
};

/// Two nodes that are alike, one that is not, and one that has nothing but an old version.
pub(super) fn look_further(snapshot: &mut Snapshot) {
    let alert = |name: &str| Failure {
        stage: Stage::Handshake,
        kind: FailureKind::TlsAlert,
        detail: format!("received fatal alert: {name}"),
    };
    let looks = |older, auth, sni: Option<&str>, chain| TlsLooks {
        versions: vec![
            VersionLook { version: "TLSv1.2".into(), accepted: older },
            VersionLook { version: "TLSv1.3".into(), accepted: Observed::Seen(()) },
        ],
        names: vec![NameLook { sni: sni.map(str::to_owned), chain }],
        client_auth: Observed::Seen(auth),
    };
    let like = looks(Observed::Seen(()), ClientAuth::Optional, None, Observed::Seen(0));
    let unlike = looks(
        Observed::Failed(alert("ProtocolVersion")),
        ClientAuth::Required,
        Some("10.0.0.1"),
        Observed::Failed(alert("UnrecognisedName")),
    );
    let old = ServerHello {
        version: "TLSv1.0".into(),
        suite: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA".into(),
        group: None,
        dh_bits: Some(1024),
        chain: Some(0),
        client_cert: ClientCertRequest { requested: true, issuers: vec!["CN=Example Root".into()] },
    };
    snapshot.target.client_certificate_given = true;
    snapshot.target.client_certificate = Some(ClientCertificate {
        file: "app.pem".into(),
        key_file: "app.key".into(),
        chain: snapshot.chains[0].clone(),
        key_fits: Some(false),
    });
    let mut attempts = snapshot.nodes.iter_mut().filter_map(|node| node.attempts.first_mut());
    for looks in [like.clone(), like, unlike] {
        if let Some(attempt) = attempts.next() {
            attempt.looks = Some(looks);
        }
    }
    if let Some(attempt) = attempts.next() {
        attempt.hello = Some(Observed::Seen(old));
    }
}
