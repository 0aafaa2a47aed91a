//! What stands between a client and the servers, or answers for them: balancers, tunnels, Sentinels.

use std::{fmt::Write as _, time::Duration};

use super::{
    cases::{Case, seed, server},
    replies::{ID, array, bulk, honest, info, nodes_line, slots},
};

/// All of them.
pub fn cases() -> Vec<Case> {
    tunnels().into_iter().chain(balancers()).chain([slandered()]).chain(sentinels()).collect()
}

/// 32 bytes that are no text and no reply, others on every connection.
fn nonce(number: usize) -> Vec<u8> {
    (0..32).map(|i: usize| 0x80 | u8::try_from((i * 37 + number * 101 + 7) % 128).unwrap()).collect()
}

fn tunnels() -> Vec<Case> {
    let mut cases = Vec::new();
    for scheme in ["redis://", "", "rediss://"] {
        let and_drips = server(&format!("begins like spiped, and drips on, {scheme}"), |line, number| {
            line.say(nonce(number))?;
            loop {
                line.say([0x9c])?;
                line.pause(Duration::from_millis(100))?;
            }
        });
        let and_floods = server(&format!("begins like spiped, and floods, {scheme}"), |line, number| {
            line.say(nonce(number))?;
            line.flood(&[0xfe])
        });
        let like_a_reply = server(&format!("begins like spiped and like a reply, {scheme}"), |line, number| {
            line.say([b"*9", &nonce(number)[2..]].concat())?;
            line.stay_silent()
        });
        let same_again = server(&format!("says the same 32 bytes each time, {scheme}"), |line, _| {
            line.say(nonce(1))?;
            line.stay_silent()
        });
        cases.extend([and_drips, and_floods, like_a_reply, same_again].map(|case| case.scheme(scheme)));
    }
    cases
}

/// Six nodes, of which only what the seed leads to is reached.
fn six(port: u16, id: usize) -> impl Fn(&[String]) -> Vec<u8> {
    let name = |i: usize| format!("{i:040x}");
    move |words| match words.join(" ").as_str() {
        "CLUSTER MYID" => bulk(name(id)),
        "INFO" => bulk(info()),
        "CLUSTER NODES" => {
            let flags = |i| if i == id { "myself,master" } else { "master" };
            let line = |i| nodes_line("127.0.0.1", 1 + i64::try_from(i).unwrap_or(0), &name(i), flags(i), "");
            bulk((0..6).map(line).collect::<String>())
        }
        "CLUSTER SLOTS" => slots(b"127.0.0.1", 1, name(0).as_bytes()),
        "CLUSTER SHARDS" => b"-ERR unknown subcommand\r\n".to_vec(),
        _ => honest(words, port),
    }
}

fn balancers() -> Vec<Case> {
    vec![
        server("is a balancer", |line, number| line.serve(|words, port| six(port, number % 6)(words))),
        server("is a balancer before addresses that steer shells", |line, number| {
            line.serve(|words, port| match words.join(" ").as_str() {
                "CLUSTER NODES" => {
                    let host = |i: usize| ["$(reboot)", "a;reboot", "-oProxyCommand=reboot", "`reboot`"][i % 4];
                    let me = |i| if i == number % 6 { "myself,master" } else { "master" };
                    let line = |i: usize| nodes_line(host(i), 6379, &format!("{i:040x}"), me(i), "");
                    bulk((0..6).map(line).collect::<String>())
                }
                "CLUSTER SLOTS" => b"-ERR unknown subcommand\r\n".to_vec(),
                _ => six(port, number % 6)(words),
            })
        })
        .top(&["endpoint-unknown", "balancer-endpoint"]),
        server("is another node on every connection", |line, number| {
            line.serve(|words, port| six(port, 6 + number)(words))
        }),
        server("is another node at every question", |line, number| {
            let mut asked = number;
            line.serve(|words, port| {
                asked += 1;
                six(port, asked % 6)(words)
            })
        }),
        server("hangs when it is dialled again", |line, number| match number {
            0 => line.serve(|words, port| six(port, 0)(words)),
            _ => line.stay_silent(),
        }),
        server("floods when it is dialled again", |line, number| match number {
            0 => line.serve(|words, port| six(port, 0)(words)),
            _ => line.flood(b"+OK\r\n"),
        }),
        server("drips when it is dialled again", |line, number| match number {
            0 => line.serve(|words, port| six(port, 0)(words)),
            _ => line.drip(&b"+".repeat(10_000), Duration::from_millis(20)),
        }),
        server("says that it was reached anywhere", |line, _| {
            line.serve(|words, port| match words.join(" ").as_str() {
                "CLIENT INFO" => bulk("id=1 addr=1 laddr=\u{1b}[31m:99999 ".to_owned() + &"laddr=::".repeat(50_000)),
                _ => six(port, 0)(words),
            })
        }),
    ]
}

/// Where the other nodes have the seed is nowhere: what they say of it is a command.
fn slandered() -> Case {
    let lines = |own: &str, seed: u16, other: u16, flags: [&str; 2]| {
        bulk(
            nodes_line(own, seed.into(), ID, flags[0], "0-16383")
                + &nodes_line("127.0.0.1", other.into(), &"b".repeat(40), flags[1], ""),
        )
    };
    let mut case = seed("is said by others to be at a command", move |other| {
        std::sync::Arc::new(move |line, _| {
            line.serve(|words, port| match words.join(" ").as_str() {
                "CLUSTER NODES" => lines("127.0.0.1", port, other, ["myself,master", "master"]),
                "CLUSTER SLOTS" | "CLUSTER SHARDS" => b"-ERR unknown subcommand\r\n".to_vec(),
                _ => honest(words, port),
            })
        })
    });
    case.nodes = Some(std::sync::Arc::new(move |line, _| {
        line.serve(|words, port| match words.join(" ").as_str() {
            "CLUSTER MYID" => bulk("b".repeat(40)),
            "CLUSTER NODES" => lines("$(reboot)", 1, port, ["master", "myself,master"]),
            _ => honest(words, port),
        })
    }));
    case
}

/// A Sentinel with an answer of its own to what Sentinels are asked.
fn sentinel(name: &str, answer: impl Fn(&str, u16) -> Option<Vec<u8>> + Send + Sync + 'static) -> Case {
    let answer = std::sync::Arc::new(answer);
    seed(name, move |_| {
        let answer = answer.clone();
        std::sync::Arc::new(move |line, _| {
            line.serve(|words, port| {
                let asked = words.join(" ");
                answer(&asked, port).unwrap_or_else(|| match asked.as_str() {
                    "INFO" => bulk("redis_version:7.2.4\r\nredis_mode:sentinel\r\nrun_id:aa\r\n"),
                    "ROLE" => array([bulk("sentinel"), array([bulk("mymaster")])]),
                    "PING" => b"+PONG\r\n".to_vec(),
                    _ => b"-ERR unknown command\r\n".to_vec(),
                })
            })
        })
    })
}

fn entry(name: &str, ip: &str, port: usize, run_id: &str) -> Vec<u8> {
    let port = port.to_string();
    array(["name", name, "ip", ip, "port", &port, "runid", run_id, "flags", "master", "quorum", "2"].map(bulk))
}

fn sentinels() -> Vec<Case> {
    vec![
        sentinel("watches a hundred thousand groups", |asked, _| match asked {
            "ROLE" => Some(array([bulk("sentinel"), array((0..50_000).map(|i| bulk(format!("g{i}"))))])),
            "SENTINEL MASTERS" => Some(array((0..100_000).map(|i| entry(&format!("g{i:06}"), "127.0.0.1", 1, "")))),
            _ => None,
        }),
        sentinel("knows a hundred thousand replicas", |asked, port| match asked {
            "SENTINEL MASTERS" => Some(array([entry("mymaster", "127.0.0.1", port.into(), "")])),
            _ if asked.starts_with("SENTINEL REPLICAS") => Some(array(
                (0..100_000).map(|i| entry("r", &format!("10.{}.{}.1", i >> 8 & 255, i & 255), 1 + i % 60_000, "")),
            )),
            _ if asked.starts_with("SENTINEL SENTINELS") => {
                Some(array((0..100_000).map(|i| entry("s", "127.0.0.1", 1 + i % 60_000, &format!("{i:040x}")))))
            }
            _ => None,
        }),
        sentinel("watches itself", |asked, port| match asked {
            "SENTINEL MASTERS" => Some(array([entry("mymaster", "127.0.0.1", port.into(), "aa")])),
            _ if asked.starts_with("SENTINEL ") && asked.ends_with("mymaster") => {
                Some(array([entry("x", "127.0.0.1", port.into(), "aa"), entry("x", "", 0, "")]))
            }
            _ => None,
        }),
        sentinel("has groups that steer terminals and shells", |asked, port| match asked {
            "ROLE" => {
                Some(array([bulk("sentinel"), array(["a\r\nSHUTDOWN\r\n", "\u{1b}[31m", "$(reboot)"].map(bulk))]))
            }
            "SENTINEL MASTERS" => Some(array(
                ["a\nb", "\u{202e}", "';reboot"].map(|name| entry(name, "-oProxyCommand=reboot", port.into(), name)),
            )),
            _ => None,
        }),
        crowd_of_sentinels(),
        long_chain(),
        loop_of_replicas(),
        info_of_megabytes(),
        never_idle(),
        two_thousand_known(),
        sentinel("never ends its groups", |asked, _| match asked {
            "SENTINEL MASTERS" => Some(b"*1000000\r\n".to_vec()),
            _ => None,
        }),
    ]
}

/// Groups of this many names.
fn groups(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|group| bulk(format!("group-{group:02}"))).collect()
}

/// As many peers as are looked at, and each of them names another primary, other replicas and other peers of every group.
fn crowd_of_sentinels() -> Case {
    let answer = |asked: &str, own: usize, other: usize| match asked {
        "ROLE" => Some(array([bulk("sentinel"), array(groups(64))])),
        "SENTINEL MYID" => Some(bulk(format!("{own:040x}"))),
        "SENTINEL MASTERS" => Some(array((0..64).map(|group| {
            entry(&format!("group-{group:02}"), &format!("127.7.{}.{}", own >> 8, own & 255), other, "")
        }))),
        _ if asked.starts_with("SENTINEL REPLICAS") || asked.starts_with("SENTINEL SENTINELS") => {
            let ip = |i: usize| format!("127.{}.{}.{}", 8 + own % 200, i >> 8, i & 255);
            let many = if own == 0 { 2_500 } else { 100 };
            Some(array((0..many).map(|i| entry("x", &ip(i), other, ""))))
        }
        _ => None,
    };
    let role = |asked: &str| match asked {
        "INFO" => bulk("redis_version:7.2.4\r\nredis_mode:sentinel\r\nrun_id:aa\r\n"),
        "PING" => b"+PONG\r\n".to_vec(),
        _ => b"-ERR unknown command\r\n".to_vec(),
    };
    let mut case = seed("has two thousand peers, each with a view of its own", move |other| {
        std::sync::Arc::new(move |line, _| {
            line.serve(|words, _| {
                let asked = words.join(" ");
                answer(&asked, 0, other.into()).unwrap_or_else(|| role(&asked))
            })
        })
    });
    case.nodes = Some(std::sync::Arc::new(move |line, number| {
        line.serve(|words, port| {
            let asked = words.join(" ");
            answer(&asked, 1 + number, port.into()).unwrap_or_else(|| role(&asked))
        })
    }));
    case
}

/// A server outside clusters, with this INFO, whoever it is.
fn replication(name: &str, text: impl Fn(u16, usize) -> String + Clone + Send + Sync + 'static) -> Case {
    let script = move |at: Option<u16>| -> super::server::Script {
        let text = text.clone();
        std::sync::Arc::new(move |line, number| {
            line.serve(|words, port| match words.first().map(String::as_str) {
                Some("CLUSTER") => b"-ERR This instance has cluster support disabled\r\n".to_vec(),
                Some("INFO") => bulk(format!(
                    "redis_version:7.2.4\r\nredis_mode:standalone\r\nmaster_replid:{ID}\r\n{}",
                    text(at.unwrap_or(port), at.map_or(number + 1, |_| 0))
                )),
                Some("HELLO" | "ROLE") => b"-ERR unknown command\r\n".to_vec(),
                _ => honest(words, port),
            })
        })
    };
    let nodes = script(None);
    let mut case = seed(name, move |other| script(Some(other)));
    case.nodes = Some(nodes);
    case
}

/// Whoever is asked names two hundred others that nobody else does.
fn long_chain() -> Case {
    replication("has replicas of replicas without end", |other, number| {
        let mut text = format!("run_id:{number:040x}\r\nrole:master\r\n");
        for i in 0..200 {
            let (high, low) = ((number * 200 + i) >> 8, (number * 200 + i) & 255);
            let _ =
                write!(text, "slave{i}:ip=127.{}.{}.{low},port={other},state=online\r\n", 10 + high / 256, high % 256);
        }
        text
    })
}

/// Each is a replica of the next one, and the last one of the first.
fn loop_of_replicas() -> Case {
    replication("has a ring of primaries", |other, number| {
        let (up, down) = ((number + 1) % 5, (number + 4) % 5);
        format!(
            "run_id:{number:040x}\r\nrole:slave\r\nmaster_host:127.0.0.{up}\r\nmaster_port:{other}\r\n\
             master_link_status:down\r\nslave0:ip=127.0.0.{down},port={other},state=online\r\n"
        )
    })
}

/// Every line of it is one that is understood.
fn info_of_megabytes() -> Case {
    replication("sends INFO of megabytes from every server", |other, number| {
        let lines = "availability_zone:\u{202e}\u{1b}[31mz\r\ngcc_version:$(reboot)\r\nmaxclients:18446744073709551615\r\n\
                     connected_clients:18446744073709551615\r\ncluster_connections:18446744073709551615\r\n\
                     master_link_down_since_seconds:18446744073709551615\r\nmin_slaves_good_slaves:4294967295\r\n\
                     rdb_last_bgsave_status:err\r\ntcp_port:65535\r\n";
        let size = if number == 0 { 20_000 } else { 500 };
        let replicas: String = (0..40)
            .map(|i| format!("slave{i}:ip=127.1.0.{i},port={other},state=wait_bgsave\r\n"))
            .collect::<Vec<_>>()
            .concat();
        format!("run_id:{number:040x}\r\nrole:master\r\n{replicas}{}", lines.repeat(size))
    })
}

/// It talks all the time where nothing was asked.
fn never_idle() -> Case {
    let mut case = server("floods a connection on which nothing is asked", |line, number| match number {
        0 => line.serve(honest),
        _ => line.flood(b"+more\r\n"),
    });
    case.arguments.extend(["--idle", "1h"].map(str::to_owned));
    case
}

/// Where other nodes are, by the word of the user: nobody is there.
fn two_thousand_known() -> Case {
    let mut case = server("is one of two thousand", |line, _| line.serve(honest));
    for i in 0..2_000 {
        case.arguments.extend(["--node".to_owned(), format!("127.9.{}.{}:9", i >> 8, i & 255)]);
    }
    case
}
