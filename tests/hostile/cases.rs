//! The servers, one entry each: what they do, and what must be found first where that is clear.

use std::{fmt::Write as _, io, sync::Arc, time::Duration};

use rustls::ServerConfig;

use super::{
    doctor::PASSWORD,
    in_between,
    replies::{ID, array, bulk, honest, info, int, nodes_line, shards, slots, slots_entry},
    secure,
    server::{Line, Script},
    tls,
};

/// A server to meet.
pub struct Case {
    /// What it does.
    pub name: String,
    /// `redis://`, `rediss://`, or nothing for the wire to decide.
    pub scheme: &'static str,
    /// Its TLS, where it speaks that.
    pub tls: Option<Arc<ServerConfig>>,
    /// The seed, given the port of the nodes.
    pub seed: Box<dyn Fn(u16) -> Script + Send>,
    /// Who answers on the nodes' port.
    pub nodes: Option<Script>,
    /// Codes of which one must come first; empty where anything may.
    pub top: &'static [&'static str],
    /// More arguments.
    pub arguments: Vec<String>,
    /// It must not see the password.
    pub gets_no_password: bool,
    /// `tls-check` meets it, too.
    pub looks_further: bool,
    /// How many connections may be opened to the nodes' port.
    pub most_connections: usize,
}

impl Case {
    /// One of these comes first.
    pub fn top(mut self, top: &'static [&'static str]) -> Self {
        self.top = top;
        self
    }

    fn dialled_at_most(mut self, connections: usize) -> Self {
        self.most_connections = connections;
        self
    }

    fn tls(mut self, tls: Arc<ServerConfig>) -> Self {
        (self.tls, self.scheme, self.gets_no_password) = (Some(tls), "rediss://", true);
        self.looks_further = true;
        self
    }

    fn nodes(mut self, script: impl Fn(&mut Line, usize) -> io::Result<()> + Send + Sync + 'static) -> Self {
        self.nodes = Some(Arc::new(script));
        self
    }

    /// Says how it is spoken to; empty where the wire is to decide.
    pub fn scheme(mut self, scheme: &'static str) -> Self {
        self.scheme = scheme;
        self.gets_no_password = scheme != "redis://";
        self
    }
}

/// A plaintext server by its connections.
pub fn server(name: &str, script: impl Fn(&mut Line, usize) -> io::Result<()> + Send + Sync + 'static) -> Case {
    let script: Script = Arc::new(script);
    seed(name, move |_| Arc::clone(&script))
}

/// A server that knows the port of its nodes.
pub fn seed(name: &str, seed: impl Fn(u16) -> Script + Send + 'static) -> Case {
    Case {
        name: name.to_owned(),
        scheme: "redis://",
        tls: None,
        seed: Box::new(seed),
        nodes: None,
        top: &[],
        arguments: Vec::new(),
        gets_no_password: false,
        looks_further: false,
        most_connections: usize::MAX,
    }
}

/// Honest but for one command.
fn odd(name: &str, command: &'static str, reply: impl Fn(u16) -> Vec<u8> + Send + Sync + 'static) -> Case {
    server(name, move |line, _| {
        line.serve(|words, port| if words.join(" ").starts_with(command) { reply(port) } else { honest(words, port) })
    })
}

/// A seed that tells of these nodes and says nothing else about the cluster.
fn tells(name: &str, nodes: impl Fn(u16) -> String + Send + Sync + 'static) -> Case {
    let nodes = Arc::new(nodes);
    seed(name, move |other| {
        let text = bulk(nodes(other));
        Arc::new(move |line, _| {
            line.serve(|words, port| match words.join(" ").as_str() {
                "CLUSTER NODES" => text.clone(),
                "CLUSTER SLOTS" | "CLUSTER SHARDS" => b"-ERR unknown subcommand\r\n".to_vec(),
                _ => honest(words, port),
            })
        })
    })
}

/// So many nodes at one port of this machine; the seed itself is the first.
fn many(count: usize, port: u16) -> String {
    let mut text = nodes_line("127.0.0.1", i64::from(port), ID, "myself,master", "0-16383");
    for i in 1..count {
        text.push_str(
            &nodes_line("127.0.0.1", i64::from(port), &format!("{i:040x}"), "slave", "")
                .replace(" - ", &format!(" {ID} ")),
        );
    }
    text
}

/// All of them.
pub fn all() -> Vec<Case> {
    [
        sockets(),
        other_protocols(),
        resp(),
        topologies(),
        relations(),
        texts(),
        credentials(),
        crowds(),
        handshakes(),
        second_hellos(),
        in_between::cases(),
        secure::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn sockets() -> Vec<Case> {
    vec![
        server("closes at once", |_, _| Ok(())).top(&["endpoint-unreachable"]),
        server("resets at once", |line, _| line.pause(Duration::from_millis(50))).top(&["endpoint-unreachable"]),
        server("stays silent", |line, _| line.stay_silent()).top(&["endpoint-unreachable"]),
        server("never reads", |line, _| line.pause(Duration::from_secs(8))).top(&["endpoint-unreachable"]),
        server("stays silent, undecided", |line, _| line.stay_silent()).scheme("").top(&["endpoint-unreachable"]),
        server("stays silent to TLS", |line, _| line.stay_silent()).scheme("rediss://").top(&["endpoint-unreachable"]),
        server("closes at once on TLS", |_, _| Ok(())).scheme("rediss://"),
        server("echoes", |line, _| {
            loop {
                let heard = line.hear()?;
                line.say(heard)?;
            }
        }),
        server("echoes to TLS", |line, _| {
            loop {
                let heard = line.hear()?;
                line.say(heard)?;
            }
        })
        .scheme("rediss://"),
        server("discards", |line, _| line.stay_silent()).top(&["endpoint-unreachable"]),
        server("drips a reply", |line, _| {
            line.hear()?;
            line.drip(&bulk("x".repeat(4000)), Duration::from_millis(5))
        }),
        server("drips a megabyte as fast as it can", |line, _| {
            line.say(b"$1000000\r\n")?;
            line.drip(&vec![b'x'; 1_000_000], Duration::ZERO)
        }),
        server("drips a line that never ends", |line, _| {
            line.say(b"+")?;
            line.drip(&vec![b'x'; 1_000_000], Duration::ZERO)
        }),
        server("drips an array of nulls", |line, _| {
            line.say(b"*60000\r\n")?;
            loop {
                line.say(b"_\r\n")?;
            }
        }),
        server("answers two commands, then closes", |line, _| {
            for _ in 0..2 {
                let (words, port) = (line.command()?, line.port);
                line.say(honest(&words, port))?;
            }
            Ok(())
        }),
        server("closes on one more command each time", |line, number| {
            for _ in 0..number {
                let (words, port) = (line.command()?, line.port);
                line.say(honest(&words, port))?;
            }
            Ok(())
        }),
        server("answers, then half of a reply, then closes", |line, _| {
            let (words, port) = (line.command()?, line.port);
            line.say(honest(&words, port))?;
            line.say(b"$100\r\nhalf")
        }),
        server("answers before it is asked", |line, _| {
            let port = line.port;
            for command in ["HELLO", "CLUSTER MYID", "INFO", "CLUSTER SLOTS", "CLUSTER SHARDS", "CLUSTER NODES", "ROLE"]
            {
                let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
                line.say(honest(&words, port))?;
            }
            line.stay_silent()
        }),
        server("answers everything twice", |line, _| line.serve(|words, port| honest(words, port).repeat(2))),
        server("answers each command with the reply of the one before", |line, _| {
            let mut last = b"+OK\r\n".to_vec();
            line.serve(move |words, port| std::mem::replace(&mut last, honest(words, port)))
        }),
        server("goes on talking after the last reply", |line, _| {
            line.hear()?;
            let port = line.port;
            for command in
                ["AUTH x", "HELLO", "CLUSTER MYID", "INFO", "CLUSTER SLOTS", "CLUSTER SHARDS", "CLUSTER NODES", "ROLE"]
            {
                let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
                line.say(honest(&words, port))?;
            }
            line.flood(b"+more\r\n")
        }),
    ]
}

fn other_protocols() -> Vec<Case> {
    let banner = |name: &str, banner: &'static str| {
        server(name, move |line, _| {
            line.say(banner)?;
            line.stay_silent()
        })
    };
    let mut cases = Vec::new();
    for scheme in ["redis://", "rediss://", ""] {
        let http = server(&format!("speaks HTTP to {scheme}"), |line, _| {
            line.hear()?;
            line.say(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        });
        cases.push(http.scheme(scheme).top(&["not-redis"]));
        let ssh = banner(&format!("speaks SSH to {scheme}"), "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
        cases.push(ssh.scheme(scheme).top(&["not-redis"]));
        let smtp = banner(&format!("speaks SMTP to {scheme}"), "220 mail.example.com ESMTP\r\n");
        cases.push(smtp.scheme(scheme).top(&["not-redis"]));
        let random = server(&format!("sends noise to {scheme}"), |line, number| {
            let mut state = 0x9e37_79b9_u32.wrapping_add(u32::try_from(number).unwrap_or(7));
            let noise: Vec<u8> = std::iter::repeat_with(|| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            })
            .take(1000)
            .collect();
            line.say(noise)?;
            line.stay_silent()
        });
        cases.push(random.scheme(scheme));
    }
    cases.push(server("speaks memcached", |line, _| line.serve(|_, _| b"ERROR\r\n".to_vec())).top(&["not-redis"]));
    cases.push(server("sends NULs", |line, _| line.flood(&[0])).top(&["not-redis"]));
    cases.push(server("sends line ends", |line, _| line.flood(b"\r\n")).top(&["not-redis"]));
    cases
}

fn resp() -> Vec<Case> {
    let answers = |name: &str, reply: &[u8]| {
        let reply = reply.to_vec();
        server(name, move |line, _| line.serve(|_, _| reply.clone()))
    };
    let floods = |name: &str, start: &'static [u8], bytes: &'static [u8]| {
        server(name, move |line, _| {
            line.hear()?;
            line.say(start)?;
            line.flood(bytes)
        })
    };
    let long_error = [b"-ERR ", &vec![b'x'; 1 << 20][..], b"\r\n"].concat();
    let bulk_error = [b"!1000000\r\n", &vec![b'x'; 1_000_000][..], b"\r\n"].concat();
    vec![
        answers("claims a billion elements", b"*1000000000\r\n").top(&["reply-out-of-bounds"]),
        answers("claims a billion bytes", b"$1000000000\r\n").top(&["reply-out-of-bounds"]),
        answers("claims more than a number holds", b"*99999999999999999999999\r\n"),
        answers("claims less than nothing", b"*-7\r\n"),
        answers("claims the least number", b"$-9223372036854775808\r\n"),
        answers("claims the greatest number", b"%9223372036854775807\r\n"),
        answers("nests arrays", &b"*1\r\n".repeat(50_000)).top(&["reply-out-of-bounds"]),
        answers("nests attributes", &b"|1\r\n".repeat(50_000)).top(&["reply-out-of-bounds"]),
        answers("nests claims", &b"*100000\r\n".repeat(8)),
        answers("nests pushes", &b">2\r\n+x\r\n".repeat(1000)),
        answers("prefixes attributes", b"|1\r\n+ttl\r\n:3\r\n+OK\r\n"),
        answers("answers with pushes", b">1\r\n+invalidate\r\n"),
        answers("answers with nulls", b"_\r\n"),
        answers("answers with empty arrays", b"*0\r\n"),
        answers("answers with big numbers", b"(99999999999999999999999999999999999\r\n"),
        answers("answers with NaN", b",nan\r\n"),
        answers("refuses everything", b"-NOPERM this user has no permissions\r\n"),
        answers("moves everything", b"-MOVED 0 10.9.9.9:6379\r\n"),
        answers("is busy loading", b"-LOADING Redis is loading the dataset in memory\r\n"),
        answers("is a Sentinel that knows nothing", b"-ERR unknown command 'x'\r\n"),
        answers("turns everybody away", b"-ERR max number of clients reached\r\n").top(&["turned-away"]),
        answers("refuses at length", &long_error).top(&["reply-out-of-bounds"]),
        answers("refuses at length in bulk", &bulk_error),
        answers("refuses in colour", b"-ERR \x1b[31mred\x1b]0;title\x07 \xe2\x80\xae \xc2\x9b31m\x7f\r\n"),
        answers("refuses in no UTF-8", b"-ERR \xff\xfe\x00\x80\r\n"),
        answers("leaves out the line end", b"$3\r\nabcXX"),
        answers("ends lines with LF", b"+OK\n"),
        floods("sends a line that never ends", b"+", b"x").top(&["reply-out-of-bounds"]),
        floods("sends nulls in an array that never ends", b"*5000000\r\n", b"_\r\n"),
        floods("sends a bulk that never ends", b"+OK\r\n*7\r\n$16000000\r\n", b"x"),
        odd("sends CLUSTER NODES of one line of 5 MiB", "CLUSTER NODES", |_| bulk("x".repeat(5 << 20)))
            .top(&["reply-out-of-bounds"]),
        odd("sends CLUSTER NODES of line ends", "CLUSTER NODES", |_| bulk("\n".repeat(4 << 20))),
        odd("sends INFO of 60 MiB", "INFO", |_| bulk("x:y\r\n".repeat(12 << 20))),
        odd("sends INFO of a megabyte", "INFO", |_| bulk(info() + &"slave0:ip=10.0.0.1,port=1\r\n".repeat(30_000))),
        odd("sends a million empty ranges", "CLUSTER SLOTS", |_| array(std::iter::repeat_n(array([]), 1_000_000))),
        odd("answers CLUSTER SLOTS with text", "CLUSTER SLOTS", |_| bulk("0-16383")),
        odd("answers CLUSTER NODES with an array", "CLUSTER NODES", |_| array([bulk(ID)])),
        odd("answers MYID with a number", "CLUSTER MYID", |_| int(7)),
    ]
}

fn topologies() -> Vec<Case> {
    let slots_of = |name: &str, reply: fn(u16) -> Vec<u8>| {
        server(name, move |line, _| {
            line.serve(|words, port| match words.join(" ").as_str() {
                "CLUSTER SLOTS" => reply(port),
                "CLUSTER SHARDS" | "CLUSTER NODES" => b"-ERR unknown subcommand\r\n".to_vec(),
                _ => honest(words, port),
            })
        })
    };
    vec![
        slots_of("announces slots out of range", |port| slots_with_range(-5, 99_999, port)),
        slots_of("announces slots backward", |port| slots_with_range(16383, 0, port)),
        slots_of("announces the last slot of all", |port| slots_with_range(0, 65_535, port)),
        slots_of("announces overlapping slots", |port| {
            array((0..3000).map(|i| slots_entry(i, 16383, b"127.0.0.1", port.into(), ID.as_bytes())))
        }),
        slots_of("announces port 0", |_| slots(b"127.0.0.1", 0, ID.as_bytes())),
        slots_of("announces port 65535", |_| slots(b"127.0.0.1", 65_535, ID.as_bytes())),
        slots_of("announces port -1", |_| slots(b"127.0.0.1", -1, ID.as_bytes())),
        slots_of("announces no nodes", |_| array([array([int(0), int(16383)])])),
        slots_of("announces nil hosts", |port| {
            array([array([int(0), int(16383), array([b"$-1\r\n".to_vec(), int(port.into()), bulk(ID)])])])
        }),
        slots_of("announces question marks", |port| slots(b"?", port.into(), ID.as_bytes())),
        slots_of("announces nodes without ids", |port| {
            array((0..2000).map(|i| array([int(i), int(i), array([bulk("127.0.0.1"), int(i64::from(port) + i % 3)])])))
        }),
        slots_of("announces itself as localhost", |port| slots(b"localhost", port.into(), ID.as_bytes())),
        slots_of("announces a broadcast address", |_| slots(b"255.255.255.255", 6379, ID.as_bytes())),
        slots_of("announces the unspecified address", |port| slots(b"0.0.0.0", port.into(), ID.as_bytes())),
        slots_of("announces an address of nobody", |_| slots(b"192.0.2.1", 6379, ID.as_bytes())),
    ]
}

fn relations() -> Vec<Case> {
    vec![
        odd("repeats a shard", "CLUSTER SHARDS", |port| {
            let one = shards(b"127.0.0.1", port.into(), ID.as_bytes());
            array(std::iter::repeat_n(one[4..].to_vec(), 1000))
        }),
        odd("announces shards without nodes", "CLUSTER SHARDS", |_| {
            array(std::iter::repeat_n(array([bulk("slots"), array([int(1)])]), 100))
        }),
        tells("repeats an id", |other| {
            let port = i64::from(other);
            let me = nodes_line("127.0.0.1", port, ID, "myself,master", "0-16383");
            me.repeat(3) + &nodes_line("127.0.0.1", port, "bb", "master", "").repeat(5)
        })
        .nodes(|line, _| {
            line.serve(|words, port| match words.join(" ").as_str() {
                "CLUSTER MYID" => bulk("bb"),
                "CLUSTER NODES" => bulk(
                    nodes_line("127.0.0.1", port.into(), "bb", "myself,master", "").repeat(4)
                        + &nodes_line("127.0.0.9", port.into(), ID, "master", "0-5").repeat(4),
                ),
                _ => honest(words, port),
            })
        }),
        tells("has replicas of replicas in a ring", |other| {
            let port = i64::from(other);
            let line = |id: &str, of: &str, flags| {
                nodes_line("127.0.0.1", port, id, flags, "").replace(" - ", &format!(" {of} "))
            };
            line("aa", "bb", "myself,slave")
                + &line("bb", "cc", "slave")
                + &line("cc", "aa", "slave")
                + &line("dd", "dd", "slave")
        }),
        tells("does not know itself", |other| nodes_line("", i64::from(other), "aa", "master,noaddr,fail", "0-16383")),
        tells("is myself many times", |other| {
            (0..50)
                .map(|i| nodes_line("127.0.0.1", other.into(), &format!("{i:040}"), "myself,master", "0-16383"))
                .collect()
        }),
        odd("is a replica of itself", "INFO", |port| {
            bulk(format!(
                "redis_mode:standalone\r\nrun_id:aa\r\nrole:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:{port}\r\n"
            ))
        }),
        replication("replicates in a circle", |port| {
            format!(
                "role:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:{port}\r\nslave0:ip=127.0.0.1,port={port},state=online\r\n"
            )
        }),
        replication("has thousands of replicas", |_| {
            let mut text = "role:master\r\n".to_owned();
            for i in 0..5000 {
                let _ = write!(text, "slave{i}:ip=127.0.0.1,port={},state=online\r\n", 1 + i % 60_000);
            }
            text
        }),
        replication("has replicas without sense", |_| {
            "role:master\r\nslave0:ip=${POD_IP},port=-1\r\nslave1:,,\r\nslave2:ip=\u{1b}[31m,port=99999\r\n".to_owned()
        }),
        server("looks like a Sentinel", |line, _| {
            line.serve(|words, port| match words.join(" ").as_str() {
                "HELLO" => {
                    array(["server", "redis", "version", "7.2.4", "mode", "sentinel", "role", "sentinel"].map(bulk))
                }
                "INFO" => bulk("redis_version:7.2.4\r\nredis_mode:sentinel\r\nrun_id:aa\r\nsentinel_masters:1\r\n"),
                "ROLE" => array([bulk("sentinel"), array([bulk("mymaster")])]),
                "PING" => honest(words, port),
                _ => b"-ERR unknown command\r\n".to_vec(),
            })
        }),
    ]
}

fn slots_with_range(from: i64, to: i64, port: u16) -> Vec<u8> {
    array([slots_entry(from, to, b"127.0.0.1", port.into(), ID.as_bytes())])
}

/// Not a cluster, with this INFO.
fn replication(name: &str, text: fn(u16) -> String) -> Case {
    server(name, move |line, _| {
        line.serve(|words, port| match words.first().map(String::as_str) {
            Some("CLUSTER") => b"-ERR This instance has cluster support disabled\r\n".to_vec(),
            Some("INFO") => {
                bulk(format!("redis_version:7.2.4\r\nredis_mode:standalone\r\nrun_id:aa\r\n{}", text(port)))
            }
            Some("HELLO" | "ROLE") => b"-ERR unknown command\r\n".to_vec(),
            _ => honest(words, port),
        })
    })
}

/// Text that steers terminals, shells, templates and logs.
const EVIL: [&str; 9] = [
    "\u{1b}[31mred\u{1b}]0;owned\u{7}",
    "${POD_IP}",
    "$(reboot)`reboot`",
    "a\"b'c",
    "a\r\n::error::owned\n##[add-mask]x",
    "\u{202e}gnp.exe\u{2066}",
    "\u{9b}31m",
    "-oProxyCommand=reboot",
    "\u{0}",
];

fn texts() -> Vec<Case> {
    let mut cases = Vec::new();
    for (i, evil) in EVIL.into_iter().enumerate() {
        cases.push(server(&format!("writes text {i} wherever it can"), move |line, _| {
            line.serve(|words, port| match words.join(" ").as_str() {
                "HELLO" => array(["server", evil, "version", evil, "mode", "cluster", "role", evil].map(bulk)),
                "CLUSTER MYID" | "ROLE" => bulk(evil),
                "INFO" => bulk(info() + &format!("os:{evil}\r\nvalkey_version:{evil}\r\nmaster_replid:{evil}\r\n")),
                "CLUSTER SLOTS" => array([array([
                    int(0),
                    int(16383),
                    array([bulk(evil), int(port.into()), bulk(ID), array(["hostname", evil, "ip", evil].map(bulk))]),
                ])]),
                "CLUSTER SHARDS" => shards(evil.as_bytes(), port.into(), evil.as_bytes()),
                "CLUSTER NODES" => bulk(nodes_line(evil, port.into(), ID, "myself,master", "0-16383")),
                "PING" => honest(words, port),
                _ => [b"-ERR ", evil.replace(['\r', '\n'], " ").as_bytes(), b"\r\n"].concat(),
            })
        }));
        cases.push(tells(&format!("has views with text {i}"), |other| many(3, other)).nodes(move |line, number| {
            line.serve(|words, port| match words.join(" ").as_str() {
                "CLUSTER MYID" => bulk(format!("{:040x}", number % 2 + 1)),
                "CLUSTER NODES" => bulk(
                    nodes_line("127.0.0.1", port.into(), &format!("{:040x}", number % 2 + 1), "myself,slave", evil)
                        + &nodes_line(&evil.replace(['\r', '\n'], ""), 1, ID, "master", evil),
                ),
                _ => honest(words, port),
            })
        }));
    }
    cases
}

fn credentials() -> Vec<Case> {
    let echo = |name: &str, say: fn(&str) -> Vec<u8>| {
        server(name, move |line, _| {
            let mut known = "nothing".to_owned();
            line.serve(move |words, port| {
                if words[0] == "AUTH" {
                    known.clone_from(words.last().unwrap());
                }
                let said = say(&known);
                if said.is_empty() { honest(words, port) } else { said }
            })
        })
    };
    vec![
        echo("echoes the password in errors", |p| format!("-ERR wrong password '{p}'\r\n").into_bytes()),
        echo("echoes the password in WRONGPASS", |p| format!("-WRONGPASS {p} is wrong\r\n").into_bytes())
            .top(&["credentials-refused"]),
        echo("echoes the password with NOAUTH", |p| format!("-NOAUTH {p}\r\n").into_bytes()),
        echo("echoes the password where text is cut", |p| format!("-ERR {}{p}\r\n", "x".repeat(501)).into_bytes()),
        echo("echoes the password as nonsense", |p| format!("{p}\r\n").into_bytes()),
        echo("echoes the password as a long bulk", |p| bulk(p.repeat(100_000))),
        echo("echoes the password as a type", |p| format!("${p}\r\n").into_bytes()),
        server("echoes the password in every field", |line, _| {
            line.serve(|words, port| {
                let evil = format!("{PASSWORD}.example.com");
                match words.join(" ").as_str() {
                    "HELLO" => array(["server", PASSWORD, "version", PASSWORD, "mode", "cluster"].map(bulk)),
                    "CLUSTER MYID" => bulk(PASSWORD),
                    "INFO" => {
                        bulk(format!("redis_mode:cluster\r\nos:{PASSWORD}\r\nrun_id:{PASSWORD}\r\nrole:{PASSWORD}\r\n"))
                    }
                    "CLUSTER SLOTS" => slots(evil.as_bytes(), port.into(), PASSWORD.as_bytes()),
                    "CLUSTER SHARDS" => shards(evil.as_bytes(), port.into(), b"bb"),
                    "CLUSTER NODES" => bulk(nodes_line(&evil, port.into(), PASSWORD, "myself,master", "0-16383")),
                    _ => honest(words, port),
                }
            })
        }),
        server("shows the password in plaintext to TLS", |line, _| {
            line.hear()?;
            line.say(format!("-ERR {PASSWORD}\r\n"))
        })
        .scheme("rediss://"),
        server("collects passwords over untrusted TLS", |line, _| line.serve(honest))
            .tls(tls::self_signed(&["localhost".to_owned(), "127.0.0.1".to_owned()]))
            .top(&["chain-untrusted"]),
        server("wants a password over untrusted TLS", |line, _| {
            line.serve(|_, _| b"-NOAUTH Authentication required.\r\n".to_vec())
        })
        .tls(tls::self_signed(&["127.0.0.1".to_owned()])),
        server("collects passwords where nobody said which protocol", |line, _| line.serve(honest)).scheme(""),
    ]
}

/// What one of many nodes does with a connection.
type Answer = fn(&mut Line, usize) -> io::Result<()>;

/// How often one socket is dialled, whatever is said of it; each may be looked into twice, to see what it speaks.
const A_FEW: usize = 2 * 18;

fn crowds() -> Vec<Case> {
    let mut cases = vec![
        tells("announces 100,000 nodes", |other| many(100_000, other)).top(&["reply-out-of-bounds"]),
        tells("announces 2,000 nodes that are itself", |_| String::new()),
        tells("announces 2,000 nodes where nobody listens", |_| many(2000, 9)),
        tells("announces 3,000 names that do not resolve", |other| {
            (0..3000)
                .map(|i| nodes_line(&format!("n{i}.invalid"), other.into(), &format!("{i:040x}"), "master", ""))
                .collect()
        }),
        tells("announces addresses of nobody", |_| {
            (0..500)
                .map(|i| nodes_line(&format!("192.0.2.{}", i % 250), 6379, &format!("{i:040x}"), "master", ""))
                .collect()
        }),
        tells("announces 2,000 silent nodes", |other| many(2000, other))
            .nodes(|line, _| line.stay_silent())
            .dialled_at_most(A_FEW),
        tells("announces 2,000 nodes at somebody else's port", |other| many(2000, other))
            .nodes(|line, _| line.say("220 mail.example.com ESMTP\r\n"))
            .dialled_at_most(A_FEW),
    ];
    cases.push(odd("announces itself 2,000 times", "CLUSTER NODES", |port| bulk(many(2000, port))));
    let crowds: [(&str, Answer); 7] = [
        ("that close at once", |_, _| Ok(())),
        ("that send a bulk that never ends", |line, _| {
            line.hear()?;
            line.say(b"+OK\r\n$1000000\r\n")?;
            line.say(vec![b'x'; 900_000])?;
            line.stay_silent()
        }),
        ("that flood", |line, _| {
            line.hear()?;
            line.say(b"+OK\r\n*5000000\r\n")?;
            line.flood(b"*1\r\n:1\r\n")
        }),
        ("with INFO full of replicas", |line, number| {
            line.serve(|words, port| match words[0].as_str() {
                "INFO" => {
                    let host = "h".repeat(60) + "." + &"o".repeat(60) + ".example.com";
                    bulk(
                        info()
                            + &(0..3000)
                                .fold(String::new(), |text, i| text + &format!("slave{i}:ip={host},port=1\r\n")),
                    )
                }
                _ if words.join(" ") == "CLUSTER MYID" => bulk(format!("{number:040x}")),
                _ => honest(words, port),
            })
        }),
        ("that refuse at length", |line, _| {
            line.serve(|_, _| format!("-ERR {}\r\n", "\u{10ffff}".repeat(10_000)).into_bytes())
        }),
        ("with a view each of its own", |line, number| {
            line.serve(|words, port| match words.join(" ").as_str() {
                "CLUSTER MYID" => bulk(format!("{number:040x}")),
                "CLUSTER NODES" => {
                    let me = nodes_line("127.0.0.1", port.into(), &format!("{number:040x}"), "myself,master", "");
                    let name = "\u{fc}".repeat(290);
                    let others = (0..100).map(|i| {
                        nodes_line(&name, i64::try_from(number).unwrap_or(1), &format!("x{number}-{i}"), "master", "")
                    });
                    bulk(me + &others.collect::<String>())
                }
                _ => honest(words, port),
            })
        }),
        ("that answer as somebody else", |line, _| line.serve(honest)),
    ];
    for (what, script) in crowds {
        cases.push(tells(&format!("announces 600 nodes {what}"), |other| many(600, other)).nodes(script));
    }
    cases
}

fn handshakes() -> Vec<Case> {
    let sends = |name: &str, bytes: Vec<u8>, again: bool| {
        let script = move |line: &mut Line, _| {
            line.hear()?;
            line.say(&bytes)?;
            if again { line.flood(&bytes) } else { line.stay_silent() }
        };
        server(name, script).scheme("rediss://")
    };
    let fatal = tls::record(21, &[2, 40]);
    let huge = (0..1500).map(|i| format!("n{i}.example.com")).collect::<Vec<_>>();
    let serves = |name: &str, config| server(name, |line, _| line.serve(honest)).tls(config);
    vec![
        sends("answers a ClientHello with a fatal alert", fatal, false).top(&["tls-handshake-failed"]),
        sends("storms with warnings", tls::record(21, &[1, 90]), true),
        sends("storms with empty records", tls::record(22, &[]), true),
        sends("storms with change cipher specs", tls::record(20, &[1]), true),
        sends("claims a handshake message of 16 MiB", tls::record(22, &[2, 0xff, 0xff, 0xff, 3, 3]), true),
        sends("sends oversized records", [&[22, 3, 3, 0xff, 0xff][..], &[0; 70_000]].concat(), true),
        sends("stops after half a record", vec![22, 3, 3, 1, 0, 2], false).top(&["endpoint-unreachable"]),
        sends("stops after ServerHello", tls::server_hello(), false),
        server("closes after ServerHello", |line, _| {
            line.hear()?;
            line.say(tls::server_hello())
        })
        .scheme("rediss://"),
        server("drips its ServerHello", |line, _| {
            line.hear()?;
            line.drip(&tls::server_hello(), Duration::from_millis(60))
        })
        .scheme("rediss://"),
        sends(
            "sends ServerHello and no certificate",
            [tls::server_hello(), tls::record(22, &[14, 0, 0, 0])].concat(),
            false,
        ),
        sends("asks for a renegotiation", tls::record(22, &[0, 0, 0, 0]), true),
        sends("sends application data first", tls::record(23, &[7; 300]), true),
        serves("presents 1,500 names", tls::self_signed(&huge)).top(&["chain-untrusted", "san-mismatch"]),
        serves("presents names that steer terminals", tls::with_odd_names()).top(&["chain-untrusted", "san-mismatch"]),
        serves("presents a crowd of issuers", tls::crowd()).top(&["chain-untrusted", "san-mismatch"]),
        serves("presents a chain of 100", tls::long_chain(100)).top(&["chain-untrusted", "san-mismatch"]),
        server("closes after the handshake", |line, _| line.hear().map(drop)).tls(tls::long_chain(1)),
        server("stays silent after the handshake", |line, _| line.stay_silent()).tls(tls::long_chain(1)),
        server("floods over TLS", |line, _| {
            line.hear()?;
            line.flood(b"*1\r\n")
        })
        .tls(tls::long_chain(1)),
        server("speaks HTTP over TLS", |line, _| {
            line.hear()?;
            line.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        })
        .tls(tls::long_chain(1)),
        server("wants TLS", |line, _| line.serve(honest))
            .tls(tls::long_chain(1))
            .scheme("redis://")
            .top(&["tls-required"]),
        server("wants plaintext", |line, _| line.serve(honest)).scheme("rediss://").top(&["tls-not-spoken"]),
    ]
}

/// After a first fatal alert it is asked again, by hand: whatever it says then is bounded, too.
fn second_hellos() -> Vec<Case> {
    let then = |name: &str, second: fn(&mut Line) -> io::Result<()>| {
        let script = move |line: &mut Line, number| {
            line.hear()?;
            if number == 0 { line.say(tls::record(21, &[2, 70])) } else { second(line) }
        };
        server(&format!("refuses a handshake, then {name}"), script).scheme("rediss://")
    };
    vec![
        then("refuses all of them", |line| line.say(tls::record(21, &[2, 70]))).top(&["tls-handshake-failed"]),
        then("floods with certificates", |line| {
            line.say(tls::server_hello())?;
            line.flood(&tls::record(22, &[11, 0, 0, 6, 0, 0, 3, 0, 0, 0]))
        })
        .top(&["tls-handshake-failed"]),
        then("claims a chain of 16 MiB", |line| {
            line.say(tls::server_hello())?;
            line.flood(&tls::record(22, &[11, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc]))
        })
        .top(&["tls-handshake-failed"]),
        then("drips a hello", |line| line.drip(&tls::server_hello(), Duration::from_millis(60)))
            .top(&["tls-handshake-failed"]),
        then("presents what is no certificate", |line| {
            line.say(tls::server_hello())?;
            line.say(tls::record(22, &[11, 0, 0, 8, 0, 0, 5, 0, 0, 2, 0x30, 0x80, 14, 0, 0, 0]))
        })
        .top(&["tls-handshake-failed"]),
        then("stays silent", Line::stay_silent).top(&["tls-handshake-failed"]),
        then("says nothing of TLS", |line| line.say("\u{1b}[31mno\r\n")).top(&["tls-handshake-failed"]),
    ]
}
