//! What is recognised, and by how much.

use super::*;

#[test]
fn cards_are_whole() {
    for (n, provider) in ALL.iter().enumerate() {
        let Provider { id, name, source, signs, advice, .. } = provider;
        assert!(!id.is_empty() && !name.is_empty() && !source.is_empty() && !signs.is_empty(), "{id}");
        assert!(ALL[..n].iter().all(|other| other.id != *id), "{id} stands there twice");
        assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{id}");
        for Advice { on, text, lines, by } in *advice {
            assert!(!on.is_empty() && text.ends_with(['.', ':', ')']), "{id}: {text}");
            assert!(!lines.is_empty() || !text.ends_with(':'), "{id}: {text}");
            let said = format!("{text} {}", lines.join(" ")).to_lowercase();
            for never in ["insecure", "rejectunauthorized", "verify none", "cert_none", "verify_none", "skip verif"] {
                assert!(!said.contains(never), "{id} advises {never}");
            }
            let possible = match by {
                Hand::Certificate => !provider.cannot_certify,
                _ => true,
            };
            assert!(possible, "{id} advises what it says is impossible: {text}");
        }
        for ports in provider.ports {
            assert!(ports.first <= ports.last && ports.first > 0, "{id}: {ports}");
        }
    }
}

#[test]
fn a_port_alone_recognises_nobody() {
    for provider in ALL {
        for sign in provider.signs {
            let by_port = matches!(sign.mark, Mark::Port(_) | Mark::NodePorts(..));
            assert!(!by_port || sign.strength == Strength::Weak, "{}", provider.id);
        }
    }
}
