//! `cert --batch`: lines in, answers out in their order, on all cores, while stdin is open.

use std::{
    io::{self, BufRead, BufReader, Write},
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, TryRecvError, sync_channel},
    },
    thread,
};

use anyhow::{Context as _, Result};

use super::{
    line::Judge,
    lines::{Line, next_line},
};
use crate::{
    cli::{Cert, Cli},
    exit::Exit,
    render,
};

/// Octets of one line.
const LONGEST: usize = 4 << 20;
/// Lines that are read ahead for each thread, and in all; this and [`LONGEST`] bound the memory.
const AHEAD: usize = 8;
const MOST_AHEAD: usize = 64;

/// An answer, and whether the line could be read.
type Answer = (String, bool);

/// A line, and where its answer is waited for.
struct Job {
    line: Vec<u8>,
    answer: SyncSender<Answer>,
}

/// Answers stdin.
pub(super) fn run(cli: &Cli, asked: &Cert) -> Result<Exit> {
    let judge = Arc::new(super::judge(cli, asked)?);
    let threads = thread::available_parallelism().map_or(2, NonZero::get);
    let ahead = threads.saturating_mul(AHEAD).min(MOST_AHEAD);
    let ((jobs, work), (waiting, answers)) = (sync_channel(ahead), sync_channel(ahead));
    let work = Arc::new(Mutex::new(work));
    for _ in 0..threads {
        let (judge, work) = (Arc::clone(&judge), Arc::clone(&work));
        thread::spawn(move || answer_all(&judge, &work));
    }
    // Only the readers may hold it, so that who sends notices when they are gone.
    drop(work);
    let reader = thread::spawn(move || read(&mut BufReader::with_capacity(1 << 16, io::stdin()), &jobs, &waiting));
    let all_read = match write(&mut io::stdout().lock(), &answers) {
        Ok(all_read) => all_read,
        // A reader that went away is no failure, and more input may never come.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Exit::Well),
        Err(error) => return Err(error).context("writing to stdout"),
    };
    // It ended, since nothing more is waiting; a panic in it is none of the lines' answers.
    reader.join().map_or_else(|_| Ok(()), |read| read.context("reading stdin"))?;
    Ok(if all_read { Exit::Well } else { Exit::Failed })
}

/// Gives every line out, in order twice: to whoever is free, and to the one who writes.
fn read(from: &mut impl BufRead, jobs: &SyncSender<Job>, waiting: &SyncSender<Receiver<Answer>>) -> io::Result<()> {
    while let Some(line) = next_line(from, LONGEST)? {
        let (answer, answered) = sync_channel(1);
        let gone = match line {
            Line::Whole(line) if line.trim_ascii().is_empty() => continue,
            Line::Whole(line) => waiting.send(answered).is_err() || jobs.send(Job { line, answer }).is_err(),
            Line::TooLong => {
                let complaint = render::cert_complaint(None, &format!("the line is longer than {LONGEST} bytes"));
                waiting.send(answered).is_err() || answer.send((complaint, false)).is_err()
            }
        };
        if gone {
            break;
        }
    }
    Ok(())
}

fn answer_all(judge: &Judge, work: &Mutex<Receiver<Job>>) {
    loop {
        // The lock is held while waiting, so that the others wait for it in its place.
        let next = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { line, answer }) = next else { return };
        // Nobody waits for it any more when stdout is closed.
        let _ = answer.send(answered(judge, &line));
    }
}

/// One line that cannot be judged is no end of the others.
fn answered(judge: &Judge, line: &[u8]) -> Answer {
    // What the threads share are a cache and a time, which a panic leaves whole.
    catch_unwind(AssertUnwindSafe(|| judge.answer(line))).unwrap_or_else(|_| unjudged())
}

fn unjudged() -> Answer {
    (render::cert_complaint(None, "this line could not be judged"), false)
}

/// Writes the answers in the order of the lines, and holds none back while it waits. True where all lines could be read.
fn write(out: &mut impl Write, answers: &Receiver<Receiver<Answer>>) -> io::Result<bool> {
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    let mut all_read = true;
    while let Some(answered) = next(&mut out, answers)? {
        let (text, read) = next(&mut out, &answered)?.unwrap_or_else(unjudged);
        all_read &= read;
        out.write_all(text.as_bytes())?;
    }
    out.flush()?;
    Ok(all_read)
}

/// The next of them, waited for with everything written; `None` when there will be none.
fn next<T>(out: &mut impl Write, from: &Receiver<T>) -> io::Result<Option<T>> {
    match from.try_recv() {
        Ok(value) => return Ok(Some(value)),
        Err(TryRecvError::Disconnected) => return Ok(None),
        Err(TryRecvError::Empty) => out.flush()?,
    }
    Ok(from.recv().ok())
}
