//! What every TLS stack makes of a certificate in a file, and which anchor it hangs on.

use crate::{
    facts::{Certificate, ChainVerdict},
    names::{Refusal, Stack, defects::defects},
};

pub use crate::names::defects::{Code, Defect, Matter};

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

impl Opinion {
    /// It goes on with the server.
    pub fn is_accepted(&self) -> bool {
        self.first.is_none()
    }
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

/// What a stack says first: of the first host that it refuses.
fn first(stack: &Stack, matter: &Matter<'_>) -> Option<Refusal> {
    if matter.hosts.is_empty() {
        return stack.chain_refusal(matter.chain);
    }
    matter.hosts.iter().find_map(|host| stack.refusal(matter.chain, Some(host)))
}
