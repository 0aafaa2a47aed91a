//! The server has TLS, but none that clients of today still speak.

use crate::{
    diagnosis::{Alike, Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{Attempt, Observed, ServerHello},
};

pub(super) const CHECK: Check = Check {
    code: "tls-too-old",
    severity: Severity::Error,
    expects: "The server has TLS 1.2 or 1.3 with a suite that every client of today offers.",
    explain: "Redis takes from tls-protocols, tls-ciphers and tls-ciphersuites what it offers, and a front in between has settings of \
              its own. TLS 1.0 and 1.1 (RFC 8996) are refused by Node 18, Python 3.10, Go 1.18, Java 11.0.11 and OpenSSL 3, and \
              all that is newer. Of TLS 1.2, rustls (redis-rs, fred) has nothing but ECDHE with AES-GCM or ChaCha20; Go has no \
              DHE, and since 1.22 no static RSA; Python since 3.10 refuses static RSA and SHA-1; Java since 24 static RSA. \
              After a handshake without common ground, redis-doctor sends a ClientHello with everything that there ever was, \
              and reads in clear what the server makes of it: version, suite and certificate. The server's own choice is \
              told; it may have others of the kind.",
    transient: false,
    explains: &["tls-handshake-failed", "endpoint-unreachable", "node-unreachable"],
    examine,
};

/// Where TLS became what clients of today speak.
const OLDEST: &str = "TLSv1.2";

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut found = Alike::default();
    let mut kinds = Vec::new();
    let mut note = |attempt: Option<&Attempt>, subject: Subject| match attempt.and_then(old) {
        Some((hello, age)) => {
            let presented = presented(context, hello);
            found.add(&presented, subject);
            kinds.push((presented, age));
        }
        None => verdicts.pass(),
    };
    note(Some(&context.snapshot.seed), context.endpoint());
    for (node, attempts) in context.nodes() {
        note(context.announced(attempts), context.node(node));
    }
    for (presented, subjects) in found {
        let Some((_, age)) = kinds.iter().find(|(text, _)| *text == presented) else { continue };
        verdicts.fail(Problem {
            title: age.title(),
            subjects,
            expected: format!("TLS 1.2 with ECDHE and AES-GCM, or TLS 1.3; {}", age.refused_by()),
            presented,
            remedies: age.remedies(),
            ..Problem::default()
        });
    }
}

/// What is old about it.
enum Age {
    Version(String),
    /// DHE.
    FiniteField,
    /// The client encrypts to the certificate's key, or both halves of the exchange are static.
    NoForwardSecrecy,
    /// CBC with ECDHE; over SHA-1 or not.
    Cbc {
        sha1: bool,
    },
    /// Nobody should have such a suite: export, NULL, anonymous, RC4, DES.
    Broken,
}

fn old(attempt: &Attempt) -> Option<(&ServerHello, Age)> {
    let Some(Observed::Seen(hello)) = &attempt.hello else { return None };
    Some((hello, age(hello)?))
}

/// `None` where the suite is one of today, and something else is missing.
fn age(hello: &ServerHello) -> Option<Age> {
    if hello.version.as_str() < OLDEST {
        return Some(Age::Version(hello.version.clone()));
    }
    let (exchange, cipher) = hello.suite.trim_start_matches("TLS_").split_once("_WITH_")?;
    let is_broken = ["NULL", "RC4", "DES_CBC_", "DES40", "EXPORT", "anon", "RC2"];
    if is_broken.iter().any(|word| hello.suite.contains(word)) {
        return Some(Age::Broken);
    }
    match exchange {
        exchange if exchange.starts_with("DHE") => Some(Age::FiniteField),
        exchange if !exchange.starts_with("ECDHE") => Some(Age::NoForwardSecrecy),
        _ if cipher.contains("CBC") => Some(Age::Cbc { sha1: cipher.ends_with("_SHA") }),
        _ => None,
    }
}

impl Age {
    fn title(&self) -> String {
        match self {
            Age::Version(version) => format!("the server speaks nothing newer than {version}"),
            Age::FiniteField => "the server's TLS 1.2 has no key exchange but DHE".to_owned(),
            Age::NoForwardSecrecy => "the server's TLS 1.2 has no key exchange with forward secrecy".to_owned(),
            Age::Cbc { .. } => "the server's TLS 1.2 has no cipher but CBC".to_owned(),
            Age::Broken => "the server's TLS 1.2 has no suite that is safe".to_owned(),
        }
    }

    /// Dialled: Node 20, Python 3.11, Go 1.26, JDK 17 and 25, rustls 0.23, each with its defaults.
    fn refused_by(&self) -> &'static str {
        match self {
            Age::Version(_) | Age::Broken => {
                "Node 18, Python 3.10, Go 1.18, Java 11.0.11, rustls and newer refuse anything less"
            }
            Age::FiniteField => "rustls and Go have no DHE",
            Age::NoForwardSecrecy => "rustls, Go 1.22, Python 3.10, Java 24 and newer refuse static keys",
            Age::Cbc { sha1: false } => "rustls and Go refuse it, others still take it",
            Age::Cbc { sha1: true } => "rustls and Python 3.10 and newer refuse it, others still take it",
        }
    }

    fn remedies(&self) -> Vec<Remedy> {
        let mut lines = vec!["tls-protocols \"TLSv1.2 TLSv1.3\"".to_owned()];
        if !matches!(self, Age::Version(_)) {
            lines.push("tls-ciphers ECDHE+AESGCM:ECDHE+CHACHA20".to_owned());
        }
        vec![
            Remedy {
                audience: Audience::Server,
                text: "Let the server offer what clients of today speak; without these lines it offers OpenSSL's defaults, which \
                       do too."
                    .to_owned(),
                lines,
                proof: None,
            },
            Remedy {
                audience: Audience::Network,
                text: "If it is a proxy or a load balancer that ends TLS here, mend its policy: the servers behind it may well be \
                       newer."
                    .to_owned(),
                lines: Vec::new(),
                proof: None,
            },
        ]
    }
}

fn presented(context: &Context<'_>, hello: &ServerHello) -> String {
    let leaf = hello.chain.and_then(|chain| context.snapshot.chains.get(chain)).map(|chain| &chain.leaf);
    let leaf = leaf.map(|leaf| format!("; certificate of \"{}\"", leaf.subject)).unwrap_or_default();
    let prime = hello.dh_bits.map(|bits| format!(" with a prime of {bits} bits")).unwrap_or_default();
    let wants = if hello.client_cert.requested { "; it asks for a client certificate" } else { "" };
    format!("{}, {}{prime}{leaf}{wants}", hello.version, hello.suite)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(version: &str, suite: &str) -> Option<String> {
        let hello = ServerHello { version: version.to_owned(), suite: suite.to_owned(), ..ServerHello::default() };
        age(&hello).map(|age| age.title().rsplit(' ').next().unwrap().to_owned())
    }

    #[test]
    fn what_is_old_is_told_from_what_is_not() {
        let title = |version, suite| title(version, suite).unwrap_or_default();
        assert_eq!(title("TLSv1.1", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"), "TLSv1.1");
        assert_eq!(title("SSLv3", "TLS_RSA_WITH_RC4_128_SHA"), "SSLv3");
        assert_eq!(title("TLSv1.2", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"), "DHE");
        assert_eq!(title("TLSv1.2", "TLS_RSA_WITH_AES_128_CBC_SHA256"), "secrecy");
        assert_eq!(title("TLSv1.2", "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256"), "secrecy");
        assert_eq!(title("TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"), "CBC");
        assert_eq!(title("TLSv1.2", "TLS_DH_anon_WITH_AES_128_GCM_SHA256"), "safe");
        assert_eq!(title("TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"), "", "P-521 alone");
        assert_eq!(title("TLSv1.3", "TLS_AES_128_GCM_SHA256"), "");
        assert_eq!(title("TLSv1.2", "0xfefe"), "");
    }
}
