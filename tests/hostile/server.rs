//! Servers that misbehave by script: a closure a connection, over TCP or TLS, on a port of its own.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// No script goes on for longer, so that its thread ends even where the program under test does not.
const LONGEST: Duration = Duration::from_secs(12);

/// What a script does with one connection: `(line, number of the connection)`. An error is the peer going away.
pub type Script = Arc<dyn Fn(&mut Line, usize) -> io::Result<()> + Send + Sync>;

/// One accepted connection.
pub struct Line {
    stream: Box<dyn Both>,
    /// The server's own port.
    pub port: u16,
    end: Instant,
    heard: Arc<Mutex<Vec<u8>>>,
    pending: Vec<u8>,
}

/// What stands between a TLS server and its peer.
pub struct Wire<'l> {
    line: &'l mut Line,
    came: Vec<u8>,
    /// How many bytes are let through; the connection is at its end then.
    pub room: usize,
    /// How long each byte takes; at once where there is nothing to wait for.
    pub pause: Duration,
}

impl Read for Wire<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.came.is_empty() {
            self.came = self.line.hear()?;
        }
        let len = self.came.len().min(buffer.len());
        buffer[..len].copy_from_slice(&self.came[..len]);
        self.came.drain(..len);
        Ok(len)
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = bytes.len().min(self.room);
        self.room -= len;
        if self.pause.is_zero() {
            self.line.say(&bytes[..len])?;
        } else {
            self.line.drip(&bytes[..len], self.pause)?;
        }
        if self.room == 0 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(len) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

trait Both: Read + Write + Send {}
impl<T: Read + Write + Send> Both for T {}

impl Line {
    /// Sends.
    pub fn say(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref())?;
        self.stream.flush()
    }

    /// For a script that speaks TLS itself.
    pub fn wire(&mut self) -> Wire<'_> {
        Wire { line: self, came: Vec::new(), room: usize::MAX, pause: Duration::ZERO }
    }

    /// Sends byte by byte.
    pub fn drip(&mut self, bytes: &[u8], pause: Duration) -> io::Result<()> {
        for byte in bytes {
            self.say([*byte])?;
            self.pause(pause)?;
        }
        Ok(())
    }

    /// Sends the same again and again until the peer goes away.
    pub fn flood(&mut self, bytes: &[u8]) -> io::Result<()> {
        let chunk = bytes.repeat((64 * 1024_usize).div_ceil(bytes.len()));
        loop {
            self.say(&chunk)?;
            self.pause(Duration::ZERO)?;
        }
    }

    /// Waits.
    pub fn pause(&mut self, time: Duration) -> io::Result<()> {
        if Instant::now() + time > self.end {
            return Err(io::ErrorKind::TimedOut.into());
        }
        thread::sleep(time);
        Ok(())
    }

    /// Reads once; nothing is the end.
    pub fn hear(&mut self) -> io::Result<Vec<u8>> {
        let mut buffer = vec![0; 16 * 1024];
        let n = self.stream.read(&mut buffer)?;
        buffer.truncate(n);
        self.heard.lock().unwrap().extend_from_slice(&buffer);
        if n == 0 || Instant::now() > self.end {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(buffer)
    }

    /// Reads and says nothing until the peer goes away.
    pub fn stay_silent(&mut self) -> io::Result<()> {
        loop {
            self.hear()?;
        }
    }

    /// The next command, as words; inline commands too.
    pub fn command(&mut self) -> io::Result<Vec<String>> {
        loop {
            if let Some((words, used)) = command(&self.pending) {
                self.pending.drain(..used);
                return Ok(words);
            }
            let more = self.hear()?;
            self.pending.extend(more);
        }
    }

    /// Answers commands until the peer goes away.
    pub fn serve(&mut self, mut answer: impl FnMut(&[String], u16) -> Vec<u8>) -> io::Result<()> {
        loop {
            let words = self.command()?;
            let reply = answer(&words, self.port);
            self.say(reply)?;
        }
    }
}

fn command(bytes: &[u8]) -> Option<(Vec<String>, usize)> {
    let line = |from: usize| {
        let end = from + bytes.get(from..)?.windows(2).position(|w| w == b"\r\n")?;
        Some((String::from_utf8_lossy(&bytes[from..end]).into_owned(), end + 2))
    };
    let (first, mut at) = line(0)?;
    let Some(count) = first.strip_prefix('*') else {
        return Some((first.split(' ').map(str::to_owned).collect(), at));
    };
    let mut words = Vec::new();
    for _ in 0..count.parse().unwrap_or(0) {
        let (length, start) = line(at)?;
        let end = start + length.strip_prefix('$')?.parse::<usize>().ok()?;
        words.push(String::from_utf8_lossy(bytes.get(start..end)?).into_owned());
        at = end + 2;
    }
    (bytes.len() >= at).then_some((words, at))
}

/// A running server; it stops when dropped.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
    stop: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
}

impl Server {
    /// Starts one on a free port, at every address of this machine: there are many in 127.0.0.0/8.
    pub fn start(tls: Option<Arc<ServerConfig>>, script: Script) -> Server {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, listener.local_addr().unwrap().port()));
        let (heard, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (ear, stopped) = (Arc::clone(&heard), Arc::clone(&stop));
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                let number = counted.fetch_add(1, Ordering::Relaxed);
                let (script, tls, heard) = (Arc::clone(&script), tls.clone(), Arc::clone(&ear));
                let connection = thread::Builder::new().stack_size(256 * 1024);
                let _ = connection.spawn(move || {
                    let _ = converse(stream, tls, address.port(), heard, &script, number);
                });
            }
        });
        Server { address, heard, stop, count }
    }

    /// How many connections were opened to it.
    pub fn connections(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// True when these bytes were sent to it, on any connection.
    pub fn heard(&self, bytes: &[u8]) -> bool {
        self.heard.lock().unwrap().windows(bytes.len()).any(|w| w == bytes)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

fn converse(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    port: u16,
    heard: Arc<Mutex<Vec<u8>>>,
    script: &Script,
    number: usize,
) -> io::Result<()> {
    stream.set_read_timeout(Some(LONGEST))?;
    stream.set_write_timeout(Some(LONGEST))?;
    stream.set_nodelay(true)?;
    let stream: Box<dyn Both> = match tls {
        None => Box::new(stream),
        Some(config) => {
            let connection = ServerConnection::new(config).map_err(io::Error::other)?;
            Box::new(StreamOwned::new(connection, stream))
        }
    };
    let mut line = Line { stream, port, end: Instant::now() + LONGEST, heard, pending: Vec::new() };
    script(&mut line, number)
}
