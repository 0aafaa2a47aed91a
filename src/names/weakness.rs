//! What is weak about a chain, seen in its certificates: what some verifier refuses, will refuse one day, or has no use for.

mod ending;

use std::collections::HashSet;

pub use ending::{Ending, endings};

use super::common_name_only;
use crate::facts::{Certificate, CertificateChain, FlawKind, Step, Verifier};

/// Seconds.
const DAY: i64 = 86_400;

/// One weakness of one certificate; its code is that of the check which reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Weakness {
    /// Past its end, or before its start.
    OutOfDate,
    /// Valid, and not for long: see [`notice`].
    ExpiresSoon,
    /// CA:TRUE in the leaf.
    CaAsLeaf,
    /// X.509 version 1 or 2, which have no extensions and so no alternative names.
    OldVersion,
    /// A common name and no dNSName.
    CommonNameOnly,
    /// Signed over MD5 or SHA-1.
    WeakSignature,
    /// RSA of less than 2048 bits, an elliptic curve of less than 256, DSA.
    WeakKey,
    /// Sent before the certificate that it issued.
    Misordered,
    /// A root, which everybody who trusts it has; Redis sends one by itself where its CA file holds it.
    RootSent,
    /// No issuer of anything that was sent, or sent twice.
    Superfluous,
}

impl Weakness {
    /// The code of the check that reports it.
    pub fn code(self) -> &'static str {
        match self {
            Weakness::OutOfDate => "certificate-expired",
            Weakness::ExpiresSoon => "certificate-expires-soon",
            Weakness::CaAsLeaf => "ca-as-leaf",
            Weakness::OldVersion => "x509-v1",
            Weakness::CommonNameOnly => "common-name-only",
            Weakness::WeakSignature => "weak-signature",
            Weakness::WeakKey => "weak-key",
            Weakness::Misordered => "chain-misordered",
            Weakness::RootSent => "root-sent",
            Weakness::Superfluous => "chain-superfluous",
        }
    }

    /// Of no consequence to any known verifier.
    pub fn is_style(self) -> bool {
        matches!(self, Weakness::Misordered | Weakness::RootSent | Weakness::Superfluous)
    }
}

/// A weakness with the certificate that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weak<'a> {
    /// What.
    pub weakness: Weakness,
    /// Whose.
    pub certificate: &'a Certificate,
}

/// Every weakness at a time in seconds since 1970: certificate by certificate as sent, and then the anchors that `anchors`
/// holds of those at the end of a path. What is superfluous has no other weakness, since nobody looks at it.
pub fn weaknesses<'a>(chain: &'a CertificateChain, anchors: &'a [Certificate], now: i64) -> Vec<Weak<'a>> {
    let mut found = Vec::new();
    for (index, certificate) in chain.certificates().enumerate() {
        found.extend(of_one(chain, index, certificate, now).into_iter().map(|weakness| Weak { weakness, certificate }));
    }
    let sent: HashSet<&str> = chain.certificates().map(|c| c.fingerprint.as_str()).collect();
    let used = |anchor: &&Certificate| {
        let at_an_end = chain.judgements.iter().any(|judgement| judgement.anchor.as_ref() == Some(&anchor.fingerprint));
        at_an_end && !sent.contains(anchor.fingerprint.as_str())
    };
    let weak = anchors.iter().filter(used).filter(|anchor| has_weak_key(anchor));
    found.extend(weak.map(|certificate| Weak { weakness: Weakness::WeakKey, certificate }));
    found
}

fn of_one(chain: &CertificateChain, index: usize, certificate: &Certificate, now: i64) -> Vec<Weakness> {
    use Weakness::{
        CaAsLeaf, CommonNameOnly, ExpiresSoon, Misordered, OldVersion, OutOfDate, RootSent, Superfluous, WeakKey,
        WeakSignature,
    };
    let leaf = index == 0;
    if !leaf && !is_of_use(chain, index) {
        return vec![Superfluous];
    }
    let all = [
        (is_out_of_date(certificate, now), OutOfDate),
        (leaf && expires_soon(certificate, now), ExpiresSoon),
        (leaf && certificate.is_ca, CaAsLeaf),
        (certificate.version < 3 && (leaf || !certificate.is_self_issued()), OldVersion),
        (leaf && common_name_only(certificate), CommonNameOnly),
        (has_weak_signature(certificate), WeakSignature),
        (has_weak_key(certificate), WeakKey),
        (!leaf && is_misordered(chain, index), Misordered),
        (is_sent_root(chain, index), RootSent),
    ];
    all.into_iter().filter_map(|(holds, weakness)| holds.then_some(weakness)).collect()
}

/// Past its end, or before its start.
pub fn is_out_of_date(certificate: &Certificate, now: i64) -> bool {
    now > certificate.not_after || now < certificate.not_before
}

/// Valid, and within its [`notice`].
pub fn expires_soon(certificate: &Certificate, now: i64) -> bool {
    !is_out_of_date(certificate, now) && certificate.not_after.saturating_sub(now) < notice(certificate)
}

/// How long before its end somebody should know, in seconds: a tenth of its life. What lives up to 398 days (the most that
/// the CA/Browser Forum ever had since 2020) is renewed by machines, so that for it 14 days are enough; what lives longer
/// was made by hand, and that hand has to be found: up to 60 days.
pub fn notice(certificate: &Certificate) -> i64 {
    let life = certificate.not_after.saturating_sub(certificate.not_before);
    let most = if life <= 398 * DAY { 14 } else { 60 };
    (life / 10).min(most * DAY)
}

/// A signature over MD5 or SHA-1 that somebody verifies: that of a root upon itself nobody does.
pub fn has_weak_signature(certificate: &Certificate) -> bool {
    let digest = ["MD5", "SHA-1"].iter().any(|digest| certificate.signature.ends_with(digest));
    // RFC 8017 §A.2.4: MD2 stands here as its OID.
    let md2 = certificate.signature == "1.2.840.113549.1.1.2";
    (digest || md2) && !(certificate.is_self_issued() && certificate.is_ca)
}

/// RSA of less than 2048 bits, an elliptic curve of less than 256, DSA: below what CA/Browser Forum and NIST SP 800-131A ask.
pub fn has_weak_key(certificate: &Certificate) -> bool {
    // secp192r1, secp192k1, secp224k1 (SEC 2), brainpoolP160r1 to P224t1 (RFC 5639).
    const CURVES: [&str; 4] = ["P-224", "1.2.840.10045.3.1.1", "1.3.132.0.31", "1.3.132.0.32"];
    const SHORT_BRAINPOOL: [&str; 6] = ["1", "2", "3", "4", "5", "6"];
    let key = certificate.key.as_str();
    if let Some(bits) = key.strip_prefix("RSA ") {
        return bits.parse().is_ok_and(|bits: u32| bits < 2048);
    }
    let brainpool =
        |curve: &str| curve.strip_prefix("1.3.36.3.3.2.8.1.1.").is_some_and(|n| SHORT_BRAINPOOL.contains(&n));
    key == "DSA" || key.strip_prefix("EC ").is_some_and(|curve| CURVES.contains(&curve) || brainpool(curve))
}

/// It may be presented by a TLS client: no extendedKeyUsage, or one with clientAuth (any alone is not enough for OpenSSL,
/// which every Redis server verifies with: `xku_reject` in its `v3_purp.c`).
pub fn serves_clients(certificate: &Certificate) -> bool {
    certificate.usages.as_ref().is_none_or(|usages| usages.iter().any(|usage| usage == "clientAuth"))
}

/// No verifier but rustls-webpki, which names one thing only, found a way from the leaf to an anchor.
pub fn leads_nowhere(chain: &CertificateChain) -> bool {
    use FlawKind::{NoIssuer, OtherAnchor, RootSent, SelfSigned};
    let mut others =
        chain.judgements.iter().filter(|j| !matches!(j.by, Verifier::Webpki | Verifier::WebpkiRing)).peekable();
    let lost = |step: &Step| matches!(step, Step::Flaw(flaw) if matches!(flaw.kind, NoIssuer | OtherAnchor | RootSent | SelfSigned));
    others.peek().is_some() && others.all(|judgement| judgement.steps.iter().any(lost))
}

/// It may be presented by a TLS server, in the same way.
pub fn serves_servers(certificate: &Certificate) -> bool {
    certificate.usages.as_ref().is_none_or(|usages| usages.iter().any(|usage| usage == "serverAuth"))
}

/// The certificate at this place (leaf first) is a root at the end of a path.
pub fn is_sent_root(chain: &CertificateChain, index: usize) -> bool {
    index > 0 && is_of_use(chain, index) && chain.rest.get(index - 1).is_some_and(Certificate::is_self_issued)
}

/// The certificate at this place (leaf first) issued one of those that lead to the leaf, and was not sent before.
fn is_of_use(chain: &CertificateChain, index: usize) -> bool {
    let certificates: Vec<&Certificate> = chain.certificates().collect();
    let Some(this) = certificates.get(index) else { return false };
    if certificates[..index].iter().any(|earlier| earlier.fingerprint == this.fingerprint) {
        return false;
    }
    // Names already followed: a chain is bounded, and may run in circles.
    let mut followed: HashSet<&str> = HashSet::new();
    let mut wanted: Vec<&str> = vec![&chain.leaf.issuer];
    while let Some(issuer) = wanted.pop() {
        if issuer == this.subject {
            return true;
        }
        if followed.insert(issuer) {
            wanted.extend(chain.rest.iter().filter(|c| c.subject == issuer).map(|c| c.issuer.as_str()));
        }
    }
    false
}

/// Nothing before it was issued by it (RFC 5246 §7.4.2; RFC 8446 §4.4.2 no longer insists).
fn is_misordered(chain: &CertificateChain, index: usize) -> bool {
    let Some(this) = chain.certificates().nth(index) else { return false };
    !chain.certificates().take(index).any(|earlier| earlier.issuer == this.subject)
}

#[cfg(test)]
mod tests;
