//! What should be true, a file each.
//!
//! To add a check, write its file with a `pub const CHECK` and name it here, where it stands in the chain of causes:
//! what must be mended first comes first. The file is called after the code.

use crate::diagnosis::Check;

mod address_family;
mod anchors_differ;
mod announced_loopback;
mod announced_private;
mod backend_unavailable;
mod backend_wants_password;
mod balancer_endpoint;
mod bus_link_down;
mod bus_unreachable;
mod ca_as_leaf;
mod certificate_by_sni;
mod certificate_expired;
mod certificate_expires_soon;
mod chain_incomplete;
mod chain_misordered;
mod chain_refused_by_some;
mod chain_superfluous;
mod chain_untrusted;
mod client_certificate_refused;
mod client_certificate_required;
mod client_usage_missing;
mod cluster_moved;
mod cluster_split;
mod command_unsupported;
mod common_name_only;
mod connections_nearly_exhausted;
mod credentials_refused;
mod credentials_superfluous;
mod credentials_withheld;
mod database_refused;
mod discovery_impossible;
mod discovery_refused;
mod discovery_slow;
mod dns_alias;
mod dns_answer_dead;
mod dns_answer_replica;
mod dns_answer_stranger;
mod dns_slow;
mod dns_split;
mod endpoint_forms_differ;
mod endpoint_is_replica;
mod endpoint_kind;
mod endpoint_nil;
mod endpoint_outside;
mod endpoint_unknown;
mod endpoint_unreachable;
mod fixed_server_name;
mod host_refused_by_some;
mod hostname_in_metadata;
mod hostname_invalid;
mod hostname_unresolvable;
mod idle_timeout;
mod ip_in_dns_san;
mod ipv6_on_node;
mod issuer_expires_first;
mod loading;
mod localhost_ipv6;
mod map_incomplete;
mod masterdown;
mod memory_full;
mod name_leads_to_replica;
mod name_ok_ip_not;
mod node_failed;
mod node_handshake;
mod node_id_shared;
mod node_unreachable;
mod not_redis;
mod own_address_stale;
mod password_as_user;
mod port_kind_mismatch;
mod primary_down;
mod primary_link_down;
mod primary_lost;
mod primary_missing;
mod private_zone_unlinked;
mod privileges_missing;
mod proxy_bypass;
mod quorum_unreachable;
mod renewal_half_done;
mod replica_address_shared;
mod replica_address_wrong;
mod replica_copying;
mod replica_down;
mod replica_is_primary;
mod replica_missing;
mod replica_port_kind;
mod replicas_never_promoted;
mod replicas_too_few;
mod reply_out_of_bounds;
mod roles_mixed;
mod root_sent;
mod run_cut_short;
mod san_mismatch;
mod saving_failed;
mod script_running;
mod sentinel_group_unknown;
mod sentinel_lists_differ;
mod sentinel_mixed_names;
mod sentinel_tilt;
mod sentinel_unreachable;
mod sentinels_disagree;
mod server_suspected;
mod serverless_shape;
mod slot_half_open;
mod slots_migrating;
mod slots_uncovered;
mod spiped_port;
mod stale_primary;
mod tls_handshake_failed;
mod tls_not_spoken;
mod tls_required;
mod tls_too_old;
mod tunnel_partial;
mod turned_away;
mod unexpected_kind;
mod versions_mixed;
mod views_converging;
mod views_disagree;
mod weak_key;
mod weak_signature;
mod wrong_node;
mod x509_strict;
mod x509_v1;

/// Every check, causes before symptoms.
pub const ALL: &[&Check] = &[
    &private_zone_unlinked::CHECK,
    &dns_split::CHECK,
    &endpoint_kind::CHECK,
    &endpoint_unreachable::CHECK,
    &endpoint_outside::CHECK,
    &backend_unavailable::CHECK,
    &turned_away::CHECK,
    &backend_wants_password::CHECK,
    &spiped_port::CHECK,
    &tls_not_spoken::CHECK,
    &tls_required::CHECK,
    &not_redis::CHECK,
    &tls_too_old::CHECK,
    &tls_handshake_failed::CHECK,
    &client_certificate_required::CHECK,
    &client_certificate_refused::CHECK,
    &certificate_expired::CHECK,
    &chain_incomplete::CHECK,
    &chain_untrusted::CHECK,
    &weak_signature::CHECK,
    &weak_key::CHECK,
    &x509_v1::CHECK,
    &ca_as_leaf::CHECK,
    &credentials_refused::CHECK,
    &loading::CHECK,
    &script_running::CHECK,
    &primary_missing::CHECK,
    &primary_lost::CHECK,
    &masterdown::CHECK,
    &saving_failed::CHECK,
    &memory_full::CHECK,
    &replicas_too_few::CHECK,
    &database_refused::CHECK,
    &discovery_impossible::CHECK,
    &unexpected_kind::CHECK,
    &roles_mixed::CHECK,
    &sentinel_group_unknown::CHECK,
    &name_leads_to_replica::CHECK,
    &reply_out_of_bounds::CHECK,
    &node_id_shared::CHECK,
    &cluster_moved::CHECK,
    &cluster_split::CHECK,
    &endpoint_unknown::CHECK,
    &proxy_bypass::CHECK,
    &address_family::CHECK,
    &tunnel_partial::CHECK,
    &primary_down::CHECK,
    &sentinels_disagree::CHECK,
    &stale_primary::CHECK,
    &replica_is_primary::CHECK,
    &announced_loopback::CHECK,
    &balancer_endpoint::CHECK,
    &own_address_stale::CHECK,
    &port_kind_mismatch::CHECK,
    &replica_port_kind::CHECK,
    &replica_address_shared::CHECK,
    &replica_address_wrong::CHECK,
    &node_failed::CHECK,
    &sentinel_mixed_names::CHECK,
    &hostname_invalid::CHECK,
    &hostname_unresolvable::CHECK,
    &dns_answer_stranger::CHECK,
    &fixed_server_name::CHECK,
    &ip_in_dns_san::CHECK,
    &dns_alias::CHECK,
    &san_mismatch::CHECK,
    &sentinel_unreachable::CHECK,
    &server_suspected::CHECK,
    &sentinel_tilt::CHECK,
    &quorum_unreachable::CHECK,
    &replicas_never_promoted::CHECK,
    &replica_down::CHECK,
    &sentinel_lists_differ::CHECK,
    &node_unreachable::CHECK,
    &wrong_node::CHECK,
    &map_incomplete::CHECK,
    &replica_copying::CHECK,
    &primary_link_down::CHECK,
    &slots_uncovered::CHECK,
    &views_disagree::CHECK,
    &endpoint_forms_differ::CHECK,
    &views_converging::CHECK,
    &bus_link_down::CHECK,
    &bus_unreachable::CHECK,
    &node_handshake::CHECK,
    &slot_half_open::CHECK,
    &versions_mixed::CHECK,
    &run_cut_short::CHECK,
    &discovery_refused::CHECK,
    &credentials_withheld::CHECK,
    &credentials_superfluous::CHECK,
    &password_as_user::CHECK,
    &connections_nearly_exhausted::CHECK,
    &dns_slow::CHECK,
    &dns_answer_replica::CHECK,
    &dns_answer_dead::CHECK,
    &hostname_in_metadata::CHECK,
    &serverless_shape::CHECK,
    &common_name_only::CHECK,
    &chain_refused_by_some::CHECK,
    &host_refused_by_some::CHECK,
    &certificate_by_sni::CHECK,
    &anchors_differ::CHECK,
    &client_usage_missing::CHECK,
    &renewal_half_done::CHECK,
    &issuer_expires_first::CHECK,
    &certificate_expires_soon::CHECK,
    &endpoint_is_replica::CHECK,
    &name_ok_ip_not::CHECK,
    &localhost_ipv6::CHECK,
    &announced_private::CHECK,
    &command_unsupported::CHECK,
    &endpoint_nil::CHECK,
    &slots_migrating::CHECK,
    &replica_missing::CHECK,
    &ipv6_on_node::CHECK,
    &discovery_slow::CHECK,
    &idle_timeout::CHECK,
    &privileges_missing::CHECK,
    &chain_misordered::CHECK,
    &chain_superfluous::CHECK,
    &root_sent::CHECK,
    &x509_strict::CHECK,
];

/// The check with this code.
pub fn by_code(code: &str) -> Option<&'static Check> {
    ALL.iter().copied().find(|c| c.code == code)
}
