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
    lines.extend(at_home("start").lines().map(str::to_owned));
    lines.extend(HEAD.lines().map(str::to_owned));
    lines.extend(RUNS.lines().map(str::to_owned));
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
    if matches!(side.run, Run::Each(..)) {
        lines.push("# Usage: ./stop [node-1 ...]   all that run where none is named".to_owned());
    }
    lines.extend(at_home("stop").lines().map(str::to_owned));
    lines.extend([NAMED, RUNS, STOP].into_iter().flat_map(str::lines).map(str::to_owned));
    let aliases = alias_lines(plan, side, "del");
    if !aliases.is_empty() {
        lines.push("[ -n \"$all\" ] || exit \"$status\"".to_owned());
        lines.extend(aliases);
    }
    lines.join("\n") + "\nexit \"$status\"\n"
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
            _ => format!("ip address del {ip}/{bits} dev lo 2>/dev/null || :"),
        }
    };
    plan.aliases().into_iter().map(line).collect()
}

/// Goes to where the script is. Sourced, or behind a link of another name, it would not know where that is, nor ought it to
/// change the shell that somebody works in.
fn at_home(name: &str) -> String {
    AT_HOME.replace("NAME", name)
}

const AT_HOME: &str = r#"case ${0##*/} in
NAME) ;;
*)
    echo 'NAME is to be run, not to be sourced or linked' >&2
    # shellcheck disable=SC2317
    return 1 2>/dev/null || exit 1
    ;;
esac
set -eu
unset CDPATH
cd -- "$(dirname -- "$0")"
"#;

const HEAD: &str = r#"umask 077
PATH=$PATH:/usr/sbin:/usr/local/sbin
started=

# What this very start has started is stopped again.
fail() {
    echo "start: $1" >&2
    # shellcheck disable=SC2086
    [ -z "$started" ] || ./stop $started
    exit 1
}

mkdir -p run
[ -w run ] || fail "$PWD/run belongs to somebody else"
mkdir run/starting 2>/dev/null || fail 'another start is at work here; if none is, ./stop first'
trap 'rmdir run/starting 2>/dev/null || :' EXIT
trap 'fail interrupted' HUP INT TERM
"#;

/// Numbers of processes are given out again, after a restart of the machine almost certainly: when one began says whether
/// it is still the same. Linux says so in /proc, where the last parenthesis ends the program's name; others have a ps that does.
const RUNS: &str = r#"
# When a process began; nothing where there is none.
born() {
    if [ -r "/proc/$1/stat" ]; then
        sed -n '/^.*) Z/!s/^.*) //p' "/proc/$1/stat" | cut -d ' ' -f 20
    else
        LC_ALL=C TZ=UTC0 ps -p "$1" -o lstart=
    fi 2>/dev/null || :
}

# Whether what was started by this name still runs; pid is its number.
runs() {
    pid=$(cut -d ' ' -f 1 "run/$1.pid" 2>/dev/null) || return 1
    [ -n "$pid" ] || return 1
    since=$(born "$pid")
    [ -n "$since" ] && [ "$pid $since" = "$(cat "run/$1.pid")" ]
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

/// Each in a group of its own, so that its children can be ended with it: by setsid, which macOS lacks, or by job control.
const LAUNCH: &str = r#"
launch() {
    name=$1
    shift
    if runs "$name"; then fail "$name runs already: ./stop first"; fi
    if command -v setsid >/dev/null; then set -- setsid "$@"; else set -m 2>/dev/null; fi
    nohup "$@" >"run/$name.log" 2>&1 </dev/null &
    echo "$! $(born $!)" >"run/$name.pid"
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
    runs "$name" && continue
    tail -n 5 "run/$name.log" >&2
    fail "$name did not start: see run/$name.log"
done"#;

/// Without a name, all that have ever been started.
const NAMED: &str = r#"all=
if [ $# -eq 0 ]; then
    all=yes
    for file in run/*.pid; do
        [ -e "$file" ] || continue
        name=${file#run/}
        set -- "$@" "${name%.pid}"
    done
fi
status=0
if [ -d run ] && [ ! -w run ]; then
    echo "stop: $PWD/run belongs to somebody else" >&2
    exit 1
fi"#;

const STOP: &str = r#"
# A process and its children.
signal() {
    kill "-$1" "-$2" 2>/dev/null || kill "-$1" "$2" 2>/dev/null
}

pids=
for name; do
    runs "$name" || continue
    if signal TERM "$pid"; then
        pids="$pids $pid"
    else
        echo "stop: $name belongs to somebody else" >&2
        status=1
    fi
done
# Some wait for open connections to end, which those of a pool never do.
left=3
while [ "$left" -gt 0 ]; do
    alive=
    for pid in $pids; do
        if signal 0 "$pid"; then alive=yes; fi
    done
    [ -n "$alive" ] || break
    sleep 1
    left=$((left - 1))
done
for pid in $pids; do
    signal KILL "$pid" || :
done
for name; do
    if [ "$status" -eq 0 ]; then rm -f "run/$name.pid"; fi
done
[ -z "$all" ] || rmdir run/starting 2>/dev/null || :"#;
