//! What stands between a client and the servers, or answers for them: balancers, tunnels, Sentinels.

use std::time::Duration;

use super::{
    cases::{Case, seed, server},
    replies::{array, bulk, honest, info, nodes_line, slots},
};

/// All of them.
pub fn cases() -> Vec<Case> {
    tunnels().into_iter().chain(balancers()).chain(sentinels()).collect()
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
        sentinel("never ends its groups", |asked, _| match asked {
            "SENTINEL MASTERS" => Some(b"*1000000\r\n".to_vec()),
            _ => None,
        }),
    ]
}
