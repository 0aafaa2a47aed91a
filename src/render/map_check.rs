//! A map that a person wrote, as it was judged: for a person at a terminal, and for a CI job.

use super::{
    Style, escape_github_line, escape_github_message, escape_github_property, mending,
    sheet::{Ink, Sheet},
    words,
};
use crate::{
    address_map::{
        audit::{Audit, Crossing, Fault, Form, Judged, Missing},
        written::Place,
    },
    facts::{Snapshot, Stage, Transport},
};

/// Entries that are in order are listed up to this many, and counted beyond.
const LISTED: usize = 12;
/// Entries with faults, and missing nodes, that are listed before the rest is counted.
const FAULTY: usize = 24;
/// What GitHub shows of one kind of annotation in a step.
const ANNOTATIONS: usize = 10;

/// What is to be shown.
#[derive(Clone, Copy)]
pub struct MapPage<'a> {
    /// What was seen.
    pub snapshot: &'a Snapshot,
    /// What was thought of the map.
    pub audit: &'a Audit,
    /// The file, as it was given.
    pub file: &'a str,
    /// The code that the process exits with.
    pub exit: u8,
    /// The exact next command; nothing is printed for an empty one.
    pub next: &'a str,
    /// A remark on that command.
    pub note: &'a str,
    /// The entries are forwards of tunnels.
    pub forwards: Option<Forwards<'a>>,
}

/// What is known of the tunnels behind a map.
#[derive(Clone, Copy, Debug)]
pub struct Forwards<'a> {
    /// Where they log.
    pub logs: Option<&'a str>,
}

/// The screen of `address-map --check`.
pub fn map_check(page: &MapPage<'_>, style: &Style) -> String {
    let mut sheet = Sheet::new(style);
    let (sign, ink) = if page.audit.is_well() { ("✓ ", Ink::Good) } else { ("✗ ", Ink::Bad) };
    sheet.phrases(sign, ink, 2, &summary(page), " · ");
    if style.quiet {
        return sheet.finish();
    }
    entries(&mut sheet, page);
    missing(&mut sheet, page);
    if !page.next.is_empty() {
        sheet.gap();
        sheet.verbatim(0, &format!("next: {}", page.next));
        sheet.hang("      ", Ink::Plain, 6, &format!("({})", page.note));
    }
    sheet.finish()
}

/// Annotations, one a fault, then the summary and the next command as plain lines.
pub fn map_check_github(page: &MapPage<'_>) -> String {
    let faults = page.audit.entries.iter().flat_map(|judged| {
        let at = match judged.entry.place {
            Place::Line(line) => format!("file={},line={line},", escape_github_property(page.file)),
            Place::Entry(_) | Place::Key(_) => format!("file={},", escape_github_property(page.file)),
        };
        let text = |fault: &Fault| {
            let next = next_step(page, fault).map(|next| format!(". {next}")).unwrap_or_default();
            format!("{}: {}{next}", led(judged), said(fault))
        };
        judged.faults.iter().map(move |fault| (at.clone(), text(fault)))
    });
    let add = page.forwards.map(|_| format!(". {}", mending::MISSING)).unwrap_or_default();
    let missing =
        page.audit.missing.iter().map(|node| (String::new(), format!("not in the map: {}{add}", lacking(node))));
    let title = if page.forwards.is_some() { "tunnel" } else { "address-map" };
    let annotation =
        |(at, text): (String, String)| format!("::error {at}title={title}::{}", escape_github_message(&text));
    let mut lines: Vec<String> = faults.chain(missing).take(ANNOTATIONS).map(annotation).collect();
    let sign = if page.audit.is_well() { "✓" } else { "✗" };
    lines.push(escape_github_line(&format!("{sign} {}", summary(page).join(" · "))));
    lines.extend((!page.next.is_empty()).then(|| escape_github_line(&format!("next: {}", page.next))));
    lines.join("\n") + "\n"
}

/// The verdict in one line: the map, the deployment, the vantage point.
fn summary(page: &MapPage<'_>) -> Vec<String> {
    let Audit { entries, missing, not_needed } = page.audit;
    let plural = match (page.forwards.is_some(), entries.len()) {
        (true, 1) => "forward",
        (true, _) => "forwards",
        (false, 1) => "entry",
        (false, _) => "entries",
    };
    let untold = page.snapshot.deployment().is_none();
    let mut parts = vec![match page.audit.wrong() {
        _ if untold => {
            format!("{}: no server behind {} {plural} tells which nodes there are", page.file, entries.len())
        }
        0 => format!("{}: {} {plural} proved", page.file, entries.len()),
        n => format!("{}: {n} of {} {plural} wrong", page.file, entries.len()),
    }];
    parts.extend((!missing.is_empty()).then(|| format!("{} missing", words::count(missing.len(), "node"))));
    parts.extend(
        (*not_needed > 0).then(|| format!("{} without an entry, none needed", words::count(*not_needed, "node"))),
    );
    parts.extend(page.snapshot.deployment().map(words::shape));
    parts.push(format!("seen from {}", words::vantage(&page.snapshot.vantage)));
    parts.push(page.snapshot.target.endpoint.to_string());
    parts
}

fn entries(sheet: &mut Sheet<'_>, page: &MapPage<'_>) {
    let all = &page.audit.entries;
    let (proved, faulty): (Vec<&Judged>, Vec<&Judged>) = all.iter().partition(|e| e.faults.is_empty());
    let tls = if page.snapshot.seed.transport == Transport::Tls { ", certificate verified" } else { "" };
    sheet.gap();
    let most = if sheet.verbose() { usize::MAX } else { FAULTY };
    for judged in faulty.iter().take(most) {
        sheet.hang("✗ ", Ink::Bad, 2, &format!("{}{}", place(judged), led(judged)));
        for fault in &judged.faults {
            sheet.hang("    ", Ink::Plain, 4, &said(fault));
            if let Some(next) = next_step(page, fault) {
                sheet.hang("    → ", Ink::Plain, 6, &next);
            }
        }
    }
    more(sheet, faulty.len(), most);
    let listed = sheet.verbose() || all.len() <= LISTED;
    for judged in proved.iter().filter(|_| listed) {
        let seed = if judged.is_seed { " (the endpoint itself)" } else { "" };
        sheet.hang("✓ ", Ink::Good, 2, &format!("{}{seed}", led(judged)));
    }
    if !proved.is_empty() {
        let which = if listed { String::new() } else { format!("{} (-v lists them): ", proved.len()) };
        sheet.hang("  ", Ink::Label, 2, &format!("✓ {which}dialled from here, node id equal{tls}"));
    }
}

fn missing(sheet: &mut Sheet<'_>, page: &MapPage<'_>) {
    let nodes = &page.audit.missing;
    if nodes.is_empty() {
        return;
    }
    sheet.gap();
    let what = if page.forwards.is_some() { "nodes without a forward" } else { "not in the map, and needed there" };
    sheet.hang("", Ink::Plain, 2, what);
    let most = if sheet.verbose() { usize::MAX } else { FAULTY };
    for node in nodes.iter().take(most) {
        sheet.hang("✗ ", Ink::Bad, 2, &lacking(node));
    }
    more(sheet, nodes.len(), most);
    if page.forwards.is_some() {
        sheet.hang("    → ", Ink::Plain, 6, mending::MISSING);
    }
}

/// What to do about a fault of a forward.
pub(super) fn next_step(page: &MapPage<'_>, fault: &Fault) -> Option<String> {
    mending::next_step(fault, page.forwards?.logs)
}

fn more(sheet: &mut Sheet<'_>, all: usize, shown: usize) {
    if all > shown {
        sheet.hang("  … ", Ink::Plain, 4, &format!("and {} more (-v shows all)", all - shown));
    }
}

/// Where the entry stands; an object's key is its own place.
fn place(judged: &Judged) -> String {
    match &judged.entry.place {
        Place::Key(_) => String::new(),
        place => format!("{place}: "),
    }
}

/// `key → target (verify name)`.
fn led(judged: &Judged) -> String {
    let entry = &judged.entry;
    let name = entry.also().server_name.map(|name| format!(" (verify {name})")).unwrap_or_default();
    format!("{} → {}{name}", entry.spelled, entry.target)
}

/// A node without an entry, and the entry that it needs.
pub(super) fn lacking(node: &Missing) -> String {
    let Missing { id, role, announced, way } = node;
    let way = match way {
        Ok(m) if m.server_name == m.reachable.host => format!("it answers at {}", m.reachable),
        Ok(m) => format!("it answers at {}, and verifies as {}", m.reachable, m.server_name),
        Err(why) => why.clone(),
    };
    format!("{announced} ({role} {}): {way}", id.short())
}

/// A fault in a sentence.
pub(super) fn said(fault: &Fault) -> String {
    match fault {
        Fault::NeverAnnounced(None) => "no node announces this key, so no client looks it up".to_owned(),
        Fault::NeverAnnounced(Some(key)) => {
            format!("no node announces this key; the node at the target is looked up as {}", key.unbracketed())
        }
        Fault::Ambiguous(n) => format!("{n} nodes announce this key, so no map can tell them apart"),
        Fault::OtherForm { form, looked_up } => {
            let form = match form {
                Form::Preferred => "endpoint that is preferred",
                Form::Hostname => "announced host name",
                Form::Ip => "announced IP",
            };
            format!("the key is the {form}, and clients look this node up as {}", looked_up.unbracketed())
        }
        Fault::Spelling(key) => format!("clients compare keys byte by byte, and look this node up as {key}"),
        Fault::Repeated(place) => format!("the same key stands at {place} already, and leads elsewhere"),
        Fault::Shared(others) => {
            format!("one target for several nodes (also for {}): one of them answers, by chance", others.join(", "))
        }
        Fault::Moved { id, announced: Some(at) } => {
            format!("the map has the node {} here, and it announces {at} now", id.short())
        }
        Fault::Moved { id, announced: None } => {
            format!("the map has the node {} here, and it has left the cluster", id.short())
        }
        Fault::OtherNode { id, announced: Some(at), crossing } => {
            let other = format!("another node answers there: the one that announces {at} ({})", id.short());
            match crossing {
                Some(Crossing { key, target, swapped: true }) => {
                    format!(
                        "{other}; the node of this entry answers at {target}, the target of {key}: the two are swapped"
                    )
                }
                Some(Crossing { key, target, swapped: false }) => {
                    format!("{other}; the node of this entry answers at {target}, the target of {key}")
                }
                None => other,
            }
        }
        Fault::OtherNode { id, announced: None, .. } => {
            format!("a server answers there that is not of this deployment ({})", id.short())
        }
        Fault::Encrypted => "spiped's encrypted side answers there (32 random bytes), not Redis".to_owned(),
        Fault::NotAnswering(failure) => {
            let lead = match failure.stage {
                Stage::Resolve | Stage::Connect => "nobody answers there",
                Stage::Handshake => "no TLS comes about there",
                Stage::Authenticate | Stage::Command => "what answers there does not say who it is",
            };
            format!("{lead}: {} ({}: {})", words::failure(failure), failure.stage, failure.detail)
        }
        Fault::NameNotProved { name, why } => format!("{name} is not proved there: {why}"),
        Fault::NotTried(why) => format!("not proved: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use unicode_width::UnicodeWidthStr as _;

    use super::{
        super::{MAP_CHECK_SCHEMA, is_unsafe, map_check_json, samples},
        *,
    };
    use crate::{
        address_map::{audit::Crossing, written::parse},
        facts::{Failure, FailureKind, NodeId, Role},
    };

    fn id() -> NodeId {
        NodeId::try_from("0123456789abcdef0123456789abcdef01234567".to_owned()).unwrap()
    }

    /// One of every fault, with `text` wherever text of a server or of the file stands.
    fn faults(text: &str) -> Vec<Fault> {
        let failure = Failure { stage: Stage::Connect, kind: FailureKind::Refused, detail: text.to_owned() };
        vec![
            Fault::NeverAnnounced(None),
            Fault::NeverAnnounced(Some("10.0.0.9:6379".parse().unwrap())),
            Fault::Ambiguous(3),
            Fault::OtherForm { form: Form::Hostname, looked_up: "10.0.0.5:6379".parse().unwrap() },
            Fault::Spelling("2001:db8::5:6379".to_owned()),
            Fault::Repeated(Place::Key(text.to_owned())),
            Fault::Shared(vec![text.to_owned()]),
            Fault::Moved { id: id(), announced: Some("10.0.0.9:6379".to_owned()) },
            Fault::Moved { id: id(), announced: None },
            Fault::OtherNode { id: id(), announced: Some("10.0.0.9:6379".to_owned()), crossing: None },
            Fault::OtherNode {
                id: id(),
                announced: Some("10.0.0.9:6379".to_owned()),
                crossing: Some(Crossing {
                    key: text.to_owned(),
                    target: "127.0.0.1:7001".parse().unwrap(),
                    swapped: true,
                }),
            },
            Fault::Encrypted,
            Fault::OtherNode { id: id(), announced: None, crossing: None },
            Fault::NotAnswering(failure),
            Fault::NameNotProved { name: "n1.example.com".parse().unwrap(), why: text.to_owned() },
            Fault::NotTried(text.to_owned()),
        ]
    }

    fn audit(text: &str) -> Audit {
        let map = b"10.0.0.5:6379=n1.example.com:6379\nseed.test:1=[2001:db8::1]:7000\n10.0.0.6:1=n2.example.com:1";
        let entries = parse(map).unwrap().entries;
        let mut all: Vec<Judged> = entries
            .into_iter()
            .enumerate()
            .map(|(n, entry)| Judged { entry, node: Some(id()), is_seed: n == 1, faults: Vec::new() })
            .collect();
        all[0].faults = faults(text);
        let missing = Missing {
            id: id(),
            role: Role::Replica,
            announced: text.to_owned(),
            way: Err("no address was found where this node answers".to_owned()),
        };
        Audit { entries: all, missing: vec![missing], not_needed: 2 }
    }

    fn shown<T>(audit: &Audit, file: &str, show: impl Fn(&MapPage<'_>) -> T) -> T {
        let snapshot = samples::azure(6).snapshot;
        let next = "redis-doctor address-map rediss://r.example.com --for json";
        let exit = u8::from(!audit.is_well());
        show(&MapPage {
            snapshot: &snapshot,
            audit,
            file,
            exit,
            next,
            note: "the map that was proved, to compare",
            forwards: None,
        })
    }

    #[test]
    fn screens_look_as_they_should() {
        let wrong = audit("Connection refused");
        insta::assert_snapshot!("map-check-80", shown(&wrong, "map.txt", |p| map_check(p, &Style::default())));
        insta::assert_snapshot!("map-check-github", shown(&wrong, "map.txt", map_check_github));
        insta::assert_snapshot!("map-check-json", shown(&wrong, "map.txt", map_check_json));
    }

    #[test]
    fn a_fault_of_a_forward_comes_with_what_to_do() {
        let snapshot = samples::azure(6).snapshot;
        let audit = audit("Connection refused");
        let forwards = Some(Forwards { logs: Some("tunnels/client/run/*.log") });
        let page =
            MapPage { snapshot: &snapshot, audit: &audit, file: "map.json", exit: 1, next: "", note: "", forwards };
        insta::assert_snapshot!("forwards-80", map_check(&page, &Style::default()));
        let json: Value = serde_json::from_str(&map_check_json(&page)).unwrap();
        assert!(json["entries"][0]["faults"][0]["next"].is_string());
    }

    #[test]
    fn the_machine_reads_what_the_schema_says() {
        let json: Value = serde_json::from_str(&shown(&audit("x"), "map.txt", map_check_json)).unwrap();
        let schema = serde_json::from_str(MAP_CHECK_SCHEMA).unwrap();
        let errors: Vec<_> =
            jsonschema::validator_for(&schema).unwrap().iter_errors(&json).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        let codes = json["entries"][0]["faults"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap());
        assert_eq!(codes.collect::<std::collections::BTreeSet<_>>().len(), 13, "every code once at least");
    }

    #[test]
    fn nothing_from_the_wire_steers_the_reader_and_nothing_is_too_wide() {
        let hostile = audit("\x1b[31m\n::error::x\u{202e}##[add-mask]");
        let file = "map\n::error::.txt";
        let style = Style { verbose: true, ..Style::default() };
        let screen = shown(&hostile, file, |p| map_check(p, &style));
        for line in screen.lines().filter(|line| !line.starts_with("next: ")) {
            assert!(line.width() <= 80 && line.trim_end() == line, "{line:?}");
        }
        for text in [screen, shown(&hostile, file, map_check_github), shown(&hostile, file, map_check_json)] {
            assert_eq!(text.chars().find(|c| is_unsafe(*c) && *c != '\n'), None, "{text}");
            assert!(!text.lines().any(|line| line.trim_start().starts_with("::error::")), "{text}");
        }
    }
}
