//! redis-cluster-client, which redis-rb uses from version 5 on: `fixed_hostname`.

use super::{Emitter, Settings, closed::tunnelled, ruby, rule::Needed};
use crate::address_map::AddressMap;

/// A file with `connect`.
pub(super) const EMITTER: Emitter = Emitter { client: "redis-cluster-client", emit };

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    let map = &tunnelled(map, settings);
    // A blank endpoint gives way to the node's host name or IP, and not to the seed.
    let needed = Needed::with_blanks(map, settings)?;
    let (host, seed) = ruby::fixed("redis-cluster-client", map, settings)?;
    let mut lines = ruby::opening("redis-cluster-client 0.17 or newer", "redis-cluster-client", &needed, settings);
    lines.push("  RedisClient.cluster(".to_owned());
    lines.push(format!("    nodes: [{}],", ruby::seed(&seed, settings)));
    lines.push(format!("    {}", ruby::options(host, settings)?.join(",\n    ")));
    lines.extend(["  ).new_client", "end", ""].map(str::to_owned));
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, emit};

    #[test]
    fn one_host_is_a_fixed_host() {
        let expected = r"# For redis-cluster-client 0.17 or newer, written by redis-doctor.
require 'redis-cluster-client'

def connect
  RedisClient.cluster(
    nodes: ['rediss://redis.example.com:10000'],
    fixed_hostname: 'redis.example.com',
    ssl_params: { ca_file: 'ca.pem' },
    username: 'app',
    password: ENV.fetch('REDIS_PASSWORD')
  ).new_client
end
";
        assert_eq!(emit(&one_host(), &tls()).unwrap(), expected);
    }

    #[test]
    fn several_hosts_cannot_be_served() {
        for map in [table(), one_name(), names(), ipv6()] {
            assert!(
                emit(&map, &tls()).unwrap_err().starts_with("fixed_hostname of redis-cluster-client stands in place")
            );
        }
    }
}
