//! What an honest cluster of one answers, for scripts that are hostile in one place only, and RESP to write the rest in.

/// The honest node's id.
pub const ID: &str = "07c37dfeb235213a872192d90877d0cd55635b91";

/// A bulk string.
pub fn bulk(body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    [format!("${}\r\n", body.len()).as_bytes(), body, b"\r\n"].concat()
}

/// An array.
pub fn array(items: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let items: Vec<Vec<u8>> = items.into_iter().collect();
    [format!("*{}\r\n", items.len()).into_bytes(), items.concat()].concat()
}

/// An integer.
pub fn int(n: i64) -> Vec<u8> {
    format!(":{n}\r\n").into_bytes()
}

/// A range of CLUSTER SLOTS with one node.
pub fn slots_entry(from: i64, to: i64, host: &[u8], port: i64, id: &[u8]) -> Vec<u8> {
    array([int(from), int(to), array([bulk(host), int(port), bulk(id), array([])])])
}

/// CLUSTER SLOTS of one node that owns everything.
pub fn slots(host: &[u8], port: i64, id: &[u8]) -> Vec<u8> {
    array([slots_entry(0, 16383, host, port, id)])
}

/// CLUSTER SHARDS likewise.
pub fn shards(host: &[u8], port: i64, id: &[u8]) -> Vec<u8> {
    let node = [
        (&b"id"[..], bulk(id)),
        (b"port", int(port)),
        (b"ip", bulk(host)),
        (b"endpoint", bulk(host)),
        (b"role", bulk("master")),
        (b"health", bulk("online")),
    ];
    let node = array(node.into_iter().flat_map(|(key, value)| [bulk(key), value]));
    array([array([bulk("slots"), array([int(0), int(16383)]), bulk("nodes"), array([node])])])
}

/// A line of CLUSTER NODES.
pub fn nodes_line(host: &str, port: i64, id: &str, flags: &str, slots: &str) -> String {
    format!("{id} {host}:{port}@{},, {flags} - 0 0 1 connected {slots}\n", (port + 10_000) % 65_536).replace(",,", "")
}

/// INFO of a cluster node.
pub fn info() -> String {
    "# Server\r\nredis_version:7.2.4\r\nredis_mode:cluster\r\nos:Linux\r\nrun_id:aa11\r\nrole:master\r\nloading:0\r\n\
     cluster_enabled:1\r\n"
        .to_owned()
}

/// What an honest cluster of one says to a command.
pub fn honest(words: &[String], port: u16) -> Vec<u8> {
    let port = i64::from(port);
    match words.join(" ").to_ascii_uppercase().as_str() {
        "HELLO" => array(["server", "redis", "version", "7.2.4", "mode", "cluster", "role", "master"].map(bulk)),
        "CLUSTER MYID" => bulk(ID),
        "INFO" => bulk(info()),
        "CLUSTER SLOTS" => slots(b"127.0.0.1", port, ID.as_bytes()),
        "CLUSTER SHARDS" => shards(b"127.0.0.1", port, ID.as_bytes()),
        "CLUSTER NODES" => bulk(nodes_line("127.0.0.1", port, ID, "myself,master", "0-16383")),
        "ROLE" => array([bulk("master"), int(0), array([])]),
        "PING" => b"+PONG\r\n".to_vec(),
        auth if auth.starts_with("AUTH") => b"+OK\r\n".to_vec(),
        _ => b"-ERR unknown command\r\n".to_vec(),
    }
}
