//! Bundles of anchors, read once for all chains that hang on them.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};

use crate::{
    facts::{Certificate, CertificateChain, Limits, Verifier},
    names::trust::{self, Anchors, Purpose},
    wire::{bundle::Bundle, certificate::certificate},
};

/// Anchors, and the certificates that they were made from.
pub(super) struct Trusted {
    anchors: Anchors,
    /// Those that Go and rustls read of them, where these are not all.
    of_today: Option<Anchors>,
    pub(super) certificates: Vec<Certificate>,
}

impl Trusted {
    /// Takes what is trusted; what is no certificate is left out.
    pub(super) fn of(bundle: Bundle, limits: &Limits) -> Self {
        let certificates = bundle.certificates.iter().filter_map(|der| certificate(der, limits).ok()).collect();
        let anchors = |ders| Anchors::from_der(ders).0;
        Trusted { anchors: anchors(bundle.certificates), of_today: bundle.of_today.map(anchors), certificates }
    }

    /// Judges a chain, leaf first, at a time in seconds since 1970; each verifier by what it reads of the bundle.
    ///
    /// # Errors
    /// Where the leaf is no certificate.
    pub(super) fn judge(
        &self,
        sent: &[Vec<u8>],
        at: i64,
        purpose: Purpose,
        limits: &Limits,
    ) -> Result<CertificateChain, String> {
        let mut chain = trust::chain(sent, &self.anchors, at, purpose, limits)?;
        let Some(of_today) = &self.of_today else { return Ok(chain) };
        let read = trust::chain(sent, of_today, at, purpose, limits)?;
        chain.verdict = read.verdict;
        for (judgement, read) in chain.judgements.iter_mut().zip(read.judgements) {
            if !reads_the_old_label(judgement.by) {
                *judgement = read;
            }
        }
        Ok(chain)
    }
}

/// OpenSSL and Java do; Go and rustls take a section under `X509 CERTIFICATE` for something else.
fn reads_the_old_label(by: Verifier) -> bool {
    !matches!(by, Verifier::Go19 | Verifier::Go | Verifier::Webpki | Verifier::WebpkiRing)
}

/// The bundles that were used last, by the digest of their text.
#[derive(Default)]
pub(super) struct Cache(Mutex<Vec<Entry>>);

struct Entry {
    digest: [u8; 32],
    octets: usize,
    trusted: Arc<Trusted>,
}

impl Cache {
    /// Bundles that are kept.
    const ENTRIES: usize = 128;
    /// Octets of their texts together.
    const OCTETS: usize = 32 << 20;

    /// The anchors of a text, read by `read` where they are not known.
    pub(super) fn get<E>(&self, text: &str, read: impl FnOnce() -> Result<Trusted, E>) -> Result<Arc<Trusted>, E> {
        let mut key = [0; 32];
        key.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
        if let Some(known) = self.known(&key) {
            return Ok(known);
        }
        // Not under the lock: another line may read the same meanwhile, which does no harm.
        let trusted = Arc::new(read()?);
        self.keep(Entry { digest: key, octets: text.len(), trusted: Arc::clone(&trusted) });
        Ok(trusted)
    }

    /// What is known, which is then the last that was used.
    fn known(&self, key: &[u8; 32]) -> Option<Arc<Trusted>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = entries.iter().rposition(|entry| &entry.digest == key)?;
        let entry = entries.remove(at);
        let trusted = Arc::clone(&entry.trusted);
        entries.push(entry);
        Some(trusted)
    }

    fn keep(&self, new: Entry) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| entry.digest != new.digest);
        entries.push(new);
        let mut octets: usize = entries.iter().map(|entry| entry.octets).sum();
        while entries.len() > 1 && (entries.len() > Self::ENTRIES || octets > Self::OCTETS) {
            octets -= entries.remove(0).octets;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundles_used_last_are_kept() {
        let cache = Cache::default();
        let mut reads = 0;
        let mut get = |text: &str| {
            cache.get(text, || {
                reads += 1;
                Ok::<_, ()>(Trusted::of(Bundle::default(), &Limits::default()))
            })
        };
        get("first").unwrap();
        for i in 0..Cache::ENTRIES * 2 {
            get(&i.to_string()).unwrap();
            get("first").unwrap();
        }
        get("0").unwrap();
        assert_eq!(reads, Cache::ENTRIES * 2 + 2);
        assert!(cache.0.lock().unwrap().len() <= Cache::ENTRIES);
        assert_eq!(cache.get("bad", || Err("no")).err(), Some("no"));
    }

    #[test]
    fn large_bundles_push_the_others_out() {
        let cache = Cache::default();
        for i in 0..12 {
            let text = i.to_string().repeat(4 << 20);
            cache.get(&text, || Ok::<_, ()>(Trusted::of(Bundle::default(), &Limits::default()))).unwrap();
        }
        assert!(cache.0.lock().unwrap().iter().map(|entry| entry.octets).sum::<usize>() <= Cache::OCTETS);
    }
}
