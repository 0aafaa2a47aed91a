//! phpredis: it has no address map; `peer_name` where only the name is wrong.

use super::{Emitter, Settings, closed, php, quote::quoted, rule::Needed};
use crate::{address_map::AddressMap, facts::Announced};

/// A file that returns the `RedisCluster`.
pub(super) const EMITTER: Emitter = Emitter { client: "phpredis", emit };

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    refuse_blanks(map)?;
    let map = &closed::tunnelled(map, settings);
    let name = php::peer_name(map, settings);
    let needed = match name {
        Some(_) if php::finds_no_name(map, settings) => Needed::everywhere(map, settings),
        None if php::finds_no_name(map, settings) && map.refused.is_none() => Err(
            "PHP finds no name to verify in an IPv6 address, and these nodes verify under no peer_name that is the same; \
             announce host names (cluster-announce-hostname, cluster-preferred-endpoint-type hostname)"
                .to_owned(),
        ),
        _ => Needed::of(map, settings),
    }?;
    let in_a_tunnel = || closed::without_a_map("phpredis", &needed, settings);
    let name = name.ok_or_else(|| in_a_tunnel().unwrap_or_else(|| php::no_map("phpredis", &needed)))?;
    let mut lines = vec!["<?php".to_owned(), String::new()];
    lines.push("// For phpredis 5.3 or newer, written by redis-doctor.".to_owned());
    lines.extend(needed.missing("//"));
    lines.push("$cluster = new RedisCluster(".to_owned());
    lines.push("    null,".to_owned());
    lines.push(format!("    ['{}'],", settings.seed.unbracketed()));
    lines.push("    0, // Seconds to connect and to read: no limit.".to_owned());
    lines.push("    0,".to_owned());
    lines.push("    false,".to_owned());
    lines.push(format!("    {},", auth(settings)?));
    lines.push("    // peer_name is sent and verified in place of every address that is dialled.".to_owned());
    lines.push(format!("    [{}]", php::context(settings, Some(name))?.join(", ")));
    lines.extend([");", "", "return $cluster;", ""].map(str::to_owned));
    Ok(lines.join("\n"))
}

/// It looks for nodes nowhere but where they say they are.
fn refuse_blanks(map: &AddressMap) -> Result<(), String> {
    let unnamed = map.mappings.iter().any(|m| m.preferred == Announced::QuestionMark);
    let what = match map.refused {
        None if map.blank => {
            "crashes at nodes that announce no host (cluster-preferred-endpoint-type unknown-endpoint)"
        }
        None if unnamed => "takes the ? of nodes without a host name for their name",
        _ => return Ok(()),
    };
    Err(format!(
        "phpredis {what}, and has no address map; announce host names, or IPs (cluster-preferred-endpoint-type ip)"
    ))
}

fn auth(settings: &Settings) -> Result<String, String> {
    const PASSWORD: &str = "getenv('REDIS_PASSWORD')";
    Ok(match (&settings.username, settings.password) {
        (_, false) => "null".to_owned(),
        (None, true) => PASSWORD.to_owned(),
        (Some(user), true) => format!("[{}, {PASSWORD}]", quoted(user, '\'')?),
    })
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, AddressMap, Announced, emit};

    #[test]
    fn one_wrong_name_is_a_peer_name() {
        let expected = r"<?php

// For phpredis 5.3 or newer, written by redis-doctor.
$cluster = new RedisCluster(
    null,
    ['redis.example.com:10000'],
    0, // Seconds to connect and to read: no limit.
    0,
    false,
    ['app', getenv('REDIS_PASSWORD')],
    // peer_name is sent and verified in place of every address that is dialled.
    ['cafile' => 'ca.pem', 'peer_name' => 'redis.example.com']
);

return $cluster;
";
        assert_eq!(emit(&one_name(), &tls()).unwrap(), expected);
    }

    #[test]
    fn what_cannot_be_served_is_told_what_does_work() {
        let why = emit(&nat(), &plaintext()).unwrap_err();
        assert_eq!(
            why,
            "phpredis has no address map, and 172.18.0.2:6379 has to be dialled at 127.0.0.1:7001; announce that address (cluster-announce-ip), \
             or let the announced one lead there (DNS, a route, a tunnel)"
        );
        assert!(
            emit(&table(), &tls())
                .unwrap_err()
                .contains("n1.example.com:6379; announce that address (cluster-announce-hostname)")
        );
        assert!(emit(&names(), &tls()).unwrap_err().contains("these nodes verify under several; announce those names"));
        let blank = AddressMap { blank: true, ..one_host() };
        assert!(emit(&blank, &tls()).unwrap_err().starts_with("phpredis crashes at nodes that announce no host"));
        let mut unnamed = one_name();
        unnamed.mappings[1].preferred = Announced::QuestionMark;
        assert!(emit(&unnamed, &tls()).unwrap_err().starts_with("phpredis takes the ? of nodes"));
        assert!(emit(&ipv6(), &tls()).unwrap_err().starts_with("PHP finds no name to verify in an IPv6 address"));
    }
}
