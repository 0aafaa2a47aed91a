//! A map that a person wrote, as it was judged: for a person at a terminal, and for a CI job.

use std::collections::HashMap;

use super::{
    Style, escape_github_line, escape_github_message, escape_github_property,
    map_faults::{gist, lacking, led, said},
    mending,
    sheet::{Ink, Sheet},
    words,
};
use crate::{
    address_map::{
        audit::{Audit, Fault, Judged},
        written::Place,
    },
    facts::{Snapshot, Transport},
};

/// Entries that are in order are listed up to this many, and counted beyond.
const LISTED: usize = 12;
/// Kinds of faults that are listed before the rest is counted.
const GROUPS: usize = 12;
/// Of many entries with the same faults, those that are named.
const NAMED: usize = 3;
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
    /// Where they log, where they were started in a folder of `tunnel --out`.
    pub logs: Option<&'a str>,
    /// What starts the near ends, in such a folder.
    pub start: Option<&'a str>,
    /// Such a folder has far ends, too.
    pub pairs: bool,
    /// What has the command that writes such a folder.
    pub readme: Option<&'a str>,
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
    let faulty: Vec<&Judged> = page.audit.entries.iter().filter(|e| !e.faults.is_empty()).collect();
    // Lines of a file are annotated one by one.
    let by_line = faulty.iter().any(|judged| matches!(judged.entry.place, Place::Line(_)));
    let groups: Vec<Vec<&Judged>> = if by_line {
        faulty.into_iter().map(|judged| vec![judged]).collect()
    } else {
        alike(page, &faulty).into_iter().map(|group| group.entries).collect()
    };
    let said_once = groups.iter().flat_map(|group| {
        let first = group[0];
        let at = match first.entry.place {
            Place::Line(line) => format!("file={},line={line},", escape_github_property(page.file)),
            Place::Entry(_) | Place::Key(_) => format!("file={},", escape_github_property(page.file)),
        };
        let others = if group.len() > 1 { format!(", and {} more like it", group.len() - 1) } else { String::new() };
        let text = move |fault: &Fault| {
            let next = next_step(page, fault).map(|next| format!(". {next}")).unwrap_or_default();
            format!("{}{others}: {}{next}", led(first), said(fault))
        };
        first.faults.iter().map(move |fault| (at.clone(), text(fault)))
    });
    let add = page.forwards.map(|forwards| format!(". {}", mending::missing(&forwards))).unwrap_or_default();
    let missing =
        page.audit.missing.iter().map(|node| (String::new(), format!("not in the map: {}{add}", lacking(node))));
    let title = if page.forwards.is_some() { "tunnel" } else { "address-map" };
    let annotation =
        |(at, text): (String, String)| format!("::error {at}title={title}::{}", escape_github_message(&text));
    let mut lines: Vec<String> = said_once.chain(missing).take(ANNOTATIONS).map(annotation).collect();
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
    parts.extend(words::as_of(page.snapshot));
    parts.push(page.snapshot.target.endpoint.to_string());
    parts
}

fn entries(sheet: &mut Sheet<'_>, page: &MapPage<'_>) {
    let all = &page.audit.entries;
    let (proved, faulty): (Vec<&Judged>, Vec<&Judged>) = all.iter().partition(|e| e.faults.is_empty());
    let tls = if page.snapshot.seed.transport == Transport::Tls { ", certificate verified" } else { "" };
    sheet.gap();
    let groups = alike(page, &faulty);
    let most = if sheet.verbose() { usize::MAX } else { GROUPS };
    groups.iter().take(most).for_each(|group| group.show(sheet, page));
    more(sheet, faulty.len(), groups.iter().take(most).map(|group| group.entries.len()).sum());
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

/// Entries with the same faults, about which the same is to be done.
struct Alike<'a> {
    next: Vec<Option<String>>,
    codes: Vec<&'static str>,
    entries: Vec<&'a Judged>,
}

/// In the order of the first of each.
fn alike<'a>(page: &MapPage<'_>, faulty: &[&'a Judged]) -> Vec<Alike<'a>> {
    let mut groups: Vec<Alike<'a>> = Vec::new();
    let mut known: HashMap<(Vec<&str>, Vec<Option<String>>), usize> = HashMap::new();
    for judged in faulty {
        let codes: Vec<_> = judged.faults.iter().map(Fault::code).collect();
        let next: Vec<_> = judged.faults.iter().map(|fault| next_step(page, fault)).collect();
        let at = *known.entry((codes.clone(), next.clone())).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.entries.push(judged),
            None => groups.push(Alike { next, codes, entries: vec![judged] }),
        }
    }
    groups
}

impl Alike<'_> {
    /// What all of them have in common is said once.
    fn show(&self, sheet: &mut Sheet<'_>, page: &MapPage<'_>) {
        let most = if sheet.verbose() || self.entries.len() <= NAMED + 3 { usize::MAX } else { NAMED };
        let common = self.common();
        for judged in self.entries.iter().take(most) {
            sheet.hang("✗ ", Ink::Bad, 2, &format!("{}{}", place(page, judged), led(judged)));
            for fault in judged.faults.iter().filter(|_| common.is_none()) {
                sheet.hang("    ", Ink::Plain, 4, &said(fault));
            }
        }
        more(sheet, self.entries.len(), most);
        let unsaid = vec![String::new(); self.codes.len()];
        for (text, next) in common.as_ref().unwrap_or(&unsaid).iter().zip(&self.next) {
            if !text.is_empty() {
                sheet.hang("    ", Ink::Plain, 4, text);
            }
            if let Some(next) = next {
                sheet.hang("    → ", Ink::Plain, 6, next);
            }
        }
        if let Some(log) = self.entries.iter().find_map(|judged| judged.log.as_ref()) {
            sheet.hang("    log: ", Ink::Plain, 6, log);
        }
    }

    /// The sentences, where they are the same for every entry; of several entries, without what differs by chance.
    fn common(&self) -> Option<Vec<String>> {
        let all = |speak: fn(&Fault) -> String| {
            let mut texts = self.entries.iter().map(|e| e.faults.iter().map(speak).collect::<Vec<_>>());
            let first = texts.next()?;
            texts.all(|text| text == first).then_some(first)
        };
        all(said).or_else(|| all(gist))
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
    let most = if sheet.verbose() { usize::MAX } else { LISTED };
    for node in nodes.iter().take(most) {
        sheet.hang("✗ ", Ink::Bad, 2, &lacking(node));
    }
    more(sheet, nodes.len(), most);
    if let Some(forwards) = &page.forwards {
        sheet.hang("    → ", Ink::Plain, 6, &mending::missing(forwards));
    }
}

/// What to do about a fault of a forward.
pub(super) fn next_step(page: &MapPage<'_>, fault: &Fault) -> Option<String> {
    mending::next_step(fault, &page.forwards?)
}

fn more(sheet: &mut Sheet<'_>, all: usize, shown: usize) {
    if all > shown {
        sheet.hang("  … ", Ink::Plain, 4, &format!("and {} more (-v shows all)", all - shown));
    }
}

/// Where the entry stands; an object's key is its own place, and what was generated nobody counts through.
fn place(page: &MapPage<'_>, judged: &Judged) -> String {
    match &judged.entry.place {
        Place::Key(_) => String::new(),
        Place::Entry(_) if page.forwards.is_some() => String::new(),
        place => format!("{place}: "),
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
        address_map::{
            audit::{Crossing, Form, Missing},
            written::parse,
        },
        facts::{Failure, FailureKind, NodeId, Role, Stage},
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
            Fault::NameNotProved { name: "n1.example.com".parse().unwrap(), why: text.to_owned(), untrusted: false },
            Fault::NotTried(text.to_owned()),
        ]
    }

    fn audit(text: &str) -> Audit {
        let map = b"10.0.0.5:6379=n1.example.com:6379\nseed.test:1=[2001:db8::1]:7000\n10.0.0.6:1=n2.example.com:1";
        let entries = parse(map).unwrap().entries;
        let mut all: Vec<Judged> = entries
            .into_iter()
            .enumerate()
            .map(|(n, entry)| Judged { entry, node: Some(id()), is_seed: n == 1, faults: Vec::new(), log: None })
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
        let forwards = Some(Forwards {
            logs: Some("tunnels/client/run"),
            start: Some("tunnels/client/start"),
            pairs: true,
            readme: Some("tunnels/README"),
        });
        let page =
            MapPage { snapshot: &snapshot, audit: &audit, file: "map.json", exit: 1, next: "", note: "", forwards };
        insta::assert_snapshot!("forwards-80", map_check(&page, &Style::default()));
        let json: Value = serde_json::from_str(&map_check_json(&page)).unwrap();
        assert!(json["entries"][0]["faults"][0]["next"].is_string());
    }

    #[test]
    fn what_is_wrong_with_a_thousand_forwards_is_said_once() {
        let lines: Vec<String> = (1..=1000).map(|n| format!("10.0.0.5:{n}=127.0.0.1:{n}")).collect();
        let refused = |n: usize| {
            let detail = format!("Connection refused ({n})");
            vec![Fault::NotAnswering(Failure { stage: Stage::Connect, kind: FailureKind::Refused, detail })]
        };
        let judged = |(n, entry)| Judged { entry, node: None, is_seed: false, faults: refused(n), log: None };
        let entries = parse(lines.join("\n").as_bytes()).unwrap().entries.into_iter().enumerate().map(judged).collect();
        let audit = Audit { entries, ..Audit::default() };
        let screen = shown(&audit, "map.txt", |p| map_check(p, &Style::default()));
        assert_eq!(screen.matches("nobody answers there: refused").count(), 1, "{screen}");
        assert!(screen.contains("… and 997 more (-v shows all)") && screen.lines().count() < 15, "{screen}");
        let all = Style { verbose: true, ..Style::default() };
        assert_eq!(shown(&audit, "map.txt", |p| map_check(p, &all)).matches("✗ line ").count(), 1000);
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
