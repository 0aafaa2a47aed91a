//! TLS servers that do well until they do not: handshakes cut anywhere, or without end, or another one each time.

use std::{io, sync::Arc, time::Duration};

use rustls::{ServerConfig, ServerConnection, Stream};

use super::{
    cases::{Case, server},
    replies::{bulk, honest},
    server::{Line, Wire},
    tls,
};

/// After how many bytes of a handshake there is nothing more: within records, between them, within the certificate, at the end.
const CUTS: [usize; 10] = [1, 4, 5, 90, 127, 133, 300, 600, 900, 1_300];

/// All of them.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for room in CUTS {
        let config = tls::long_chain(1);
        cases.push(speaks(&format!("closes after {room} bytes of TLS"), config.clone(), move |wire| wire.room = room));
        let held = secure(&format!("says nothing after {room} bytes of TLS"), move |line, _| {
            let _ = shake(line, &config, |wire| wire.room = room);
            line.stay_silent()
        });
        cases.push(held);
    }
    let slow = |name, pause| speaks(name, tls::long_chain(1), move |wire| wire.pause = Duration::from_millis(pause));
    cases.extend([slow("takes its time over TLS", 1), slow("takes all the time over TLS", 25)]);
    cases.push(speaks("presents a chain of 1,000", tls::long_chain(1_000), |_| ()));
    cases.push(speaks("has 20,000 tickets", tls::many_tickets(), |_| ()));
    cases.push(speaks("asks for certificates of 2,500 issuers", tls::asks_for_many(), |_| ()));
    cases.push(changes_keys_for_ever());
    cases.push(another_each_time());
    cases.push(another_way_each_time());
    cases
}

/// For `rediss://`, where the script speaks TLS itself.
fn secure(name: &str, script: impl Fn(&mut Line, usize) -> io::Result<()> + Send + Sync + 'static) -> Case {
    let mut case = server(name, script).scheme("rediss://");
    case.looks_further = true;
    case
}

/// An honest server behind such a wire.
fn speaks(name: &str, config: Arc<ServerConfig>, wire: impl Fn(&mut Wire<'_>) + Send + Sync + 'static) -> Case {
    secure(name, move |line, _| shake(line, &config, &wire))
}

fn shake(line: &mut Line, config: &Arc<ServerConfig>, change: impl Fn(&mut Wire<'_>)) -> io::Result<()> {
    let mut connection = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
    let port = line.port;
    let mut wire = line.wire();
    change(&mut wire);
    answer(&mut Stream::new(&mut connection, &mut wire), port)
}

/// Answers to whole commands of one read: who asks waits for no more of them than fit into one.
fn answer(stream: &mut (impl io::Read + io::Write), port: u16) -> io::Result<()> {
    let mut heard = [0; 4096];
    loop {
        let len = stream.read(&mut heard)?;
        if len == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&heard[..len]).into_owned();
        for command in text.split('*').skip(1) {
            let words: Vec<String> = command.split("\r\n").skip(2).step_by(2).map(str::to_owned).collect();
            let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
            stream.write_all(&if words.is_empty() { bulk("") } else { honest(&words, port) })?;
        }
        stream.flush()?;
    }
}

/// TLS 1.3 `KeyUpdate` messages without end (RFC 8446 section 4.6.3).
fn changes_keys_for_ever() -> Case {
    let config = tls::long_chain(1);
    secure("changes keys for ever", move |line, _| {
        let mut connection = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
        let mut wire = line.wire();
        connection.complete_io(&mut wire)?;
        loop {
            connection.refresh_traffic_keys().map_err(io::Error::other)?;
            while connection.wants_write() {
                connection.write_tls(&mut wire)?;
            }
        }
    })
}

/// Another certificate of many names at every connection.
fn another_each_time() -> Case {
    secure("is another one of many names each time", move |line, number| {
        let names: Vec<String> = (0..1_000).map(|n| format!("n{n}.{number}.example.com")).collect();
        shake(line, &tls::self_signed(&names), |_| ())
    })
}

/// Well at first; the looks after that meet silence, floods, ends and noise.
fn another_way_each_time() -> Case {
    let config = tls::long_chain(1);
    secure("does well once, and something else each time after", move |line, number| match number % 6 {
        0 => shake(line, &config, |_| ()),
        1 => line.stay_silent(),
        2 => line.hear().and_then(|_| line.say(tls::record(21, &[2, 40]))),
        3 => line.hear().and_then(|_| line.flood(&tls::record(22, &[0, 0, 0, 0]))),
        4 => shake(line, &config, |wire| wire.room = 700),
        _ => line.hear().and_then(|_| line.say("\u{1b}[31m-ERR $(reboot)\r\n")),
    })
}
