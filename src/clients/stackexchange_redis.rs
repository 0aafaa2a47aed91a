//! StackExchange.Redis: reads CLUSTER NODES and dials IPs; a host name shared by all configured endpoints is the verified one.

use super::{Client, Dials, Evidence, Hook, Symptom, Verifies, stack_texts};

/// All configured endpoints are one host name, or `sslHost` is set.
pub const ONE_HOST: Client = Client {
    id: "stackexchange-redis",
    versions: ">=3, one host name or sslHost",
    source: "StackExchange.Redis 3.1.31, Configuration/DefaultOptionsProvider.cs",
    evidence: Evidence::Read,
    dials: Dials::Ip,
    verifies: Verifies::Seed,
    accepts_ca_as_leaf: true,
    accepts_common_name: true,
    hook: Some(Hook {
        option: "ConfigurationOptions.Tunnel",
        since: "2022-10",
        gaps: "The verified name is not changed by it: sslHost does that, for all nodes at once.",
    }),
    text,
};

/// The configured endpoints are several host names, or IPs.
pub const SEVERAL_HOSTS: Client =
    Client { versions: ">=3, several host names or IPs", verifies: Verifies::Dialled, ..ONE_HOST };

/// The message of the `RedisConnectionException`.
fn text(symptom: &Symptom<'_>) -> Option<String> {
    let said = match symptom {
        Symptom::NameMismatch { .. } | Symptom::Chain { .. } => {
            return stack_texts::dotnet(symptom).map(|inner| format!("{REFUSED} (AuthenticationException) {inner}"));
        }
        Symptom::WrongPass | Symptom::ClientCertificate => REFUSED,
        Symptom::NoAuth => "NOAUTH Returned - connection has not yet authenticated",
        Symptom::Refused(at) | Symptom::TimedOut(at) => {
            return Some(format!("Endpoint {at} serving hashslot … is not reachable at this point of time…"));
        }
        Symptom::TlsRequired | Symptom::TlsNotSpoken => "It was not possible to connect to the redis server(s)…",
        Symptom::ClusterDisabled => return None,
    };
    Some(said.to_owned())
}

const REFUSED: &str =
    "There was an authentication failure; check that passwords (or client certificates) are configured correctly:";
