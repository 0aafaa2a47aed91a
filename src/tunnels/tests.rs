//! What holds for every kind.

use super::{ALL, Carries, Content, Mode, Plan, Run, fixtures, folder};

/// Every kind with every plan that it can be asked to write.
fn plans() -> Vec<(&'static super::Tunnel, Plan)> {
    let through = |kind: &super::Tunnel| {
        let mut plan = fixtures::forward(via(kind.id));
        plan.nodes.retain(|node| (kind.refuses)(node, plan.mode).is_none());
        plan
    };
    let of = |kind: &'static super::Tunnel| match kind.carries {
        Carries::Sealed => vec![(kind, fixtures::pair())],
        Carries::Tls => vec![(kind, fixtures::pair()), (kind, fixtures::originate())],
        Carries::Forwarded => vec![(kind, through(kind))],
    };
    ALL.iter().flat_map(of).collect()
}

/// Through whom.
fn via(kind: &str) -> &'static str {
    match kind {
        "ssm" => "i-0123456789abcdef0@eu-west-1",
        "kubectl" => "prod/redis",
        "iap" => "europe-west1/default/redis",
        _ => "admin@bastion.example.com",
    }
}

#[test]
fn words_and_values_need_no_quoting() {
    for (kind, plan) in plans() {
        for side in (kind.write)(&plan).unwrap() {
            let plain = |text: &str| text.chars().all(|c| c.is_ascii_graphic() && !"'\"`\\;&|<>*?#".contains(c));
            let Run::Each(command, instances) = &side.run else { continue };
            for word in &command.arguments {
                let rest =
                    instances[0].variables.iter().fold(word.clone(), |w, (n, _)| w.replace(&format!("${{{n}}}"), ""));
                assert!(plain(&rest.replace(' ', "")) && !rest.contains('$'), "{}: {word}", kind.id);
            }
            assert_eq!(instances.len(), plan.nodes.len());
            for (_, value) in instances.iter().flat_map(|i| &i.variables) {
                assert!(plain(value) && !value.contains('$'), "{}: {value}", kind.id);
            }
        }
    }
}

#[test]
fn nothing_listens_beyond_loopback_beside_the_application() {
    for (kind, plan) in plans() {
        let all = folder::entries(&plan, kind, &(kind.write)(&plan).unwrap(), None, "redis-doctor tunnel");
        for entry in all.iter().filter(|entry| entry.path.starts_with("client/")) {
            let Content::Text(text) = &entry.content else { continue };
            assert!(!text.contains("0.0.0.0") && !text.contains("[::]"), "{}: {}", kind.id, entry.path);
        }
        let text = format!("{:?}", all.iter().map(|entry| &entry.content).collect::<Vec<_>>());
        for node in &plan.nodes {
            assert!(text.contains(&node.local.port.to_string()), "{}: {}", kind.id, node.name());
        }
    }
}

#[test]
fn an_end_beside_the_nodes_comes_with_pairs_only() {
    for (kind, plan) in plans() {
        let sides = (kind.write)(&plan).unwrap().len();
        assert_eq!(sides, if plan.mode == Mode::Pair { 2 } else { 1 }, "{}", kind.id);
    }
}

#[test]
fn every_process_may_open_what_its_connections_need() {
    let plan = Plan { connections: 1000, ..fixtures::pair() };
    for (id, files) in [("spiped", 2257), ("stunnel", 6259)] {
        let kind = super::by_id(id).unwrap();
        let all = folder::entries(&plan, kind, &(kind.write)(&plan).unwrap(), None, "redis-doctor tunnel");
        for (path, line) in
            [("client/start", format!("ulimit -n {files} ")), ("client/systemd/", format!("LimitNOFILE={files}\n"))]
        {
            let entry = all.iter().find(|entry| entry.path.starts_with(path)).unwrap();
            assert!(matches!(&entry.content, Content::Text(text) if text.contains(&line)), "{id}: {path}");
        }
    }
}
