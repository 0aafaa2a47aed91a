//! A side as a systemd unit: one, or a template with an instance for each node.

use super::{Command, End, Mode, Plan, Run, Side};

/// Where a side is installed, and the user that it runs as.
pub(super) const USER: &str = "redis-tunnel";

/// The folder on the machine that runs a side.
pub(super) fn installed(end: End) -> &'static str {
    match end {
        End::Client => "/etc/redis-tunnel",
        End::Server => "/etc/redis-tunnel-server",
    }
}

/// The unit's name and its text.
pub(super) fn unit(plan: &Plan, side: &Side) -> (String, String) {
    let folder = installed(side.end);
    let name = folder.trim_start_matches("/etc/");
    let (suffix, of, variables) = match &side.run {
        Run::One(_) => ("", String::new(), String::new()),
        Run::Each(..) => ("@", " to %i".to_owned(), format!("EnvironmentFile={folder}/nodes/%i.env\n")),
    };
    // run/ is the one place that can be written to, by each instance on its own: nginx insists on a file for its number.
    let runtime = if suffix.is_empty() { name.to_owned() } else { format!("{name}/%i") };
    let variables = variables + &environment(plan, folder);
    let command = side.run.command();
    let aliases = match side.end {
        End::Client => aliases(plan),
        End::Server => String::new(),
    };
    let text = format!(
        "[Unit]\nDescription=Redis tunnel{of} ({program}, {end} end)\nAfter=network-online.target\nWants=network-online.target\n\n\
         [Service]\nUser={USER}\nWorkingDirectory={folder}\n{variables}{aliases}ExecStart={started}\n\
         Restart=always\nRestartSec=1\nTimeoutStopSec=10\n\
         LimitNOFILE={files}\nRuntimeDirectory={runtime}\nBindPaths=/run/{runtime}:{folder}/run\n{HARDENING}\n[Install]\nWantedBy=multi-user.target\n",
        program = command.program,
        end = side.end.folder(),
        started = words(command),
        files = side.open_files(plan),
    );
    (format!("{name}{suffix}.service"), text)
}

/// Arguments as systemd reads them: `${NAME}` is one word, whatever is in it.
fn words(command: &Command) -> String {
    let quoted = |word: &String| if word.contains(' ') { format!("\"{word}\"") } else { word.clone() };
    std::iter::once(command.program.to_owned())
        .chain(command.arguments.iter().map(quoted))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Who goes through somebody has credentials for that, and no home that they could be in.
fn environment(plan: &Plan, folder: &str) -> String {
    if plan.mode == Mode::Forward { format!("EnvironmentFile=-{folder}/environment\n") } else { String::new() }
}

/// Addresses are added by root, whoever runs the rest.
fn aliases(plan: &Plan) -> String {
    let line = |ip: std::net::IpAddr| {
        let bits = if ip.is_ipv6() { 128 } else { 32 };
        format!("ExecStartPre=+-/sbin/ip address add {ip}/{bits} dev lo\n")
    };
    plan.aliases().into_iter().map(line).collect()
}

/// What a process that copies bytes can do without. System calls are refused, not punished: stunnel asks for another scheduling
/// class at its start, and lives without it.
const HARDENING: &str = "\
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
CapabilityBoundingSet=
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077
";
