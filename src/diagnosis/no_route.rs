//! Packets that find no way, by who says so: this machine's routes, its own rules, or somebody on the way.

use super::Affected;
use crate::facts::{Endpoint, Failure};

/// Who says so. The system's words are the same on every Unix; the numbers are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRoute {
    /// This machine has no route there (`ENETUNREACH`).
    Network,
    /// A router or firewall says that the host cannot be reached, or nobody has that address in this network (`EHOSTUNREACH`).
    Host,
    /// This machine's own rules forbid it, or a firewall on the way says that it is prohibited (`EACCES`).
    Forbidden,
}

impl NoRoute {
    /// By what the system said.
    pub fn of(failure: &Failure) -> Self {
        match failure.detail.as_str() {
            detail if detail.contains("No route to host") => NoRoute::Host,
            detail if detail.contains("Permission denied") => NoRoute::Forbidden,
            _ => NoRoute::Network,
        }
    }

    /// In a few words.
    pub fn in_words(self) -> &'static str {
        match self {
            NoRoute::Network => "no route from here",
            NoRoute::Host => "rejected on the way, or no such host",
            NoRoute::Forbidden => "forbidden by a rule on this machine",
        }
    }

    /// As a title.
    pub fn title(self, endpoint: &Endpoint) -> String {
        match self {
            NoRoute::Network => format!("there is no route to {endpoint}"),
            NoRoute::Host => format!("a firewall rejects connections to {endpoint}, or that host is not there"),
            NoRoute::Forbidden => format!("this machine's own rules forbid connections to {endpoint}"),
        }
    }

    /// What to do.
    pub fn advice(self) -> &'static str {
        match self {
            NoRoute::Network => "The address belongs to a network that this machine is not connected to.",
            NoRoute::Host => {
                "Where the host answers otherwise (ping, ssh), its firewall rejects this port with icmp-host-prohibited, as \
                 firewalld does: open it there, with firewalld by the lines below. Else the host is down, or has another address."
            }
            NoRoute::Forbidden => {
                "Look at what may forbid it here: outgoing rules (`nft list ruleset`, `iptables -S OUTPUT`), `ip rule`, SELinux \
                 (`setsebool -P httpd_can_network_connect 1` for web servers), a sandbox or a container's seccomp profile."
            }
        }
    }

    /// Lines for a host that rejects these ports.
    pub fn lines(self, ports: &[u16]) -> Vec<String> {
        let open = ports.iter().map(|port| format!("firewall-cmd --permanent --add-port={port}/tcp"));
        match self {
            NoRoute::Host => open.chain(["firewall-cmd --reload".to_owned()]).collect(),
            NoRoute::Network | NoRoute::Forbidden => Vec::new(),
        }
    }

    /// What client libraries print, which is the system's error, for this one of them.
    pub fn as_printed(self, clients: Vec<Affected>) -> Vec<Affected> {
        let (code, number, words, kind) = match self {
            NoRoute::Network => return clients,
            NoRoute::Host => ("EHOSTUNREACH", 113, ["No route to host", "no route to host"], "HostUnreachable"),
            NoRoute::Forbidden => ("EACCES", 13, ["Permission denied", "permission denied"], "PermissionDenied"),
        };
        let told = |client: Affected| Affected {
            text: client
                .text
                .replace("ENETUNREACH", code)
                .replace("NetworkUnreachable", kind)
                .replace("Network is unreachable", words[0])
                .replace("network is unreachable", words[1])
                .replace("Error 101 connecting", &format!("Error {number} connecting"))
                .replace("(os error 101)", &format!("(os error {number})"))
                .replace("code: 101,", &format!("code: {number},")),
            ..client
        };
        clients.into_iter().map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{FailureKind, Stage};

    #[test]
    fn who_says_no_and_how_clients_print_it() {
        let of = |said: &str| {
            let detail = said.to_owned();
            NoRoute::of(&Failure { stage: Stage::Connect, kind: FailureKind::Unreachable, detail })
        };
        assert_eq!(of("No route to host (os error 113)"), NoRoute::Host);
        assert_eq!(of("Permission denied (os error 13)"), NoRoute::Forbidden);
        assert_eq!(of("Network is unreachable (os error 101)"), NoRoute::Network);
        let printed = |why: NoRoute, text: &str| {
            let client = Affected { id: "one", versions: "", outcome: "fails", text: text.to_owned() };
            why.as_printed(vec![client]).remove(0).text
        };
        let node = "connect ENETUNREACH 10.0.0.101:6379";
        assert_eq!(printed(NoRoute::Host, node), "connect EHOSTUNREACH 10.0.0.101:6379");
        let python = "Error 101 connecting to 10.0.0.101:6379. Network is unreachable.";
        assert_eq!(printed(NoRoute::Forbidden, python), "Error 13 connecting to 10.0.0.101:6379. Permission denied.");
        assert_eq!(printed(NoRoute::Network, python), python);
    }
}
