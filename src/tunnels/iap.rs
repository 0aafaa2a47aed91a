//! Google's Identity-Aware Proxy: to addresses that it reaches itself, or by ssh to a VM that reaches more.
//!
//! `gcloud compute start-iap-tunnel HOST PORT --region --network [--dest-group] --local-host-port`, for an IP address or a
//! name (<https://cloud.google.com/sdk/gcloud/reference/compute/start-iap-tunnel>). It leads to no load balancer and to no
//! service of Google's (<https://cloud.google.com/iap/docs/tcp-forwarding-overview>): Memorystore needs a VM that it goes
//! through, `gcloud compute ssh VM --tunnel-through-iap -- …`, where what follows `--` is ssh's own
//! (<https://cloud.google.com/sdk/gcloud/reference/compute/ssh>).

use super::{Carries, Command, End, File, Instance, Node, Plan, Run, Side, Tunnel, ssh};

/// Both forms.
pub(super) const TUNNEL: Tunnel = Tunnel {
    id: "iap",
    about: "Google Cloud without a public address: one ssh process through a VM behind the Identity-Aware Proxy (Memorystore, \
            and whatever the VM reaches), or a gcloud process for each address of a network; TLS passes through",
    carries: Carries::Forwarded,
    evidence: "grammar",
    via: Some("VM@ZONE or REGION/NETWORK[/DEST-GROUP]"),
    refuses: |_, _| None,
    write,
};

fn write(plan: &Plan) -> Result<Vec<Side>, String> {
    let via = plan.via.as_deref().map_or_else(|| Err(WRONG.to_owned()), Via::parse)?;
    let command = |arguments: Vec<String>| Command {
        program: "gcloud",
        package: "the Google Cloud CLI: https://cloud.google.com/sdk/docs/install",
        arguments,
        ends: false,
        settles: 1,
    };
    let (files, run) = match via {
        Via::Vm { name, zone } => {
            let config = format!("Host *\n{}", ssh::forwards(plan));
            (vec![File::text("ssh_config", config)], Run::One(command(through_vm(name, zone))))
        }
        Via::Network { region, network, group } => {
            let instances = plan.nodes.iter().map(instance).collect();
            (Vec::new(), Run::Each(command(to_address(region, network, group)), instances))
        }
    };
    Ok(vec![Side { end: End::Client, files, run }])
}

/// gcloud trusts any host key the first time, unless it is told otherwise.
fn through_vm(name: &str, zone: &str) -> Vec<String> {
    let zone = format!("--zone={zone}");
    let words = ["compute", "ssh", name, &zone, "--tunnel-through-iap", "--strict-host-key-checking=yes", "--quiet"];
    words.into_iter().chain(["--", "-N", "-F", "ssh_config"]).map(str::to_owned).collect()
}

fn to_address(region: &str, network: &str, group: Option<&str>) -> Vec<String> {
    let words = ["compute", "start-iap-tunnel", "${HOST}", "${PORT}"].map(str::to_owned);
    let place = [format!("--region={region}"), format!("--network={network}")];
    let group = group.map(|group| format!("--dest-group={group}"));
    let local = ["--local-host-port=${LISTEN}", "--quiet"].map(str::to_owned);
    words.into_iter().chain(place).chain(group).chain(local).collect()
}

fn instance(node: &Node) -> Instance {
    let variables = vec![
        ("HOST", node.inside.host.to_string()),
        ("PORT", node.inside.port.to_string()),
        ("LISTEN", node.local.endpoint().to_string()),
    ];
    Instance { name: node.name(), variables }
}

/// `--via`.
enum Via<'a> {
    Vm { name: &'a str, zone: &'a str },
    Network { region: &'a str, network: &'a str, group: Option<&'a str> },
}

const WRONG: &str = "IAP goes through a VM or into a network: --via VM@ZONE, such as bastion@europe-west1-b (Memorystore needs \
                     this one), or --via REGION/NETWORK[/DEST-GROUP]";

impl<'a> Via<'a> {
    fn parse(via: &'a str) -> Result<Self, String> {
        if via.matches('@').count() > 1 || !via.split(['@', '/']).all(is_name) {
            return Err(WRONG.to_owned());
        }
        let parts: Vec<&str> = via.split('/').collect();
        match (via.split_once('@'), &parts[..]) {
            (Some((name, zone)), [_]) => Ok(Via::Vm { name, zone }),
            (None, [region, network]) => Ok(Via::Network { region, network, group: None }),
            (None, [region, network, group]) => Ok(Via::Network { region, network, group: Some(group) }),
            _ => Err(WRONG.to_owned()),
        }
    }
}

/// RFC 1035, which names of Compute Engine keep to.
fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
    name.len() <= 63 && starts && !name.ends_with('-') && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tunnels::Content;
    use crate::tunnels::fixtures;

    #[test]
    fn one_process_through_a_vm() {
        let sides = write(&fixtures::forward("bastion@europe-west1-b")).unwrap();
        let Run::One(command) = &sides[0].run else { panic!() };
        assert_eq!(
            command.arguments.join(" "),
            "compute ssh bastion --zone=europe-west1-b --tunnel-through-iap --strict-host-key-checking=yes --quiet -- -N -F \
             ssh_config"
        );
        let Content::Text(config) = &sides[0].files[0].content else { panic!() };
        assert!(config.starts_with("Host *\n    StrictHostKeyChecking yes\n"), "{config}");
        assert!(config.ends_with("    LocalForward 127.0.0.1:20003 [2001:db8::3]:6379\n"), "{config}");
    }

    #[test]
    fn a_process_an_address() {
        let sides = write(&fixtures::forward("europe-west1/default/redis")).unwrap();
        let Run::Each(command, instances) = &sides[0].run else { panic!() };
        assert_eq!(
            command.arguments.join(" "),
            "compute start-iap-tunnel ${HOST} ${PORT} --region=europe-west1 --network=default --dest-group=redis \
             --local-host-port=${LISTEN} --quiet"
        );
        let values = |n: usize| instances[n].variables.iter().map(|(_, v)| v.as_str()).collect::<Vec<_>>().join(" ");
        assert_eq!(values(0), "10.0.0.11 6379 127.0.0.1:20001");
        assert_eq!(values(1), "n2.example.com 6379 127.0.0.1:20002");
    }

    #[test]
    fn only_names_of_compute_engine() {
        let wrong =
            ["", "vm", "vm@", "@zone", "a@b@c", "a@b/c", "a/b/c/d", "a/", "-a/b", "A/b", "a/b c", "a/b;c", "a@$b"];
        for via in wrong {
            assert!(Via::parse(via).is_err(), "{via}");
        }
    }
}
