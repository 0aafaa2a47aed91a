//! Listeners that do one odd thing to every connection.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

/// Listens as long as the test process lives, and does this to each connection, in a thread of its own.
pub fn listen(treat: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let treat = treat.clone();
            thread::spawn(move || treat(stream));
        }
    });
    address
}

/// Reads and never says a word.
pub fn silent() -> SocketAddr {
    listen(|mut stream| while matches!(stream.read(&mut [0; 4096]), Ok(1..)) {})
}

/// Says this before it is spoken to, and no more.
pub fn greets(with: &'static [u8]) -> SocketAddr {
    listen(move |mut stream| {
        let _ = stream.write_all(with);
        while matches!(stream.read(&mut [0; 4096]), Ok(1..)) {}
    })
}

/// Says this to whatever it reads first, and closes.
pub fn answers(with: &'static [u8]) -> SocketAddr {
    listen(move |mut stream| {
        if matches!(stream.read(&mut [0; 4096]), Ok(1..)) {
            let _ = stream.write_all(with);
        }
    })
}

/// Closes without being spoken to.
pub fn closes_at_once() -> SocketAddr {
    listen(drop)
}

/// Closes on the first bytes that come.
pub fn closes_on_a_word() -> SocketAddr {
    listen(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
    })
}

/// Closes a while after it has accepted, whatever is said.
pub fn closes_after(patience: Duration) -> SocketAddr {
    listen(move |stream| {
        thread::sleep(patience);
        drop(stream);
    })
}

/// Waits for eight bytes, and answers `SSLRequest` as `PostgreSQL` does.
pub fn postgresql() -> SocketAddr {
    listen(|mut stream| {
        let mut request = [0; 8];
        if stream.read_exact(&mut request).is_ok() && request == [0, 0, 0, 8, 4, 210, 22, 47] {
            let _ = stream.write_all(b"N");
            while matches!(stream.read(&mut [0; 4096]), Ok(1..)) {}
        }
    })
}
