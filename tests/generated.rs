//! What is checked in and written by the program itself: completions, man pages, parts of the README. `UPDATE=1 cargo test
//! --test generated` writes them anew.

#![cfg(feature = "lab")]

mod support;

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};
use redis_doctor::{
    checks,
    cli::{self, help},
    clients, tunnels,
};
use support::{doctor, output, run, seen::normalised, text};

#[test]
fn completions() {
    let shells = [
        ("bash", "redis-doctor.bash"),
        ("zsh", "_redis-doctor"),
        ("fish", "redis-doctor.fish"),
        ("powershell", "_redis-doctor.ps1"),
        ("elvish", "redis-doctor.elv"),
    ];
    for (shell, file) in shells {
        is_current(&Path::new("completions").join(file), &run(doctor().args(["completions", shell])));
    }
}

#[test]
fn man_pages() {
    let mut command = cli::command();
    command.build();
    is_current(Path::new("man/redis-doctor.1"), &man_page(&command, ""));
    for subcommand in command.get_subcommands() {
        let file = format!("man/redis-doctor-{}.1", subcommand.get_name());
        is_current(Path::new(&file), &man_page(subcommand, subcommand.get_name()));
    }
}

fn man_page(command: &clap::Command, subcommand: &str) -> String {
    let name = if subcommand.is_empty() { "redis-doctor".to_owned() } else { format!("redis-doctor-{subcommand}") };
    // Its own sections hold what stands below the options in --help.
    let man = Man::new(command.clone().name(name.clone()).after_help("").display_name(name))
        .date("")
        .source(concat!("redis-doctor ", env!("CARGO_PKG_VERSION")))
        .manual("redis-doctor");
    let mut page = Vec::new();
    man.render_title(&mut page).unwrap();
    man.render_name_section(&mut page).unwrap();
    man.render_synopsis_section(&mut page).unwrap();
    man.render_description_section(&mut page).unwrap();
    man.render_options_section(&mut page).unwrap();
    if command.get_subcommands().next().is_some() {
        man.render_subcommands_section(&mut page).unwrap();
    }
    let mut more = Roff::new();
    definitions(&mut more, "EXIT CODES", help::EXIT_CODES);
    definitions(&mut more, "EXAMPLES", help::examples(subcommand));
    definitions(&mut more, "ENVIRONMENT", help::ENVIRONMENT);
    more.to_writer(&mut page).unwrap();
    text(&page)
}

fn definitions(roff: &mut Roff, title: &str, rows: &[(&str, &str)]) {
    roff.control("SH", [title]);
    for (term, meaning) in rows {
        roff.control("TP", []);
        roff.text([bold(*term)]);
        roff.text([roman(*meaning)]);
    }
}

#[test]
fn readme() {
    let parts = [
        ("first command", first_command()),
        ("usage", fenced(&run(doctor().arg("--help").env("COLUMNS", "100")))),
        (
            "exit codes",
            table(["exit code", "meaning"], help::EXIT_CODES.iter().map(|(a, b)| [(*a).to_owned(), (*b).to_owned()])),
        ),
        (
            "checks",
            table(
                ["check", "severity", "what should be true"],
                checks::ALL.iter().map(|c| [format!("`{}`", c.code), c.severity.to_string(), c.expects.to_owned()]),
            ),
        ),
        ("clients", known_clients()),
        ("tunnels", known_tunnels()),
    ];
    let file = Path::new("README.md");
    let mut readme = fs::read_to_string(root().join(file)).unwrap().replace('\r', "");
    for (name, part) in parts {
        let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
        let start = readme.find(&begin).unwrap_or_else(|| panic!("README.md lacks {begin}")) + begin.len();
        let length = readme[start..].find(&end).unwrap_or_else(|| panic!("README.md lacks {end}"));
        readme.replace_range(start..start + length, &format!("{}\n", part.trim_end()));
    }
    is_current(file, &readme);
}

/// What the README's first command prints, down to the proof; ports and host name made the same everywhere.
fn first_command() -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seen.json");
    output(doctor().args(["check", "lab://azure-enterprise", "--save"]).arg(&file));
    fs::write(&file, normalised(&fs::read_to_string(&file).unwrap(), 10_000, 8501)).unwrap();
    let screen = text(&output(doctor().args(["check", "--from"]).arg(&file).env("COLUMNS", "100")).stdout);
    let (shown, _) = screen.split_once("\n  or ").expect("a second remedy");
    fenced(&format!("{shown}\n  …"))
}

/// Libraries, each with its address map if one can be written.
fn known_clients() -> String {
    let mut names: Vec<String> = Vec::new();
    for client in clients::ALL {
        let mark = if client.hook.is_some() { " (address map)" } else { "" };
        let name = format!("`{}`{mark}", client.id);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

/// Kinds of tunnels, marked where no test runs the program end to end.
fn known_tunnels() -> String {
    let mark = |kind: &tunnels::Tunnel| if kind.evidence == "run" { "" } else { " (command line only)" };
    tunnels::ALL.iter().map(|kind| format!("`{}`{}", kind.id, mark(kind))).collect::<Vec<_>>().join(", ")
}

fn fenced(text: &str) -> String {
    format!("```text\n{}\n```", text.trim_end())
}

fn table<const N: usize>(header: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut text = format!("| {} |\n|{}\n", header.join(" | "), "---|".repeat(N));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.map(|cell| cell.replace('|', "\\|")).join(" | "));
    }
    text
}

/// Compares a checked-in file, or writes it with `UPDATE=1`.
fn is_current(file: &Path, text: &str) {
    let path = root().join(file);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, text).unwrap();
        return;
    }
    let current = fs::read_to_string(&path).unwrap_or_default().replace('\r', "");
    let differs = current.lines().zip(text.lines()).position(|(a, b)| a != b);
    let line = differs.unwrap_or_else(|| current.lines().count().min(text.lines().count())) + 1;
    assert!(
        current == text,
        "{}:{line} is not what the program says: UPDATE=1 cargo test --test generated",
        file.display()
    );
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
