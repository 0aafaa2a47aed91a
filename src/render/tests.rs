//! Every sample through every renderer: the screens as they are, and what must hold for all of them.

use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use super::{
    Page, REPORT_SCHEMA, Style, dot, github, is_unsafe, json, mermaid, samples, step_summary, table, tls, topology,
};
use crate::facts::{Announced, Observed};

type Screen = fn(&Page<'_>, &Style) -> String;
type Format = fn(&Page<'_>) -> String;

const SCREENS: [(&str, Screen); 3] = [("check", table), ("topology", topology), ("tls", tls)];
const FORMATS: [(&str, Format); 5] =
    [("json", json), ("github", github), ("markdown", step_summary), ("dot", dot), ("mermaid", mermaid)];

#[test]
fn screens_look_as_they_should() {
    for (sample, page) in samples::all() {
        for (screen, renderer) in SCREENS.into_iter().filter(|(screen, _)| sample != "hostile" || *screen == "check") {
            for width in [80, 120] {
                let text = page.screen(renderer, &Style { width, ..Style::default() });
                insta::assert_snapshot!(format!("{screen}-{sample}-{width}"), text);
            }
        }
    }
}

#[test]
fn formats_look_as_they_should() {
    for (sample, page) in samples::all().into_iter().filter(|(name, _)| !matches!(*name, "hundred" | "hostile")) {
        for (format, renderer) in FORMATS {
            insta::assert_snapshot!(format!("{format}-{sample}"), page.render(renderer));
        }
    }
}

#[test]
fn other_terminals_get_their_own_screen() {
    let styles = [
        ("verbose", Style { verbose: true, ..Style::default() }),
        ("quiet", Style { quiet: true, ..Style::default() }),
        ("ascii", Style { unicode: false, ..Style::default() }),
        ("color", Style { color: true, ..Style::default() }),
    ];
    for (name, style) in styles {
        insta::assert_snapshot!(format!("check-mixed-{name}"), samples::mixed().screen(table, &style));
    }
}

#[test]
fn nothing_is_wider_than_the_terminal() {
    for (sample, page) in samples::all() {
        let pasted: Vec<&str> =
            page.report.findings.iter().flat_map(|f| &f.remedies).flat_map(|r| &r.lines).map(String::as_str).collect();
        for (screen, renderer) in SCREENS {
            for (width, unicode, verbose) in [(80, true, false), (120, true, true), (80, false, true), (60, true, true)]
            {
                let text = page.screen(renderer, &Style { width, unicode, verbose, ..Style::default() });
                for line in text.lines().filter(|l| !l.starts_with("next: ") && !pasted.iter().any(|p| l.ends_with(p)))
                {
                    assert!(line.width() <= width, "{screen} of {sample} at {width}: {line:?} has {}", line.width());
                }
            }
        }
    }
}

#[test]
fn no_line_ends_in_a_space_and_no_gap_is_double() {
    for (sample, page) in samples::all() {
        for (screen, renderer) in SCREENS {
            let text = page.screen(renderer, &Style::default());
            assert!(text.lines().all(|line| line == line.trim_end()), "{screen} of {sample}");
            assert!(text.ends_with('\n') && !text.contains("\n\n\n"), "{screen} of {sample}");
        }
    }
}

#[test]
fn nothing_from_the_wire_steers_the_reader() {
    let page = samples::hostile();
    let screens = SCREENS.iter().map(|(_, screen)| page.screen(*screen, &Style { verbose: true, ..Style::default() }));
    for text in screens.chain(FORMATS.iter().map(|(_, format)| page.render(format))) {
        let offender = text.chars().find(|c| is_unsafe(*c) && *c != '\n');
        assert_eq!(offender, None, "{text}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::error::")));
    }
}

#[test]
fn ascii_means_ascii() {
    for (_, page) in samples::all() {
        for (_, renderer) in SCREENS {
            assert!(page.screen(renderer, &Style { unicode: false, ..Style::default() }).is_ascii());
        }
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    for (_, page) in samples::all() {
        for (_, renderer) in SCREENS {
            let coloured = page.screen(renderer, &Style { color: true, ..Style::default() });
            let mut plain = String::new();
            for (i, part) in coloured.split('\x1b').enumerate() {
                plain.push_str(if i == 0 { part } else { part.split_once('m').unwrap().1 });
            }
            assert_eq!(plain, page.screen(renderer, &Style::default()));
        }
    }
}

#[test]
fn a_hundred_equal_troubles_take_little_room() {
    let text = samples::azure(100).screen(table, &Style::default());
    assert!(text.len() < 2048, "{text}");
    let quiet = samples::azure(100).screen(table, &Style { quiet: true, ..Style::default() });
    assert!(quiet.lines().count() <= 4, "{quiet}");
}

#[test]
fn wherever_a_hundred_nodes_are_they_take_a_page() {
    let forms: [fn(usize) -> String; 5] = [
        |n| format!("redis-{n}.redis-headless.a-rather-long-namespace-of-production.svc.cluster.local:6379"),
        |n| format!("{:x}.cache-prod.abcdef.clustercfg.euw1.cache.amazonaws.com:6379", 0x00ab_cdef * (n + 1)),
        |n| format!("[2001:db8:85a3:8d3:1319:8a2e:{:x}:{n:x}]:6379", n * 7),
        |n| format!("10.{}.{}.7:{}", n % 3, n, 6379 + n % 6),
        |n| format!("{n}.0.0.1:6379"),
    ];
    for form in forms {
        for (width, unicode) in [(80, true), (120, true), (80, false)] {
            let text = samples::at_addresses(100, form).screen(table, &Style { width, unicode, ..Style::default() });
            assert!(text.len() < 2048, "{} bytes at {width} columns\n{text}", text.len());
        }
    }
}

#[test]
fn json_keeps_the_contract() {
    let schema = serde_json::from_str(REPORT_SCHEMA).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (sample, page) in samples::all() {
        let instance = serde_json::from_str(&page.render(json)).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&instance).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{sample}: {errors:?}");
    }
    assert!(!validator.is_valid(&serde_json::json!({ "format": 1 })));
}

#[test]
fn json_text_keeps_its_value() {
    let page = samples::hostile();
    let value: Value = serde_json::from_str(&page.render(json)).unwrap();
    assert_eq!(value["findings"][0]["title"], page.report.findings[0].title);
    assert!(page.render(json).contains("\\u202e"));
}

#[test]
fn blanks_in_announced_addresses_are_kept_apart() {
    let mut page = samples::healthy();
    let Observed::Seen(topology) = &mut page.snapshot.topology else { panic!("the sample has a topology") };
    let blanks = [Announced::Nil, Announced::Absent, Announced::Empty, Announced::QuestionMark];
    topology.nodes.iter_mut().zip(blanks).for_each(|(node, blank)| node.address.preferred = blank);
    let value: Value = serde_json::from_str(&page.render(json)).unwrap();
    let preferred: Vec<&Value> = (0..4).map(|i| &value["topology"]["nodes"][i]["announced"]["preferred"]).collect();
    assert_eq!(preferred, [&Value::Null, &Value::Null, &Value::from(""), &Value::from("?")]);
}

#[test]
fn one_bad_node_of_a_hundred_has_its_row() {
    let mut page = samples::many_healthy(100);
    page.snapshot.nodes[57].attempts[0].connection = Observed::NotTried("the deadline came first".into());
    let text = page.screen(table, &Style::default());
    assert_eq!(text.lines().filter(|line| line.starts_with("redis-")).count(), 1, "{text}");
    assert!(text.contains("… and 99 healthy nodes (-v shows all)"), "{text}");
}

#[test]
fn a_run_that_was_cut_short_is_no_good_news() {
    let mut page = samples::healthy();
    page.snapshot.cut_short = true;
    let text = page.screen(table, &Style::default());
    assert!(text.starts_with("! 42 checks passed") && text.contains("cut short by the deadline"), "{text}");
}

#[test]
fn a_weaker_proof_is_said_in_words() {
    let mut page = samples::azure(6);
    page.report.address_map.mappings[0].proof.identity = "run id".into();
    let text = page.screen(table, &Style { width: 120, ..Style::default() });
    assert!(text.contains("  ? 10.1.0.4:8500 → cache-prod") && text.contains(":8500 id by run id"), "{text}");
}

#[test]
fn annotations_are_one_line_a_root_cause() {
    let page = samples::mixed();
    let text = page.render(github);
    assert_eq!(text.lines().filter(|line| line.starts_with("::")).count(), page.report.findings.len());
}
