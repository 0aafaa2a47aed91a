//! redis-rb 4, whose cluster client is its own: `fixed_hostname`.

use super::{Emitter, Settings, closed::tunnelled, ruby, rule::Needed};
use crate::{address_map::AddressMap, facts::Host};

/// A file with `connect`.
pub(super) const EMITTER: Emitter = Emitter { client: "redis-rb", emit };

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    let map = &tunnelled(map, settings);
    if map.blank && map.refused.is_none() {
        return Err("redis-rb 4 gives up at nodes that announce no host (cluster-preferred-endpoint-type \
                    unknown-endpoint) before fixed_hostname is looked at; announce ip or hostname, or use redis-rb 5"
            .to_owned());
    }
    let needed = Needed::of(map, settings)?;
    let is_v6 = |host: &Host| host.ip().is_some_and(|ip| ip.is_ipv6());
    if let Some(mapping) = map.mappings.iter().find(|m| is_v6(&m.announced.host)) {
        return Err(format!(
            "redis-rb 4 cuts {} at its first colon; announce host names (cluster-announce-hostname, cluster-preferred-endpoint-type hostname), or use redis-rb 5",
            mapping.announced
        ));
    }
    let (host, seed) = ruby::fixed("redis-rb", map, settings)?;
    let mut lines = ruby::opening("redis-rb 4.7 or newer, before 5", "redis", &needed, settings);
    lines.push("  Redis.new(".to_owned());
    lines.push(format!("    cluster: [{}],", ruby::seed(&seed, settings)));
    lines.push(format!("    {}", ruby::options(host, settings)?.join(",\n    ")));
    lines.extend(["  )", "end", ""].map(str::to_owned));
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, AddressMap, emit};

    #[test]
    fn one_host_is_a_fixed_host() {
        let expected = r"# For redis-rb 4.7 or newer, before 5, written by redis-doctor.
require 'redis'

def connect
  Redis.new(
    cluster: ['rediss://redis.example.com:10000'],
    fixed_hostname: 'redis.example.com',
    ssl_params: { ca_file: 'ca.pem' },
    username: 'app',
    password: ENV.fetch('REDIS_PASSWORD')
  )
end
";
        assert_eq!(emit(&one_host(), &tls()).unwrap(), expected);
    }

    #[test]
    fn what_cannot_be_served_is_told_what_does_work() {
        assert!(emit(&table(), &tls()).unwrap_err().starts_with("fixed_hostname of redis-rb stands in place"));
        assert!(
            emit(&ipv6(), &tls()).unwrap_err().starts_with("redis-rb 4 cuts [2001:db8::4]:6379 at its first colon")
        );
        let blank = AddressMap { blank: true, ..one_host() };
        assert!(emit(&blank, &tls()).unwrap_err().starts_with("redis-rb 4 gives up at nodes that announce no host"));
    }
}
