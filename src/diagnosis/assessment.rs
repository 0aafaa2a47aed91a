//! What every TLS stack makes of a certificate in a file, and which anchor it hangs on.

use crate::{
    clients,
    facts::{Certificate, ChainVerdict, Host},
    names::{
        Stack,
        defects::defects,
        weakness::{Weak, Weakness, weaknesses},
    },
};

pub use crate::names::{
    Refusal,
    defects::{Code, Defect, Matter},
};

/// A chain, judged by several stacks for several hosts.
#[derive(Debug)]
pub struct Assessment<'a> {
    /// What was judged.
    pub matter: Matter<'a>,
    /// What each stack makes of it, in the order in which they were asked.
    pub opinions: Vec<Opinion>,
    /// Everything that is wrong with it.
    pub defects: Vec<Defect>,
}

/// What one stack makes of it.
#[derive(Debug)]
pub struct Opinion {
    /// Who.
    pub stack: &'static Stack,
    /// What it says first; `None` where it accepts the chain and every name.
    pub first: Option<Refusal>,
}

impl<'a> Assessment<'a> {
    /// Asks the stacks.
    pub fn of(matter: Matter<'a>, stacks: &[&'static Stack]) -> Self {
        let opinion = |stack: &&'static Stack| Opinion { stack, first: first(stack, &matter) };
        Assessment { matter, opinions: stacks.iter().map(opinion).collect(), defects: defects(&matter) }
    }

    /// True where every stack accepts the chain and every name.
    pub fn is_accepted(&self) -> bool {
        self.opinions.iter().all(Opinion::is_accepted)
    }

    /// What a stack says one after the other, each once the one before was mended; without the first.
    pub fn then(&self, opinion: &Opinion) -> Vec<Refusal> {
        let Some(first) = &opinion.first else { return Vec::new() };
        let chain = self.matter.chain;
        let hosts: Vec<Option<&Host>> = match self.matter.hosts {
            [] => vec![None],
            hosts => hosts.iter().map(Some).collect(),
        };
        let mut told: Vec<Refusal> = Vec::new();
        for refusal in hosts.into_iter().flat_map(|host| opinion.stack.refusals(chain, host)) {
            if !told.iter().any(|known| known.text == refusal.text) {
                told.push(refusal);
            }
        }
        // Where the first is not among them, the stack says all of it at once.
        let at_once = !told.iter().any(|refusal| refusal == first);
        told.retain(|refusal| refusal != first && !at_once);
        told
    }

    /// Whether a stack accepts the chain, whatever the names.
    pub fn accepts_chain(&self, opinion: &Opinion) -> bool {
        opinion.stack.chain_refusal(self.matter.chain).is_none()
    }

    /// The names that a stack does not find in the leaf.
    pub fn refused_hosts(&self, opinion: &Opinion) -> Vec<&'a Host> {
        let refused = |host: &&Host| opinion.stack.name_refusal(&self.matter.chain.leaf, host).is_some();
        self.matter.hosts.iter().filter(refused).collect()
    }

    /// Where what was sent ends: the certificate whose issuer is not among it.
    pub fn end(&self) -> &'a Certificate {
        self.matter.chain.last()
    }

    /// It is sent, and leads to nothing.
    pub fn is_superfluous(&self, certificate: &Certificate) -> bool {
        let superfluous = |weak: &Weak<'_>| weak.weakness == Weakness::Superfluous && weak.certificate == certificate;
        weaknesses(self.matter.chain, &[], self.matter.at).iter().any(superfluous)
    }

    /// The certificate of the bundle that the chain leads to.
    pub fn anchor(&self) -> Option<&'a Certificate> {
        let Matter { chain, bundle, .. } = self.matter;
        let by_fingerprint = chain.judgements.iter().find_map(|judgement| judgement.anchor.as_ref());
        let is_it = |c: &&Certificate| match (by_fingerprint, &chain.verdict) {
            (Some(fingerprint), _) => &c.fingerprint == fingerprint,
            (None, ChainVerdict::Trusted { anchor }) => &c.subject == anchor,
            (None, ChainVerdict::Untrusted { .. }) => false,
        };
        bundle.iter().find(is_it)
    }
}

impl Opinion {
    /// It goes on with the server.
    pub fn is_accepted(&self) -> bool {
        self.first.is_none()
    }

    /// The libraries that run on this stack, or on another version of the runtime.
    pub fn clients(&self) -> Vec<&'static str> {
        let mut ids: Vec<&'static str> = Vec::new();
        for client in clients::ALL.iter().filter(|client| is_same_runtime(client.stack, self.stack)) {
            if !ids.contains(&client.id) {
                ids.push(client.id);
            }
        }
        ids
    }
}

/// The same stack, or the same runtime (`node@20`, `node@26`) in another version.
pub(super) fn is_same_runtime(one: &Stack, other: &Stack) -> bool {
    let runtime = |stack: &Stack| stack.id.split_once('@').map(|(runtime, _)| runtime);
    one.id == other.id || (runtime(one).is_some() && runtime(one) == runtime(other))
}

/// What a stack says first: of the first host that it refuses.
fn first(stack: &Stack, matter: &Matter<'_>) -> Option<Refusal> {
    if matter.hosts.is_empty() {
        return stack.chain_refusal(matter.chain);
    }
    matter.hosts.iter().find_map(|host| stack.refusal(matter.chain, Some(host)))
}
