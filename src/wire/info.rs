//! What a server says of itself: INFO, HELLO and ROLE of every Redis and Valkey version.

use std::{borrow::Cow, net::SocketAddr};

use super::{bounded_text, memory, resp::Value};
use crate::facts::{Built, Connections, Endpoint, Limits, Memory, Replication, Server};

/// Reads an INFO reply: `key:value` lines under `# Section` headers. The first line of a key wins, and what is missing
/// or unreadable stays empty. Replicas beyond `limits.nodes` are left out.
///
/// Valkey writes `valkey_version` beside a `redis_version` frozen at 7.2.4, and from 8.0 `server_mode` for `redis_mode`.
/// `ElastiCache` writes its service as `os`. Redis before 2.8 writes replicas as `slave0:HOST,PORT,STATE`.
pub fn info(text: &[u8], limits: &Limits) -> Server {
    let mut seen = Seen::default();
    for line in text.split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(colon) = line.iter().position(|b| *b == b':').filter(|_| line[0] != b'#') {
            seen.take(&line[..colon], &line[colon + 1..], limits);
        }
    }
    seen.into_server()
}

/// Reads a HELLO reply (Redis 6.0+): product, version, mode and role. Valkey 7.2 calls itself `redis` here, so let what
/// [`info`] gave win in [`merge`]. An error reply gives an empty server.
pub fn hello(reply: &Value, limits: &Limits) -> Server {
    let text = |key| match reply.field(key) {
        Some(Value::Text(bytes)) => Some(bounded_text(bytes, limits)),
        _ => None,
    };
    // HELLO says `replica` where INFO and ROLE say `slave` (Redis 6.0 networking.c, helloCommand).
    let role = text("role").map(|role| if role == "replica" { "slave".to_owned() } else { role });
    // Valkey 8.1+ names its zone here, too, where one is configured.
    let built = Built { zone: text("availability_zone").filter(|zone| !zone.is_empty()), ..Built::default() };
    Server { product: text("server"), version: text("version"), mode: text("mode"), role, built, ..Server::default() }
}

/// Reads a ROLE reply (Redis 2.8.12+): role with the replicas of a primary or the primary of a replica; a Sentinel gives
/// its mode only. Any link state but `connected` counts as `down`, as INFO has it. An error reply gives an empty server.
pub fn role(reply: &Value, limits: &Limits) -> Server {
    match reply.array() {
        Some([Value::Text(b"master"), _offset, Value::Array(replicas), ..]) => Server {
            role: Some("master".to_owned()),
            replicas: replicas.iter().filter_map(|r| endpoint_of(r.array()?)).take(limits.nodes).collect(),
            ..Server::default()
        },
        Some([Value::Text(b"slave"), primary @ ..]) => Server {
            role: Some("slave".to_owned()),
            primary: endpoint_of(primary),
            primary_link: primary
                .get(2)
                .map(|s| if *s == Value::Text(b"connected") { "up" } else { "down" }.to_owned()),
            ..Server::default()
        },
        Some([Value::Text(b"sentinel"), ..]) => Server { mode: Some("sentinel".to_owned()), ..Server::default() },
        _ => Server::default(),
    }
}

/// Reads `cluster_state` out of a CLUSTER INFO reply (3.0+); `None` for anything but `ok` and `fail`.
pub fn cluster_state(text: &[u8]) -> Option<String> {
    let state = text.split(|b| *b == b'\n').find_map(|line| line.strip_prefix(b"cluster_state:"))?;
    ["ok", "fail"].into_iter().find(|known| state.trim_ascii() == known.as_bytes()).map(str::to_owned)
}

/// Reads the server's own end of the connection out of a CLIENT INFO reply (`laddr`, 6.2+).
pub fn accepted_at(text: &[u8]) -> Option<SocketAddr> {
    let own = text.split(|b| *b == b' ').find_map(|word| word.strip_prefix(b"laddr="))?;
    std::str::from_utf8(own).ok()?.parse().ok()
}

/// The value of one of these directives in a CONFIG GET reply, the first one that is there.
pub fn setting<'a>(reply: &'a Value, names: &[&str]) -> Option<Cow<'a, str>> {
    let pairs = reply.array()?.chunks_exact(2);
    let wanted =
        |pair: &'a [Value]| names.iter().any(|name| pair[0] == Value::Text(name.as_bytes())).then_some(&pair[1]);
    pairs.into_iter().find_map(wanted)?.text()
}

/// Reads the reply to a CONFIG GET of `timeout` or `tcp-keepalive`: name and value in turn, or a map. Nothing is told where
/// the server knows no such setting.
pub fn config(reply: &Value) -> Connections {
    let number = |key| match reply.field(key)? {
        Value::Text(text) => std::str::from_utf8(text).ok()?.parse().ok(),
        _ => None,
    };
    Connections { idle_timeout: number("timeout"), keepalive: number("tcp-keepalive"), ..Connections::default() }
}

/// Both together: `first` wins where it has something to say.
pub fn merge(first: Server, second: Server) -> Server {
    Server {
        product: first.product.or(second.product),
        version: first.version.or(second.version),
        mode: first.mode.or(second.mode),
        role: first.role.or(second.role),
        run_id: first.run_id.or(second.run_id),
        replication_id: first.replication_id.or(second.replication_id),
        primary: first.primary.or(second.primary),
        primary_link: first.primary_link.or(second.primary_link),
        replicas: if first.replicas.is_empty() { second.replicas } else { first.replicas },
        loading: first.loading || second.loading,
        uptime: first.uptime.or(second.uptime),
        os: first.os.or(second.os),
        cluster_state: first.cluster_state.or(second.cluster_state),
        accepted_at: first.accepted_at.or(second.accepted_at),
        tcp_port: first.tcp_port.or(second.tcp_port),
        replication: if first.replication.is_empty() { second.replication } else { first.replication },
        built: if first.built.is_unknown() { second.built } else { first.built },
        connections: first.connections.or(second.connections),
        memory: if first.memory.is_unlimited() { second.memory } else { first.memory },
    }
}

/// The lines of INFO that have to be weighed against each other before they are facts.
#[derive(Default)]
struct Seen {
    server: Server,
    redis_version: Option<String>,
    cluster_enabled: bool,
    primary_host: Option<String>,
    primary_port: Option<String>,
}

impl Seen {
    fn take(&mut self, key: &[u8], value: &[u8], limits: &Limits) {
        let server = &mut self.server;
        let slot = match key {
            b"server_name" => &mut server.product,
            b"valkey_version" => &mut server.version,
            b"redis_version" => &mut self.redis_version,
            b"server_mode" | b"redis_mode" => &mut server.mode,
            b"role" => &mut server.role,
            b"run_id" => &mut server.run_id,
            b"master_replid" => &mut server.replication_id,
            b"master_host" => &mut self.primary_host,
            b"master_port" => &mut self.primary_port,
            b"master_link_status" => &mut server.primary_link,
            b"os" => &mut server.os,
            b"gcc_version" => &mut server.built.gcc,
            b"rlec_version" => &mut server.built.enterprise,
            b"availability_zone" => &mut server.built.zone,
            b"uptime_in_seconds" => {
                server.uptime = server.uptime.or_else(|| bounded_text(value, limits).parse().ok());
                return;
            }
            b"connected_clients" => return tell(&mut server.connections.clients, value),
            b"cluster_connections" => return tell(&mut server.connections.bus, value),
            b"maxclients" => return tell(&mut server.connections.limit, value),
            b"tcp_port" => {
                let port = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).filter(|port| *port != 0);
                server.tcp_port = server.tcp_port.or(port);
                return;
            }
            b"loading" => {
                server.loading |= value == b"1";
                return;
            }
            b"cluster_enabled" => {
                self.cluster_enabled |= value == b"1";
                return;
            }
            _ => {
                if memory::told(&mut server.memory, key, value, limits) {
                } else if !is_replica(key) {
                    told(&mut server.replication, key, value);
                } else if server.replicas.len() < limits.nodes
                    && let Some((endpoint, online)) = replica(value)
                {
                    server.replication.unfinished.extend((!online).then_some(server.replicas.len()));
                    server.replicas.push(endpoint);
                }
                return;
            }
        };
        if slot.is_none() {
            *slot = Some(bounded_text(value, limits)).filter(|text| !text.is_empty());
        }
    }

    fn into_server(self) -> Server {
        let Seen { mut server, redis_version, cluster_enabled, primary_host, primary_port } = self;
        if server.product.is_none() {
            // `valkey_version` alone has filled `version` by now.
            let product =
                if server.version.is_some() { Some("valkey") } else { redis_version.as_ref().map(|_| "redis") };
            server.product = product.map(str::to_owned);
        }
        server.version = server.version.or(redis_version);
        // A service that hides its mode still says this (Redis 3.0+).
        server.mode = server.mode.or_else(|| cluster_enabled.then(|| "cluster".to_owned()));
        if server.memory.is_unlimited() {
            server.memory = Memory::default();
        }
        server.primary = primary_host.zip(primary_port).and_then(|(host, port)| endpoint(&host, &port));
        server
    }
}

/// No link is down for so long: thirty years, in seconds.
const DECADES: u64 = 1_000_000_000;

/// A number, unless there is one already.
fn tell(slot: &mut Option<u64>, value: &[u8]) {
    *slot = slot.or_else(|| std::str::from_utf8(value).ok()?.parse().ok());
}

/// `slave0`, `slave1`, …, but not `slave_repl_offset`.
fn is_replica(key: &[u8]) -> bool {
    key.strip_prefix(b"slave").is_some_and(|n| !n.is_empty() && n.iter().all(u8::is_ascii_digit))
}

/// What is said of the replication itself; the names of the keys have stayed through Redis 8 and Valkey 9.
fn told(replication: &mut Replication, key: &[u8], value: &[u8]) {
    let number = || std::str::from_utf8(value).ok().and_then(|text| text.parse::<u64>().ok());
    match key {
        b"master_sync_in_progress" => replication.syncing |= value == b"1",
        // Until 6.2 a link that never stood is down since 1970.
        b"master_link_down_since_seconds" => {
            replication.down_for = replication.down_for.or_else(number).filter(|seconds| *seconds < DECADES);
        }
        // -1 where there is no `master_replid2`.
        b"second_repl_offset" => replication.promoted_at = replication.promoted_at.or_else(number),
        b"slave_read_only" => replication.read_only = replication.read_only.or(Some(value != b"0")),
        b"min_slaves_good_slaves" => {
            let good = number().and_then(|good| u32::try_from(good).ok());
            replication.good_replicas = replication.good_replicas.or(good);
        }
        b"rdb_last_bgsave_status" | b"aof_last_write_status" => replication.save_failed |= value == b"err",
        _ => {}
    }
}

/// `ip=HOST,port=PORT,state=…`, or `HOST,PORT,STATE` before 2.8, and whether it is `online`. The host is a name where
/// `replica-announce-ip` is one. Port 0 is of a tool that copies the data and listens nowhere.
fn replica(value: &[u8]) -> Option<(Endpoint, bool)> {
    let text = std::str::from_utf8(value).ok()?;
    let named = |key: &str| text.split(',').find_map(|part| part.strip_prefix(key)?.strip_prefix('='));
    let mut parts = text.split(',');
    let (endpoint, state) = match (named("ip"), named("port")) {
        (Some(host), Some(port)) => (endpoint(host, port)?, named("state")),
        _ => (endpoint(parts.next()?, parts.next()?)?, parts.next()),
    };
    let silent = named("lag").and_then(|lag| lag.parse::<u64>().ok()).is_some_and(|lag| lag >= SILENT);
    Some((endpoint, state == Some("online") && !silent))
}

/// Seconds: a replica acknowledges each second, and one that vanished stays listed as online for `repl-timeout` (60 s).
const SILENT: u64 = 20;

fn endpoint(host: &str, port: &str) -> Option<Endpoint> {
    Some(Endpoint::new(host.parse().ok()?, port.parse().ok().filter(|port| *port != 0)?))
}

/// Host and port at the start of an array; ports come as integers or as text.
fn endpoint_of(parts: &[Value]) -> Option<Endpoint> {
    let [host, port, ..] = parts else { return None };
    Some(Endpoint::new(host.text()?.parse().ok()?, port.port()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::resp::{Decoded, decode};

    const VALKEY: &[u8] = b"# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.3\r\n\
        valkey_release_stage:ga\r\nserver_mode:cluster\r\nos:Linux 6.1.0 x86_64\r\nrun_id:5f0b1d\r\n\
        uptime_in_seconds:86400\r\n\r\n# Persistence\r\nloading:0\r\nasync_loading:0\r\n\r\n# Replication\r\nrole:master\r\n\
        connected_slaves:3\r\n\
        slave0:ip=redis_2.example.com,port=6379,state=online,offset=14,lag=0,type=replica\r\n\
        slave1:ip=2001:db8::7,port=6380,state=online,offset=14,lag=1\r\n\
        slave2:ip=?,port=6380,state=wait_bgsave,offset=0,lag=0\r\n\
        master_replid:aa11\r\nmaster_replid2:0000\r\nslave_repl_offset:5\r\n";

    const REPLICA: &[u8] =
        b"# Server\nredis_version:2.8.24\nredis_mode:standalone\nos:Amazon ElastiCache\ngcc_version:0.0.0\n\
        tcp_port:6380\n\
        # Persistence\nloading:1\n# Replication\nrole:slave\nmaster_host:10.0.0.5\nmaster_port:6379\n\
        master_link_status:down\n# Cluster\ncluster_enabled:0\n";

    fn reply(bytes: &[u8]) -> Value<'_> {
        match decode(bytes, 8, 1 << 20) {
            Ok(Decoded::Done(value, _)) => value,
            other => panic!("{other:?}"),
        }
    }

    fn endpoints(texts: &[&str]) -> Vec<Endpoint> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn valkey_says_its_own_name_version_and_mode() {
        let server = info(VALKEY, &Limits::default());
        assert_eq!(server.product.as_deref(), Some("valkey"));
        assert_eq!(server.version.as_deref(), Some("8.1.3"));
        assert_eq!(server.mode.as_deref(), Some("cluster"));
        assert_eq!(server.run_id.as_deref(), Some("5f0b1d"));
        assert_eq!(server.replication_id.as_deref(), Some("aa11"));
        assert_eq!(server.uptime, Some(86_400));
        assert!(!server.loading);
        assert_eq!(server.replicas, endpoints(&["redis_2.example.com:6379", "[2001:db8::7]:6380"]));
        assert!(server.replication.is_empty(), "{:?}", server.replication);
    }

    #[test]
    fn what_keeps_a_server_from_its_work() {
        let limits = Limits::default();
        let primary = info(
            b"rdb_last_bgsave_status:err\r\nrole:master\r\nmin_slaves_good_slaves:1\r\n\
              second_repl_offset:12345\r\n\
              slave0:ip=10.0.0.1,port=0,state=online\r\nslave1:ip=10.0.0.2,port=1,state=online\r\n\
              slave2:ip=10.0.0.3,port=1,state=send_bulk\r\n\
              slave3:ip=10.0.0.4,port=1,state=online,offset=7,lag=31\r\n\
              slave4:ip=10.0.0.5,port=1,state=online,offset=7,lag=1\r\n",
            &limits,
        );
        let said = &primary.replication;
        assert_eq!((said.good_replicas, said.save_failed, said.unfinished.clone()), (Some(1), true, vec![1, 2]));
        assert_eq!(said.promoted_at, Some(12345));
        assert!(info(b"role:master\nsecond_repl_offset:-1\n", &limits).replication.is_empty());
        let never = info(b"role:slave\nmaster_link_down_since_seconds:1518001110\n", &limits);
        assert_eq!(never.replication.down_for, None, "as Redis 3.2 to 6.2 write it");
        let replica = info(
            b"role:slave\nmaster_sync_in_progress:1\nmaster_link_down_since_seconds:-1\nslave_read_only:0\n",
            &limits,
        );
        let said = &replica.replication;
        assert_eq!((said.syncing, said.down_for, said.read_only), (true, None, Some(false)));
    }

    #[test]
    fn a_loading_replica_on_elasticache() {
        let server = info(REPLICA, &Limits::default());
        assert_eq!((server.product.as_deref(), server.version.as_deref()), (Some("redis"), Some("2.8.24")));
        assert_eq!(server.os.as_deref(), Some("Amazon ElastiCache"));
        assert_eq!(server.built.gcc.as_deref(), Some("0.0.0"));
        assert_eq!(server.mode.as_deref(), Some("standalone"));
        assert_eq!(server.primary, Some("10.0.0.5:6379".parse().unwrap()));
        assert_eq!(server.primary_link.as_deref(), Some("down"));
        assert!(server.loading);
    }

    #[test]
    fn old_replica_lines_and_hidden_modes() {
        let server = info(b"redis_version:2.6.17\r\nslave0:127.0.0.1,6380,online\r\n", &Limits::default());
        assert_eq!(server.replicas, endpoints(&["127.0.0.1:6380"]));
        assert_eq!(info(b"cluster_enabled:1\n", &Limits::default()).mode.as_deref(), Some("cluster"));
    }

    #[test]
    fn replicas_and_texts_are_bounded() {
        let limits = Limits { nodes: 3, text: 5, ..Limits::default() };
        let lines = "slave0:ip=10.0.0.1,port=7,state=online\n".repeat(100);
        let server = info(format!("os:\u{fc}berlong\n{lines}").as_bytes(), &limits);
        assert_eq!((server.replicas.len(), server.os.as_deref()), (3, Some("\u{fc}berl")));
    }

    #[test]
    fn hello_in_both_protocols() {
        let limits = Limits::default();
        let resp3 = b"%4\r\n+server\r\n+redis\r\n+version\r\n+7.0.15\r\n+mode\r\n+cluster\r\n+role\r\n+replica\r\n";
        let resp2 =
            b"*8\r\n$6\r\nserver\r\n$5\r\nredis\r\n+version\r\n+7.0.15\r\n+mode\r\n+cluster\r\n+role\r\n+replica\r\n";
        let server = hello(&reply(resp3), &limits);
        assert_eq!(server, hello(&reply(resp2), &limits));
        assert_eq!((server.mode.as_deref(), server.role.as_deref()), (Some("cluster"), Some("slave")));
        assert_eq!(hello(&reply(b"-NOAUTH HELLO must be called\r\n"), &limits), Server::default());
    }

    #[test]
    fn role_of_each_kind() {
        let limits = Limits::default();
        let primary = b"*3\r\n+master\r\n:9\r\n*2\r\n*3\r\n+10.0.0.6\r\n$4\r\n6380\r\n$1\r\n9\r\n*1\r\n+odd\r\n";
        assert_eq!(role(&reply(primary), &limits).replicas, endpoints(&["10.0.0.6:6380"]));
        let replica = role(&reply(b"*5\r\n+slave\r\n+p.example.com\r\n:6379\r\n+connecting\r\n:-1\r\n"), &limits);
        assert_eq!(replica.primary, Some("p.example.com:6379".parse().unwrap()));
        assert_eq!(replica.primary_link.as_deref(), Some("down"));
        assert_eq!(role(&reply(b"*2\r\n+sentinel\r\n*0\r\n"), &limits).mode.as_deref(), Some("sentinel"));
        assert_eq!(role(&reply(b"-ERR unknown command\r\n"), &limits), Server::default());
    }

    #[test]
    fn the_first_of_two_wins_where_it_speaks() {
        let limits = Limits::default();
        let hello = hello(&reply(b"%2\r\n+server\r\n+redis\r\n+role\r\n+master\r\n"), &limits);
        let both = merge(info(b"server_name:valkey\n", &limits), hello);
        assert_eq!((both.product.as_deref(), both.role.as_deref()), (Some("valkey"), Some("master")));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
            info(&bytes, &Limits::default());
            if let Ok(Decoded::Done(value, _)) = decode(&bytes, 8, 1 << 16) {
                hello(&value, &Limits::default());
                role(&value, &Limits::default());
            }
        }

        #[test]
        fn mutated_replies_are_survived(at in 0..VALKEY.len(), with in any::<Vec<u8>>(), drop in 0_usize..40) {
            let limits = Limits { text: 64, nodes: 2, ..Limits::default() };
            let rest = &VALKEY[(at + drop).min(VALKEY.len())..];
            let server = info(&[&VALKEY[..at], &with, rest].concat(), &limits);
            prop_assert!(server.replicas.len() <= 2);
            prop_assert!(server.version.is_none_or(|v| v.chars().count() <= 64));
        }
    }

    #[test]
    fn where_the_server_was_reached() {
        let told = |text: &str| accepted_at(text.as_bytes()).map(|at| at.to_string());
        let info = |own: &str| format!("id=3 addr=127.0.0.1:50000 laddr={own} fd=8 name= age=0 user=default\n");
        assert_eq!(told(&info("10.0.0.11:6379")).as_deref(), Some("10.0.0.11:6379"));
        assert_eq!(told(&info("[fd77::21]:6379")).as_deref(), Some("[fd77::21]:6379"));
        assert_eq!(told(&info("/run/redis.sock:0")), None);
        assert_eq!(told("id=3 addr=127.0.0.1:50000 fd=8"), None, "before 6.2");
    }
}
