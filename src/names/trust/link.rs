//! A certificate as a link of a path: what verifiers look at, read once.

use std::collections::HashSet;

use aws_lc_rs::digest::{SHA256, digest};
use x509_parser::{
    extensions::{AuthorityKeyIdentifier, ExtendedKeyUsage, GeneralName, GeneralSubtree, ParsedExtension},
    prelude::{FromDer, X509Certificate, X509Extension},
};

use super::{
    canonical::canonical,
    signature::{self, Digest, Key, Wants},
};

/// SHA-256.
pub(super) type Print = [u8; 32];

/// One certificate. Names and keys are DER, since verifiers compare octets.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) der: Vec<u8>,
    /// Of its DER.
    pub(super) print: Print,
    /// Of its key.
    pub(super) key_print: Print,
    /// Subject, a whole DER Name.
    pub(super) subject: Vec<u8>,
    /// Issuer, a whole DER Name.
    pub(super) issuer: Vec<u8>,
    /// The subject in the form in which OpenSSL compares names.
    pub(super) canonical_subject: Vec<u8>,
    /// The issuer in that form.
    pub(super) canonical_issuer: Vec<u8>,
    /// Content octets of the serial number.
    pub(super) serial: Vec<u8>,
    /// `SubjectPublicKeyInfo`, whole DER.
    pub(super) key: Vec<u8>,
    /// Seconds since 1970.
    pub(super) not_before: i64,
    /// Seconds since 1970.
    pub(super) not_after: i64,
    /// As written: 1, 2 or 3.
    pub(super) version: u32,
    pub(super) constraints: Option<Constraints>,
    /// The bits of keyUsage, the first (digitalSignature) lowest; `None` where the extension is missing.
    pub(super) key_usage: Option<u16>,
    pub(super) extended: Option<ExtendedUsage>,
    pub(super) names: Names,
    pub(super) limits: Option<NameLimits>,
    pub(super) subject_key_id: Option<Vec<u8>>,
    pub(super) authority: Option<Authority>,
    pub(super) netscape: Option<Netscape>,
    /// After how many certificates policyConstraints wants a policy to be named (RFC 5280 §4.2.1.11).
    pub(super) explicit_policy: Option<u32>,
    /// OIDs of extensions that are there twice or do not parse.
    pub(super) malformed: Vec<String>,
    /// OIDs of critical extensions that RFC 5280 does not know.
    pub(super) unknown_critical: Vec<String>,
    /// An extension is there twice.
    pub(super) repeated: bool,
    /// An extension of RFC 5280 does not parse.
    pub(super) unreadable: bool,
    /// OID of the signature algorithm.
    pub(super) signed_with: String,
    /// What was signed over.
    pub(super) digest: Digest,
    /// The kind of key that signed.
    pub(super) signer: Wants,
    /// Its own key.
    pub(super) strength: Key,
    /// The algorithm that is signed over and the one beside the signature are not the same.
    pub(super) algorithms_differ: bool,
    /// All of them, as they came.
    pub(super) extensions: Vec<Extension>,
}

/// An extension as it came.
#[derive(Debug)]
pub(super) struct Extension {
    /// Dotted.
    pub(super) oid: String,
    pub(super) critical: bool,
    /// What the OCTET STRING holds.
    pub(super) value: Vec<u8>,
}

/// basicConstraints (RFC 5280 §4.2.1.9).
#[derive(Clone, Copy, Debug)]
pub(super) struct Constraints {
    pub(super) ca: bool,
    pub(super) path_length: Option<u32>,
    pub(super) critical: bool,
}

/// extendedKeyUsage (RFC 5280 §4.2.1.12).
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each of them may be there or not")]
pub(super) struct ExtendedUsage {
    pub(super) server: bool,
    pub(super) client: bool,
    pub(super) any: bool,
    /// Netscape's or Microsoft's Server Gated Cryptography.
    pub(super) gated: bool,
    /// It names none at all.
    pub(super) empty: bool,
}

/// nsCertType.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each of them may be there or not")]
pub(super) struct Netscape {
    pub(super) client: bool,
    pub(super) server: bool,
    pub(super) tls_ca: bool,
    /// A CA for anything.
    pub(super) ca: bool,
}

/// subjectAltName (RFC 5280 §4.2.1.6).
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The extension is there.
    pub(super) present: bool,
    pub(super) critical: bool,
    /// It could not be read, or is there twice.
    pub(super) unreadable: bool,
    pub(super) all: Vec<Name>,
}

/// nameConstraints (RFC 5280 §4.2.1.10).
#[derive(Debug)]
pub(super) struct NameLimits {
    pub(super) permitted: Vec<Name>,
    pub(super) excluded: Vec<Name>,
}

/// authorityKeyIdentifier (RFC 5280 §4.2.1.1).
#[derive(Debug)]
pub(super) struct Authority {
    pub(super) key_id: Option<Vec<u8>>,
    /// The issuer's serial number, content octets.
    pub(super) serial: Option<Vec<u8>>,
    /// The first directory name among those of the issuer's issuer, a whole DER Name.
    pub(super) issuer: Option<Vec<u8>>,
}

/// A `GeneralName`, as octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Dns(Vec<u8>),
    /// Four or sixteen octets in a name, eight or thirty-two in a constraint; others as they are.
    Ip(Vec<u8>),
    Email(Vec<u8>),
    Uri(Vec<u8>),
    /// A whole DER Name.
    Directory(Vec<u8>),
    /// An otherName, by the octets of its OID.
    Typed(Vec<u8>),
    /// A registeredID.
    Registered,
    Other,
}

impl Link {
    /// `None` where it is no certificate that x509-parser reads.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let (digest, signer) = signature::algorithm(&certificate.tbs_certificate.signature);
        let mut link = Link {
            der: der.to_vec(),
            print: print(der),
            key_print: print(certificate.public_key().raw),
            subject: certificate.subject().as_raw().to_vec(),
            issuer: certificate.issuer().as_raw().to_vec(),
            canonical_subject: canonical(certificate.subject().as_raw()),
            canonical_issuer: canonical(certificate.issuer().as_raw()),
            serial: certificate.raw_serial().to_vec(),
            key: certificate.public_key().raw.to_vec(),
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
            version: certificate.version().0.saturating_add(1),
            constraints: None,
            key_usage: None,
            extended: None,
            names: Names::default(),
            limits: None,
            subject_key_id: None,
            authority: None,
            netscape: None,
            explicit_policy: None,
            malformed: Vec::new(),
            unknown_critical: Vec::new(),
            repeated: false,
            unreadable: false,
            signed_with: certificate.signature_algorithm.algorithm.to_id_string(),
            algorithms_differ: certificate.signature_algorithm != certificate.tbs_certificate.signature,
            digest,
            signer,
            strength: Key::of(certificate.public_key()),
            extensions: Vec::new(),
        };
        let mut seen = HashSet::new();
        for extension in certificate.extensions() {
            let oid = extension.oid.to_id_string();
            let first = seen.insert(oid.clone());
            link.repeated |= !first;
            link.extend(extension, first);
            if !first || matches!(extension.parsed_extension(), ParsedExtension::ParseError { .. }) {
                link.malformed.push(oid.clone());
            }
            link.extensions.push(Extension { oid, critical: extension.critical, value: extension.value.to_vec() });
        }
        Some(link)
    }

    fn extend(&mut self, extension: &X509Extension, first: bool) {
        let critical = extension.critical;
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(value) => {
                self.constraints = Some(Constraints { ca: value.ca, path_length: value.path_len_constraint, critical });
            }
            ParsedExtension::KeyUsage(usage) => self.key_usage = Some(usage.flags),
            ParsedExtension::ExtendedKeyUsage(usage) => {
                self.extended = Some(ExtendedUsage::of(usage));
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                let all = names.general_names.iter().map(Name::of).collect();
                self.names = Names { present: true, critical, unreadable: !first, all };
            }
            ParsedExtension::NameConstraints(limits) => {
                let read = |trees: &Option<Vec<GeneralSubtree>>| {
                    trees.iter().flatten().map(|tree| Name::of(&tree.base)).collect()
                };
                let (permitted, excluded) = (read(&limits.permitted_subtrees), read(&limits.excluded_subtrees));
                self.limits = Some(NameLimits { permitted, excluded });
            }
            ParsedExtension::NSCertType(kind) => {
                self.netscape = Some(Netscape {
                    client: kind.ssl_client(),
                    server: kind.ssl_server(),
                    tls_ca: kind.ssl_ca(),
                    ca: kind.ssl_ca() || kind.smime_ca() || kind.object_signing_ca(),
                });
            }
            ParsedExtension::PolicyConstraints(policy) => self.explicit_policy = policy.require_explicit_policy,
            ParsedExtension::SubjectKeyIdentifier(id) => self.subject_key_id = Some(id.0.to_vec()),
            ParsedExtension::AuthorityKeyIdentifier(authority) => self.authority = Some(Authority::of(authority)),
            ParsedExtension::UnsupportedExtension { oid } if critical => self.unknown_critical.push(oid.to_id_string()),
            ParsedExtension::ParseError { .. } => self.unparsed(extension),
            _ => {}
        }
    }

    fn unparsed(&mut self, extension: &X509Extension) {
        const SUBJECT_ALT_NAME: &str = "2.5.29.17";
        self.unreadable = true;
        if extension.oid.to_id_string() == SUBJECT_ALT_NAME {
            self.names = Names { present: true, critical: extension.critical, unreadable: true, all: Vec::new() };
        }
    }

    /// The first extension of that OID.
    pub(super) fn extension(&self, oid: &str) -> Option<&Extension> {
        self.extensions.iter().find(|extension| extension.oid == oid)
    }

    /// How many names there are that constraints are held against, and how long they are together.
    pub(super) fn weight_of_names(&self) -> (usize, usize) {
        let written = self.extension("2.5.29.17").map_or(0, |names| names.value.len());
        (self.names.all.len() + 1, self.subject.len() + written)
    }

    /// The same of its constraints.
    pub(super) fn weight_of_limits(&self) -> Option<(usize, usize)> {
        let written = self.extension("2.5.29.30")?.value.len();
        // One that does not parse here may parse elsewhere: the shortest has seven octets.
        let all = self.limits.as_ref().map_or(written / 7, |limits| limits.permitted.len() + limits.excluded.len());
        Some((all, written))
    }

    /// Subject equals issuer, octet by octet.
    pub(super) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// CA:TRUE.
    pub(super) fn is_ca(&self) -> bool {
        self.constraints.is_some_and(|constraints| constraints.ca)
    }

    /// Signed over MD2, MD4, MD5 or SHA-1.
    pub(super) fn is_signed_weakly(&self) -> bool {
        self.signed_over(&["1.2.840.113549.1.1.2", "1.2.840.113549.1.1.3", "1.2.840.113549.1.1.4"])
            || self.signed_over(&["1.2.840.113549.1.1.5", "1.2.840.10045.4.1", "1.2.840.10040.4.3", "1.3.14.3.2.29"])
    }

    /// Signed by one of these algorithms.
    pub(super) fn signed_over(&self, oids: &[&str]) -> bool {
        oids.contains(&self.signed_with.as_str())
    }

    /// The signature is of the kind that the issuer's key makes.
    pub(super) fn fits_key(&self, issuer: &Link) -> bool {
        issuer.strength.fits(self.signer)
    }

    /// A subject without an attribute.
    pub(super) fn has_empty_subject(&self) -> bool {
        self.subject == [0x30, 0]
    }
}

fn print(octets: &[u8]) -> Print {
    // SHA-256 has 32 octets.
    digest(&SHA256, octets).as_ref().try_into().unwrap_or_default()
}

impl ExtendedUsage {
    fn of(usage: &ExtendedKeyUsage) -> Self {
        const GATED: [&str; 2] = ["2.16.840.1.113730.4.1", "1.3.6.1.4.1.311.10.3.3"];
        let others = [usage.code_signing, usage.email_protection, usage.time_stamping, usage.ocsp_signing];
        let named = usage.any || usage.server_auth || usage.client_auth || others.contains(&true);
        ExtendedUsage {
            server: usage.server_auth,
            client: usage.client_auth,
            any: usage.any,
            gated: usage.other.iter().any(|oid| GATED.contains(&oid.to_id_string().as_str())),
            empty: !named && usage.other.is_empty(),
        }
    }
}

impl Authority {
    fn of(authority: &AuthorityKeyIdentifier) -> Self {
        let directory = |name: &GeneralName| match name {
            GeneralName::DirectoryName(name) => Some(name.as_raw().to_vec()),
            _ => None,
        };
        Authority {
            key_id: authority.key_identifier.as_ref().map(|id| id.0.to_vec()),
            serial: authority.authority_cert_serial.map(<[u8]>::to_vec),
            issuer: authority.authority_cert_issuer.iter().flatten().find_map(directory),
        }
    }
}

impl Name {
    fn of(name: &GeneralName) -> Self {
        match name {
            GeneralName::DNSName(name) => Name::Dns(name.as_bytes().to_vec()),
            GeneralName::IPAddress(octets) => Name::Ip(octets.to_vec()),
            GeneralName::RFC822Name(mail) => Name::Email(mail.as_bytes().to_vec()),
            GeneralName::URI(uri) => Name::Uri(uri.as_bytes().to_vec()),
            GeneralName::DirectoryName(name) => Name::Directory(name.as_raw().to_vec()),
            GeneralName::OtherName(oid, _) => Name::Typed(oid.as_bytes().to_vec()),
            GeneralName::RegisteredID(_) => Name::Registered,
            GeneralName::Invalid(tag, octets) => match tag.0 {
                1 => Name::Email(octets.to_vec()),
                2 => Name::Dns(octets.to_vec()),
                6 => Name::Uri(octets.to_vec()),
                _ => Name::Other,
            },
            _ => Name::Other,
        }
    }
}
