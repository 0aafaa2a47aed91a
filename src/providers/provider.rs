//! What is known of a hosting service, an operator or a chart, and what it has people do.

use super::Sign;

/// One service, operator or chart.
pub struct Provider {
    /// Stable id: `azure-managed-redis`.
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// Where this was learnt: the vendor's page, a project's source, a thread.
    pub source: &'static str,
    /// By what it is recognised: one strong sign, or two weak ones of different kinds.
    pub signs: &'static [Sign],
    /// Customers set nothing of redis.conf and no ACL by command: no CONFIG SET, no announce-*, no ACL SETUSER.
    pub cannot_configure: bool,
    /// The service issues the servers' certificates; nobody can ask for other names in them.
    pub cannot_certify: bool,
    /// The ports that clients dial, the entry port first. To be opened in security groups and firewalls.
    pub ports: &'static [Ports],
    /// They are the same for every customer.
    pub fixed_ports: bool,
    /// Commands that it is known to refuse to everybody, whatever the ACL says.
    pub refuses: &'static [&'static str],
    /// What to do about a finding, in the service's own terms; best first.
    pub advice: &'static [Advice],
}

impl Provider {
    /// A card to begin with: whatever is left out is not known.
    pub(super) const CARD: Self = Provider {
        id: "",
        name: "",
        source: "",
        signs: &[],
        cannot_configure: false,
        cannot_certify: false,
        ports: &[],
        fixed_ports: false,
        refuses: &[],
        advice: &[],
    };
    /// The same of a service that configures and certifies by itself.
    pub(super) const CLOSED: Self = Provider { cannot_configure: true, cannot_certify: true, ..Self::CARD };

    /// What to do about a finding with this code.
    pub fn advice_on<'a>(&'a self, code: &'a str) -> impl Iterator<Item = &'static Advice> + 'a {
        self.advice.iter().filter(move |advice| advice.on.contains(&code))
    }

    /// The range that a port stands in, and what it is for.
    pub fn ports_of(&self, port: u16) -> Option<&'static Ports> {
        self.ports.iter().find(|ports| ports.holds(port))
    }

    /// It refuses this command to everybody.
    pub fn is_refused(&self, command: &str) -> bool {
        self.refuses.iter().any(|refused| command.eq_ignore_ascii_case(refused))
    }
}

/// A range of ports, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// The first.
    pub first: u16,
    /// The last.
    pub last: u16,
    /// What stands there: `the entry`, `the shards, TLS`.
    pub of: &'static str,
}

impl Ports {
    pub(super) const fn one(port: u16, of: &'static str) -> Self {
        Ports { first: port, last: port, of }
    }

    pub(super) const fn range(first: u16, last: u16, of: &'static str) -> Self {
        Ports { first, last, of }
    }

    /// It holds this port.
    pub fn holds(&self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }
}

impl std::fmt::Display for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.first == self.last {
            write!(f, "{} ({})", self.first, self.of)
        } else {
            write!(f, "{}-{} ({})", self.first, self.last, self.of)
        }
    }
}

/// Whose hands it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    /// The service's console, its command line, or the operator's resource.
    Service,
    /// Whoever issues certificates.
    Certificate,
    /// The application.
    Client,
    /// Routes, security groups, name servers.
    Network,
}

/// What to do about some findings.
#[derive(Clone, Copy, Debug)]
pub struct Advice {
    /// The codes of the findings.
    pub on: &'static [&'static str],
    /// Whose hands it takes.
    pub by: Hand,
    /// A sentence or two.
    pub text: &'static str,
    /// Lines to paste, with what has to be filled in in capitals.
    pub lines: &'static [&'static str],
}

impl Advice {
    pub(super) const fn new(on: &'static [&'static str], by: Hand, text: &'static str) -> Self {
        Advice { on, by, text, lines: &[] }
    }

    pub(super) const fn with(self, lines: &'static [&'static str]) -> Self {
        Advice { lines, ..self }
    }
}

/// The findings of certificates that do not hold what clients are sent to.
pub(super) const NAMES: &[&str] = &["san-mismatch", "ip-in-dns-san"];
/// The findings of nodes, and of an endpoint, that do not answer.
pub(super) const SILENT: &[&str] = &["node-unreachable", "endpoint-unreachable"];
/// Those of nodes alone.
pub(super) const NODES_SILENT: &[&str] = &["node-unreachable"];
/// The finding of a chain that leads to no trusted root.
pub(super) const CHAIN: &[&str] = &["chain-untrusted"];
