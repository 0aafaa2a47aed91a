//! The lines with which a server, or what stands before it, turns a connection away whatever is asked.

/// Why nobody gets in, as the one line says that comes in place of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TurnedAway {
    /// `DENIED Redis is running in protected mode`: strangers to its machine.
    ProtectedMode,
    /// `ERR max number of clients reached`.
    ConnectionLimit,
    /// A service takes in listed addresses alone: `ERR illegal address: 203.0.113.7:5122` (Alibaba), `AUTH failed: Client IP
    /// address is not in the allowlist.` (Render).
    AddressFilter,
}

/// How services call the list.
const LISTS: [&str; 6] = ["allowlist", "allow list", "allow-list", "whitelist", "white list", "white-list"];

impl TurnedAway {
    /// Out of an error reply, without its `-`; `None` for any other.
    pub fn read(line: &str) -> Option<Self> {
        if line.starts_with("DENIED") {
            return Some(TurnedAway::ProtectedMode);
        }
        if line.contains("max number of clients") {
            return Some(TurnedAway::ConnectionLimit);
        }
        let line = line.to_ascii_lowercase();
        // Proxies have lists of commands, too.
        let of_addresses =
            || line.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "ip" || word == "address");
        let filtered =
            line.contains("illegal address") || LISTS.iter().any(|list| line.contains(list)) && of_addresses();
        filtered.then_some(TurnedAway::AddressFilter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_servers_and_services_are_told_apart() {
        let filtered = [
            "ERR illegal address",
            "ERR illegal address: 203.0.113.7:5122",
            "AUTH failed: Client IP address is not in the allowlist.",
            "ERR your IP is not in the white list",
        ];
        for line in filtered {
            assert_eq!(TurnedAway::read(line), Some(TurnedAway::AddressFilter), "{line}");
        }
        let denied = "DENIED Redis is running in protected mode because protected mode is enabled";
        assert_eq!(TurnedAway::read(denied), Some(TurnedAway::ProtectedMode));
        assert_eq!(TurnedAway::read("ERR max number of clients reached"), Some(TurnedAway::ConnectionLimit));
        for other in
            ["ERR command is not in the whitelist", "NOAUTH Authentication required.", "ERR ship it, allowlist"]
        {
            assert_eq!(TurnedAway::read(other), None, "{other}");
        }
    }
}
