//! The start and the stop script of a side, for a POSIX shell: what the units do, where there is no systemd.

use std::net::IpAddr;

use super::{Command, Content, End, Plan, Run, Side};

/// `start`: starts everything in the background, or says what keeps it from running and stops what it had started.
pub(super) fn start(plan: &Plan, side: &Side) -> String {
    let command = side.run.command();
    let mut lines = vec![
        "#!/bin/sh".to_owned(),
        format!("# Starts this end of the tunnel: {}. Logs and process ids are in run/.", command.program),
    ];
    if matches!(side.run, Run::Each(..)) {
        lines.push("# Usage: ./start [node-1 ...]   all nodes of nodes/ where none is named".to_owned());
    }
    lines.extend(HEAD.lines().map(str::to_owned));
    lines.push(format!(
        "command -v {0} >/dev/null || fail \"{0} is not installed ({1})\"",
        command.program, command.package
    ));
    lines.extend(OPEN_FILES.replace("FILES", &side.open_files(plan).to_string()).lines().map(str::to_owned));
    lines.extend(key_checks(side));
    lines.extend(alias_lines(plan, side, "add"));
    lines.extend(LAUNCH.lines().map(str::to_owned));
    let started = words(command).join(" ");
    match &side.run {
        Run::One(_) => lines.push(format!("launch tunnel {started}")),
        Run::Each(..) => lines.extend([
            NODES.to_owned(),
            "for name; do".to_owned(),
            "    [ -r \"nodes/$name.env\" ] || fail \"there is no nodes/$name.env\"".to_owned(),
            "    # shellcheck source=/dev/null".to_owned(),
            "    . \"./nodes/$name.env\"".to_owned(),
            format!("    launch \"$name\" {started}"),
            "done".to_owned(),
        ]),
    }
    lines.extend(SETTLED.replace("SECONDS", &command.settles.to_string()).lines().map(str::to_owned));
    lines.push(match side.end {
        End::Client => "echo 'started; next: redis-doctor tunnel --check ..  (in this folder)'".to_owned(),
        End::Server => "echo 'started; next: client/start on the machine of the application'".to_owned(),
    });
    lines.join("\n") + "\n"
}

/// `stop`: ends what `start` started, connections included.
pub(super) fn stop(plan: &Plan, side: &Side) -> String {
    let mut lines = vec!["#!/bin/sh".to_owned(), "# Ends what ./start started, open connections included.".to_owned()];
    lines.extend(STOP.replace("PROGRAM", side.run.command().program).lines().map(str::to_owned));
    lines.extend(alias_lines(plan, side, "del"));
    lines.join("\n") + "\n"
}

/// The words of a command, quoted; `${NAME}` stays a variable.
fn words(command: &Command) -> Vec<String> {
    let again = command.ends.then(|| AGAIN.to_owned());
    let arguments = command.arguments.iter().map(|argument| format!("\"{argument}\""));
    again.into_iter().chain([command.program.to_owned()]).chain(arguments).collect()
}

/// What is put before a command that ends by itself. 127 is what the shell says of a program that is not there.
const AGAIN: &str = "sh -c 'while \"$@\"; [ $? -ne 127 ]; do sleep 1; done' again";

/// Keys are there, whole, and nobody else's to read: spiped takes whatever it is given for one, an empty file too.
fn key_checks(side: &Side) -> Vec<String> {
    let secret = |content: &Content| content.is_secret() && !matches!(content, Content::Key(_));
    let keys = side.files.iter().any(|file| matches!(file.content, Content::Key(_)));
    let files = side.files.iter().filter(|file| secret(&file.content));
    let checks: Vec<_> =
        files.map(|file| format!("private {}", file.path)).chain(keys.then(|| KEYS.to_owned())).collect();
    if checks.is_empty() { checks } else { PRIVATE.lines().map(str::to_owned).chain(checks).collect() }
}

/// Addresses of the nodes that this machine takes for its own, so that clients need not be told otherwise.
fn alias_lines(plan: &Plan, side: &Side, verb: &str) -> Vec<String> {
    if side.end == End::Server {
        return Vec::new();
    }
    let line = |ip: IpAddr| {
        let bits = if ip.is_ipv6() { 128 } else { 32 };
        match verb {
            "add" => format!(
                "ip address show dev lo | grep -qF ' {ip}/' || ip address add {ip}/{bits} dev lo || fail 'only root may add {ip} to lo'"
            ),
            _ => format!("ip address del {ip}/{bits} dev lo 2>/dev/null"),
        }
    };
    plan.aliases().into_iter().map(line).collect()
}

const HEAD: &str = r#"set -eu
cd -- "$(dirname -- "$0")"
umask 077
PATH=$PATH:/usr/sbin:/usr/local/sbin
mkdir -p run
started=

fail() {
    echo "start: $1" >&2
    [ -z "$started" ] || ./stop
    exit 1
}
"#;

/// A shell is allowed 1,024 where nobody said otherwise. Not every POSIX shell knows `-n`; those that are `/bin/sh` do.
const OPEN_FILES: &str = r#"
# Two sockets for each connection.
# shellcheck disable=SC3045
if [ "$(ulimit -n)" != unlimited ] && [ "$(ulimit -n)" -lt FILES ]; then
    ulimit -n FILES 2>/dev/null || echo "start: FILES open files would be needed, $(ulimit -n) are allowed" >&2
fi
"#;

const PRIVATE: &str = r#"
private() {
    [ -f "$1" ] || fail "$1 is missing: copy it here over a channel that you trust"
    case $(ls -ld "$1") in
    -??-------*) ;;
    *) fail "$1 may be read by others: chmod 600 $1" ;;
    esac
}
"#;

const KEYS: &str = r#"for key in keys/*.key; do
    private "$key"
    [ "$(wc -c <"$key")" -eq 32 ] || fail "$key has to be 32 bytes"
done"#;

const LAUNCH: &str = r#"
launch() {
    name=$1
    shift
    if [ -f "run/$name.pid" ] && kill -0 "$(cat "run/$name.pid")" 2>/dev/null; then
        fail "$name runs already: ./stop first"
    fi
    if command -v setsid >/dev/null; then set -- setsid "$@"; fi
    nohup "$@" >"run/$name.log" 2>&1 </dev/null &
    echo $! >"run/$name.pid"
    started="$started $name"
}
"#;

const NODES: &str = r#"if [ $# -eq 0 ]; then
    for file in nodes/*.env; do
        name=${file#nodes/}
        set -- "$@" "${name%.env}"
    done
fi"#;

const SETTLED: &str = r#"
# What cannot start has ended by then and said why.
sleep SECONDS
for name in $started; do
    kill -0 "$(cat "run/$name.pid")" 2>/dev/null && continue
    tail -n 5 "run/$name.log" >&2
    fail "$name did not start: see run/$name.log"
done"#;

const STOP: &str = r#"set -u
cd -- "$(dirname -- "$0")" || exit 1

# The process and its children; not whatever has its number by now.
signal() {
    if command -v ps >/dev/null && ! ps -p "$2" -o args= 2>/dev/null | grep -q PROGRAM; then return 1; fi
    kill "-$1" "-$2" 2>/dev/null || kill "-$1" "$2" 2>/dev/null
}

for file in run/*.pid; do
    [ -e "$file" ] && signal TERM "$(cat "$file")"
done
# Some wait for open connections to end, which those of a pool never do.
left=3
while [ "$left" -gt 0 ]; do
    alive=
    for file in run/*.pid; do
        [ -e "$file" ] || continue
        if kill -0 "$(cat "$file")" 2>/dev/null; then alive=yes; else rm -f "$file"; fi
    done
    [ -n "$alive" ] || break
    sleep 1
    left=$((left - 1))
done
for file in run/*.pid; do
    [ -e "$file" ] || continue
    signal KILL "$(cat "$file")"
    rm -f "$file"
done
"#;
