//! A private endpoint whose private zone this network does not know.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts, private_link_zone},
    facts::Host,
};

pub(super) const CHECK: Check = Check {
    code: "private-zone-unlinked",
    severity: Severity::Info,
    expects: "A name with a private endpoint leads to its private address.",
    explain: "A private endpoint makes the public name an alias into a zone `privatelink.…`, which exists twice: in public, with the \
              public address, and as a private zone, with the private one. A network that is not linked to the private zone gets \
              the public address, where the service refuses or drops it: that looks like a firewall. Link the zone that stands in \
              the alias to the network that clients are in. Azure has one zone for each kind of service, and the wrong one does \
              nothing: privatelink.redis.azure.net for Azure Managed Redis, privatelink.redisenterprise.cache.azure.net for \
              Redis Enterprise, privatelink.redis.cache.windows.net for Azure Cache for Redis. Where public access is meant, this \
              only explains what is seen.",
    transient: false,
    explains: &["endpoint-unreachable"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(lookup) = context.lookup() else { return };
    let Some(zone) = lookup.dns.iter().flat_map(|dns| &dns.leads_to).find_map(private_link_zone) else { return };
    let is_public = |ip: &std::net::IpAddr| !Host::Ip(*ip).is_private() && !Host::Ip(*ip).is_loopback();
    let Some(public) = lookup.addresses().iter().find(|ip| is_public(ip)) else { return verdicts.pass() };
    let name = &lookup.name;
    verdicts.fail(Problem {
        title: format!("{name} has a private endpoint, and this network gets its public address: {zone} is not linked here"),
        subjects: vec![context.endpoint()],
        expected: format!("a private address, from the private zone {zone}, seen from {}", context.vantage()),
        presented: format!("{public}, by way of an alias into {zone}"),
        remedies: vec![Remedy {
            audience: Audience::Network,
            text: format!(
                "Link the private DNS zone {zone} (this one, and no other of that kind) to the virtual network of the clients; \
                 where they ask a name server of their own, have it forward the zone."
            ),
            lines: vec![format!(
                "az network private-dns link vnet create --resource-group GROUP --zone-name {zone} --name LINK --virtual-network \
                 VNET --registration-enabled false"
            )],
            proof: None,
        }],
        ..Problem::default()
    });
}
