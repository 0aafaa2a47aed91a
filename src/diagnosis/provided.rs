//! What a finding becomes where a service, an operator or a chart is recognised: its ways out in that one's own terms.

use super::{Audience, Context, Finding, Remedy};
use crate::providers::{Advice, Hand, Provider, SignKind};

impl Context<'_> {
    /// The endpoint is a service's own by its name, it was not reached through this machine, and the nodes stand at the ports that
    /// the service has for them: no tunnel, whatever answers of them.
    pub fn is_entry_of_a_service(&self) -> bool {
        let recognised = self.recognised();
        let by_name = recognised.signals.first().is_some_and(|signal| signal.kind == SignKind::Endpoint);
        let Some(provider) = recognised.provider.filter(|_| by_name && !self.is_near()) else { return false };
        let entry = provider.ports_of(self.snapshot.target.endpoint.port);
        let at_its_own = |port: u16| provider.ports_of(port).is_some_and(|ports| Some(ports) != entry);
        let mut ports = self.nodes().map(|(node, _)| node.address.client_port());
        entry.is_some() && ports.all(|port| port.is_some_and(at_its_own))
    }
}

/// Takes away what nobody can do there, and adds what one can; what was proved by dialling stays first.
pub(super) fn adapt(context: &Context<'_>, finding: &mut Finding) {
    let Some(provider) = context.provider() else { return };
    let before = finding.remedies.len();
    finding.remedies.retain(|remedy| is_possible(provider, remedy));
    let proved = finding.remedies.iter().take_while(|remedy| remedy.proof.is_some()).count();
    let taken = finding.remedies.len() < before;
    finding.remedies.splice(proved..proved, provider.advice_on(finding.code).map(remedy));
    if taken && finding.remedies.is_empty() {
        finding.remedies.push(support(provider));
    }
}

/// What is left where the service alone could do something.
fn support(provider: &Provider) -> Remedy {
    let text = format!("On {} only the service itself can change this: tell its support.", provider.name);
    Remedy { audience: Audience::Server, text, lines: Vec::new(), proof: None }
}

/// Customers of a closed service change no server and no certificate.
fn is_possible(provider: &Provider, remedy: &Remedy) -> bool {
    match remedy.audience {
        Audience::Server => !provider.cannot_configure,
        Audience::Certificate => !provider.cannot_certify,
        Audience::Client | Audience::Network => true,
    }
}

fn remedy(advice: &Advice) -> Remedy {
    let audience = match advice.by {
        Hand::Service => Audience::Server,
        Hand::Certificate => Audience::Certificate,
        Hand::Client => Audience::Client,
        Hand::Network => Audience::Network,
    };
    let lines = advice.lines.iter().map(|line| (*line).to_owned()).collect();
    Remedy { audience, text: advice.text.to_owned(), lines, proof: None }
}
