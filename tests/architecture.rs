//! Holds the doors between the rooms, and what every file of the house has to be. Reads the sources.

use std::{
    collections::{BTreeSet, HashSet},
    fs,
    path::{Path, PathBuf},
};

use redis_doctor::{checks, providers};

/// Which rooms a room may use. Those that are not named may use none.
const DOORS: &[(&str, &[&str])] = &[
    ("wire", &["facts"]),
    ("probe", &["facts", "wire", "names"]),
    ("names", &["facts", "wire"]),
    ("clients", &["facts", "names"]),
    ("providers", &["facts", "names"]),
    ("address_map", &["facts", "names"]),
    ("errors", &["facts"]),
    ("diagnosis", &["facts", "names", "clients", "providers", "address_map"]),
    ("checks", &["facts", "names", "clients", "providers", "diagnosis"]),
    ("request", &["facts", "names", "clients", "diagnosis"]),
    ("request_forms", &["facts", "diagnosis", "request"]),
    ("emitters", &["facts", "address_map", "clients"]),
    ("tunnels", &["facts", "address_map"]),
    ("render", &["facts", "providers", "diagnosis", "address_map"]),
    ("lab", &["facts", "wire"]),
    ("cli", &["facts"]),
];
/// The shell may use everything.
const OPEN: [&str; 3] = ["run", "main", "lib"];
/// The rooms that wait for sockets.
const ASYNC: [&str; 3] = ["probe", "lab", "run"];
/// Shelves: folder, the list in its mod.rs, the type of its cards.
const SHELVES: [(&str, &str, &str); 7] = [
    ("checks", "ALL", "Check"),
    ("clients", "ALL", "Client"),
    ("emitters", "ALL", "Emitter"),
    ("lab/scenes", "SCENES", "Scene"),
    ("names/stacks", "STACKS", "Stack"),
    ("providers", "ALL", "Provider"),
    ("tunnels", "ALL", "Tunnel"),
];
/// Lines of a file without its tests.
const LONGEST: usize = 400;

#[test]
fn every_room_keeps_to_its_doors() {
    let mut broken = Vec::new();
    for file in sources().iter().filter(|f| !OPEN.contains(&f.room.as_str())) {
        let may = DOORS.iter().find(|(room, _)| *room == file.room).map_or(&[][..], |(_, may)| *may);
        for (line, room) in file.rooms_used() {
            if room != file.room && !may.contains(&room.as_str()) {
                broken.push(format!("{}:{line}: {} may not use {room}", file.name, file.room));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn only_the_rooms_with_sockets_are_asynchronous() {
    let words = ["async fn", "async move", "async {", ".await", "tokio::", "tokio_rustls::"];
    report(sources().iter().filter(|f| !ASYNC.contains(&f.room.as_str())), &words, "belongs into probe, lab or run");
}

#[test]
fn no_check_knows_another() {
    let files = sources();
    let shelf: Vec<&Source> = files.iter().filter(|f| f.room == "checks" && f.stem() != "mod").collect();
    for file in &shelf {
        for other in shelf.iter().filter(|other| other.stem() != file.stem()) {
            let path = format!("super::{}::", other.stem());
            assert!(!file.code.contains(&path), "{} uses {}", file.name, other.name);
        }
    }
}

#[test]
fn everything_on_a_shelf_is_on_its_list() {
    for (shelf, list, card) in SHELVES {
        let module = fs::read_to_string(src().join(shelf).join("mod.rs")).unwrap();
        let (_, listed) =
            module.split_once(&format!("const {list}:")).unwrap_or_else(|| panic!("{shelf} has no {list}"));
        let folder = format!("src/{shelf}/");
        for file in sources().iter().filter(|f| f.stem() != "mod") {
            let stem = file.stem();
            if file.name != format!("{folder}{stem}.rs") {
                continue;
            }
            assert!(module.contains(&format!("mod {stem};")), "{shelf}/mod.rs does not name {stem}");
            for name in file.constants_of(card) {
                assert!(listed.contains(&format!("{stem}::{name}")), "{shelf}/mod.rs: {list} lacks {stem}::{name}");
            }
        }
    }
}

#[test]
fn a_check_is_called_after_its_file() {
    let codes: BTreeSet<String> = checks::ALL.iter().map(|c| c.code.to_owned()).collect();
    assert_eq!(codes.len(), checks::ALL.len(), "two checks share a code");
    let files: BTreeSet<String> = sources()
        .iter()
        .filter(|f| f.room == "checks" && f.stem() != "mod" && !f.constants_of("Check").is_empty())
        .map(|f| f.stem().replace('_', "-"))
        .collect();
    assert_eq!(codes, files, "codes of checks::ALL, and files in src/checks");
}

#[test]
fn a_check_explains_only_what_exists() {
    let codes: HashSet<&str> = checks::ALL.iter().map(|c| c.code).collect();
    for check in checks::ALL {
        for explained in check.explains {
            assert!(codes.contains(explained), "{} explains {explained}, which no check is called", check.code);
            assert_ne!(*explained, check.code, "{explained} explains itself");
        }
    }
}

#[test]
fn a_provider_advises_only_on_what_exists() {
    for provider in providers::ALL {
        for code in provider.advice.iter().flat_map(|advice| advice.on) {
            assert!(checks::by_code(code).is_some(), "{} advises on {code}, which no check is called", provider.id);
        }
    }
}

#[test]
fn nothing_is_left_undone_or_waved_through() {
    let words = ["#[allow", "#![allow", "todo!", "unimplemented!", "TODO", "FIXME", ".unwrap()", ".expect(", "panic!("];
    report(sources().iter(), &words, "is for tests");
}

#[test]
fn every_file_says_what_it_is_and_is_short() {
    for file in sources() {
        assert!(file.text.starts_with("//! "), "{} does not begin with a sentence about itself", file.name);
        let lines = file.code.lines().count();
        assert!(lines <= LONGEST, "{} has {lines} lines without its tests", file.name);
    }
}

/// Fails with every place where one of `words` stands.
fn report<'f>(files: impl Iterator<Item = &'f Source>, words: &[&str], why: &str) {
    let mut found = Vec::new();
    for file in files {
        for (i, line) in file.code.lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(**word)) {
                found.push(format!("{}:{}: {} {why}", file.name, i + 1, word.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// One file of src.
struct Source {
    /// From the root of the repository, with slashes.
    name: String,
    /// The room it stands in.
    room: String,
    /// Folders and files below src: how many `super::` lead out of its room and to the root.
    depth: usize,
    text: String,
    /// The same without comment lines and tests; line numbers are kept.
    code: String,
}

impl Source {
    fn read(path: &Path) -> Self {
        let below = path.strip_prefix(src()).unwrap().with_extension("");
        let mut parts: Vec<String> = below.iter().map(|p| p.to_str().unwrap().to_owned()).collect();
        if parts.last().is_some_and(|p| p == "mod") {
            parts.pop();
        }
        let below = path.strip_prefix(src()).unwrap().iter().map(|p| p.to_str().unwrap()).collect::<Vec<_>>().join("/");
        let text = fs::read_to_string(path).unwrap().replace('\r', "");
        let code = without_tests(&text);
        Source { name: format!("src/{below}"), room: parts[0].clone(), depth: parts.len(), text, code }
    }

    fn stem(&self) -> &str {
        self.name.rsplit('/').next().unwrap().trim_end_matches(".rs")
    }

    /// Every room that a path leads to, with its line.
    fn rooms_used(&self) -> Vec<(usize, String)> {
        let to_root = ["crate::".to_owned(), "super::".repeat(self.depth)];
        let mut used = Vec::new();
        for path in to_root {
            for (at, _) in self.code.match_indices(&path) {
                let line = self.code[..at].matches('\n').count() + 1;
                used.extend(heads(&self.code[at + path.len()..]).into_iter().map(|room| (line, room)));
            }
        }
        used
    }

    /// The names of constants of a type: `pub const NAME: Check = …`, with or without `&`.
    fn constants_of(&self, card: &str) -> Vec<String> {
        let lines =
            self.code.lines().filter_map(|l| l.split_once("const ")).filter(|(before, _)| before.contains("pub"));
        lines
            .filter_map(|(_, rest)| rest.split_once(": "))
            .filter(|(_, kind)| kind.trim_start_matches('&').split([' ', '=']).next() == Some(card))
            .map(|(name, _)| name.to_owned())
            .collect()
    }
}

/// The first names of what follows `crate::`: one, or those of a `{…}` group.
fn heads(rest: &str) -> Vec<String> {
    let name =
        |text: &str| text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let (mut depth, mut start, mut heads) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                heads.push(name(&group[start..at]));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

/// Blanks comment lines, and drops the test module at the end.
fn without_tests(text: &str) -> String {
    let code = text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = code.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every file of src that is not for tests only.
fn sources() -> Vec<Source> {
    let mut paths = Vec::new();
    collect(&src(), &mut paths);
    paths.sort();
    let for_tests: HashSet<PathBuf> = paths.iter().flat_map(|path| test_files(path)).collect();
    paths.iter().filter(|path| !for_tests.contains(*path)).map(|path| Source::read(path)).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|e| e == "rs") {
            paths.push(path);
        }
    }
}

/// Files that a module names under `#[cfg(test)]`.
fn test_files(module: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(module).unwrap();
    let folder =
        if module.ends_with("mod.rs") { module.parent().unwrap().to_owned() } else { module.with_extension("") };
    let named = text.split("#[cfg(test)]\nmod ").skip(1).filter_map(|rest| rest.split_once(';'));
    named.filter(|(name, _)| !name.contains(' ')).map(|(name, _)| folder.join(format!("{name}.rs"))).collect()
}

#[test]
fn paths_are_read_as_rust_reads_them() {
    assert_eq!(heads("facts::{Host, Kind};"), ["facts"]);
    assert_eq!(
        heads("{\n    facts::{Host, Kind},\n    names::{self, Speaks},\n    exit,\n};"),
        ["facts", "names", "exit"]
    );
    assert_eq!(heads("address_map::Mapping| {"), ["address_map"]);
}
