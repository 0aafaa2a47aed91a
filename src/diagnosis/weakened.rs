//! The chains that have one weakness, those of which the same is said put together.

use super::{Context, Subject, Verdicts};
use crate::{
    facts::{Certificate, CertificateChain},
    names::weakness::{Weak, Weakness, weaknesses},
};

/// Certificates that are named before the rest is counted.
const NAMED: usize = 3;

/// Chains that are weak in the same way.
pub struct Weakened<'a> {
    /// What was said of each certificate in question.
    pub said: String,
    /// One of the chains.
    pub chain: &'a CertificateChain,
    /// Who presents them.
    pub subjects: Vec<Subject>,
    certificates: Vec<&'a Certificate>,
}

impl Weakened<'_> {
    /// `RSA 1024: CN=a, CN=b and 4 more`.
    pub fn presented(&self) -> String {
        let named: Vec<&str> = self.certificates.iter().take(NAMED).map(|c| c.subject.as_str()).collect();
        let more = self.certificates.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}: {}{more}", self.said, named.join(", "))
    }

    /// The first of the certificates in question is the server's own.
    pub fn is_of_the_leaf(&self) -> bool {
        self.certificates.first().is_some_and(|certificate| *certificate == &self.chain.leaf)
    }
}

impl<'a> Context<'a> {
    /// Chains with a weakness, by what is said of the certificates that have it; the others pass. Only where `counts` says so
    /// is it a matter for this check.
    pub fn weakened(
        &self,
        weakness: Weakness,
        verdicts: &mut Verdicts,
        counts: impl Fn(&CertificateChain) -> bool,
        say: fn(&Certificate) -> String,
    ) -> Vec<Weakened<'a>> {
        let mut found: Vec<Weakened<'a>> = Vec::new();
        for (chain, subjects, certificate) in self.weak_chains(weakness) {
            let Some(certificate) = certificate.filter(|_| counts(chain)) else {
                verdicts.pass_each(subjects);
                continue;
            };
            let said = say(certificate);
            match found.iter_mut().find(|group| group.said == said) {
                Some(group) => {
                    group.subjects.extend_from_slice(subjects);
                    if !group.certificates.contains(&certificate) {
                        group.certificates.push(certificate);
                    }
                }
                None => {
                    found.push(Weakened { said, chain, subjects: subjects.to_vec(), certificates: vec![certificate] });
                }
            }
        }
        found
    }

    /// Every chain that clients meet, who presents it, and the first certificate of it, or anchor under it, that has a weakness.
    fn weak_chains(
        &self,
        weakness: Weakness,
    ) -> impl Iterator<Item = (&'a CertificateChain, &[Subject], Option<&'a Certificate>)> {
        let weaknesses = self.weaknesses.get_or_init(|| self.weaknesses());
        let all = self.snapshot.chains.iter().zip(self.presenters()).zip(weaknesses);
        let all = all.map(move |((chain, subjects), weak)| {
            let place = weak.iter().find(|(of, _)| *of == weakness).map(|(_, place)| *place);
            let certificate = place.and_then(|place| self.certificates_of(chain).nth(place));
            (chain, subjects.as_slice(), certificate)
        });
        all.filter(|(_, subjects, _)| !subjects.is_empty())
    }

    /// Those of a chain, and then all anchors.
    fn certificates_of(&self, chain: &'a CertificateChain) -> impl Iterator<Item = &'a Certificate> {
        chain.certificates().chain(&self.snapshot.anchors)
    }

    fn weaknesses(&self) -> Vec<Vec<(Weakness, usize)>> {
        let of_one = |chain: &'a CertificateChain| {
            let found = weaknesses(chain, &self.snapshot.anchors, self.now());
            let place = |weak: &Weak<'_>| self.certificates_of(chain).position(|c| std::ptr::eq(c, weak.certificate));
            found.iter().filter_map(|weak| Some((weak.weakness, place(weak)?))).collect()
        };
        self.snapshot.chains.iter().map(of_one).collect()
    }
}
