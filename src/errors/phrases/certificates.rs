//! What TLS stacks say of a server's certificate: of its names, its dates, its chain.

use super::{DOTNET, GO, JAVA, MANY, Meaning, NODE, PHP, PYTHON, RUBY, RUSTLS, Says, lead, leads};

/// The certificate holds other names.
pub(super) const NAME: Meaning = Meaning {
    phrases: &[
        ("is not in the cert's altnames", NODE),
        ("is not cert's CN", NODE),
        ("Cert does not contain a DNS name", NODE),
        ("Hostname mismatch, certificate is not valid for", PYTHON),
        ("certificate is not valid for", MANY),
        ("label empty or too long", PYTHON),
        ("x509: certificate is valid for", GO),
        ("x509: certificate is not valid for any names", GO),
        ("No subject alternative DNS name matching", JAVA),
        ("No name matching … found", JAVA),
        ("Illegal given domain name", JAVA),
        ("failed ssl/tls hostname verification", &["jedis"]),
        ("certificate not valid for name", RUSTLS),
        ("NotValidForNameContext", RUSTLS),
        ("NotValidForName", RUSTLS),
        ("invalid dns name", RUSTLS),
        ("InvalidDnsNameError", RUSTLS),
        ("subjectAltName did not match expected name", PHP),
        ("did not match expected CN", PHP),
        ("Unable to locate peer certificate CN", PHP),
        ("certificate verify failed (hostname mismatch)", RUBY),
        ("hostname mismatch", MANY),
        ("RemoteCertificateNameMismatch", DOTNET),
        ("IDN labels must be between", DOTNET),
        ("Hostname/IP does not match certificate's altnames: Host", NODE),
    ],
    says: Says::TheCause,
    leads: &[leads::NAME, leads::ALIAS, leads::DISSENT],
    tls: true,
};

/// The certificate does not hold the address.
pub(super) const ADDRESS: Meaning = Meaning {
    phrases: &[
        ("is not in the cert's list", NODE),
        ("Hostname/IP does not match certificate's altnames", NODE),
        ("ERR_TLS_CERT_ALTNAME_INVALID", NODE),
        ("IP address mismatch, certificate is not valid for", PYTHON),
        ("cannot validate certificate for … because it doesn't contain any IP SANs", GO),
        ("doesn't contain any IP SANs", GO),
        ("No subject alternative names matching IP address", JAVA),
        ("No subject alternative names present", JAVA),
        ("IP address mismatch", MANY),
    ],
    says: Says::TheCause,
    leads: &[
        leads::NAME,
        lead("ip-in-dns-san", "the address stands in the certificate as a DNS name, where no client looks"),
        lead("ipv6-on-node", "some releases of Node.js find no IPv6 address in any certificate"),
    ],
    tls: true,
};

/// The name stands in the common name only.
pub(super) const COMMON_NAME: Meaning = Meaning {
    phrases: &[("certificate relies on legacy Common Name field", GO)],
    says: Says::TheCause,
    leads: &[
        lead("common-name-only", "the certificate names its host in the common name and not as a SAN"),
        leads::NAME,
    ],
    tls: true,
};

/// Out of its dates.
pub(super) const EXPIRED: Meaning = Meaning {
    phrases: &[
        ("CERT_HAS_EXPIRED", NODE),
        ("CERT_NOT_YET_VALID", NODE),
        ("certificate has expired or is not yet valid", GO),
        ("certificate has expired", MANY),
        ("certificate is not yet valid", MANY),
        ("validity check failed", JAVA),
        ("CertificateExpiredException", JAVA),
        ("CertificateNotYetValidException", JAVA),
        ("certificate expired: verification time", RUSTLS),
        ("certificate expired", MANY),
        ("certificate not valid yet", RUSTLS),
        ("ExpiredContext", RUSTLS),
        ("InvalidCertificate(Expired)", RUSTLS),
        ("NotValidYetContext", RUSTLS),
        ("InvalidCertificate(NotValidYet)", RUSTLS),
        ("NotTimeValid", DOTNET),
    ],
    says: Says::TheCause,
    leads: &[leads::DATES],
    tls: true,
};

/// A CA certificate as the server's own.
pub(super) const CA_AS_LEAF: Meaning =
    Meaning { phrases: &[("CaUsedAsEndEntity", RUSTLS)], says: Says::TheCause, leads: &[leads::LEAF], tls: true };

/// A root, or a leaf that is its own issuer, that nobody trusts.
pub(super) const SELF_SIGNED: Meaning = Meaning {
    phrases: &[
        ("DEPTH_ZERO_SELF_SIGNED_CERT", NODE),
        ("SELF_SIGNED_CERT_IN_CHAIN", NODE),
        ("self-signed certificate in certificate chain", MANY),
        ("self-signed certificate", MANY),
        ("UntrustedRoot", DOTNET),
    ],
    says: Says::TheCause,
    leads: &[leads::UNTRUSTED],
    tls: true,
};

/// Nobody who is trusted signed it.
pub(super) const UNKNOWN_ISSUER: Meaning = Meaning {
    phrases: &[
        ("UNABLE_TO_VERIFY_LEAF_SIGNATURE", NODE),
        ("unable to verify the first certificate", MANY),
        ("UNABLE_TO_GET_ISSUER_CERT_LOCALLY", NODE),
        ("UNABLE_TO_GET_ISSUER_CERT", NODE),
        ("unable to get local issuer certificate", MANY),
        ("unable to get issuer certificate", MANY),
        ("certificate signed by unknown authority", GO),
        ("PKIX path building failed", JAVA),
        ("unable to find valid certification path", JAVA),
        ("Path does not chain with any of the trust anchors", JAVA),
        ("UnknownIssuer", RUSTLS),
        ("PartialChain", DOTNET),
    ],
    says: Says::TheCause,
    leads: &[leads::UNTRUSTED, leads::INCOMPLETE],
    tls: true,
};

/// A digest that collides.
pub(super) const WEAK_SIGNATURE: Meaning = Meaning {
    phrases: &[
        ("digest algorithm too weak", MANY),
        ("insecure algorithm", GO),
        ("UnsupportedSignatureAlgorithm", RUSTLS),
    ],
    says: Says::TheCause,
    leads: &[
        lead(
            "weak-signature",
            "a certificate of the chain is signed over SHA-1 or MD5, or in a way this stack does not know",
        ),
        leads::FORM,
    ],
    tls: true,
};

/// A key that is too short.
pub(super) const WEAK_KEY: Meaning = Meaning {
    phrases: &[("certificate key too weak", MANY), ("ee key too small", MANY), ("ca key too small", MANY)],
    says: Says::TheCause,
    leads: &[lead("weak-key", "a certificate of the chain has a key that this stack finds too short"), leads::FORM],
    tls: true,
};

/// X.509 version 1.
pub(super) const VERSION: Meaning = Meaning {
    phrases: &[("UnsupportedCertVersion", RUSTLS)],
    says: Says::TheCause,
    leads: &[
        lead("x509-v1", "the certificate is of version 1: it was signed without a file of extensions"),
        leads::FORM,
    ],
    tls: true,
};

/// What the strict flag of Python 3.13 asks for.
pub(super) const STRICT: Meaning = Meaning {
    phrases: &[
        ("CA cert does not include key usage extension", PYTHON),
        ("Basic Constraints of CA cert not marked critical", PYTHON),
        ("Missing Authority Key Identifier", PYTHON),
        ("Missing Subject Key Identifier", PYTHON),
        ("Empty Subject Alternative Name extension", PYTHON),
        ("Subject empty and Subject Alt Name extension not critical", PYTHON),
    ],
    says: Says::TheCause,
    leads: &[
        lead("x509-strict", "Python since 3.13 is strict about the form of certificates, and others are not"),
        leads::FORM,
    ],
    tls: true,
};

/// The chain is refused for something else.
pub(super) const CHAIN: Meaning = Meaning {
    phrases: &[
        ("INVALID_PURPOSE", NODE),
        ("PATH_LENGTH_EXCEEDED", NODE),
        ("CERT_SIGNATURE_FAILURE", NODE),
        ("unsuitable certificate purpose", MANY),
        ("path length constraint exceeded", MANY),
        ("certificate signature failure", MANY),
        ("invalid CA certificate", MANY),
        ("is not a CA certificate", JAVA),
        ("does not have keyCertSign", JAVA),
        ("key usage does not include", MANY),
        ("subtree violation", MANY),
        ("unhandled critical extension", MANY),
        ("certificate specifies an incompatible key usage", GO),
        ("too many intermediates for path length constraint", GO),
        ("not authorized to sign", GO),
        ("tls: failed to parse certificate", GO),
        ("Extended key usage does not permit", JAVA),
        ("Failed to parse server certificates", JAVA),
        ("KeyUsage does not allow", JAVA),
        ("name constraints check failed", JAVA),
        ("signature check failed", JAVA),
        ("basic constraints check failed", JAVA),
        ("unrecognized critical extension", JAVA),
        ("certificate does not allow extended key usage", RUSTLS),
        ("InvalidPurposeContext", RUSTLS),
        ("NameConstraintViolation", RUSTLS),
        ("PathLenConstraintViolated", RUSTLS),
        ("EndEntityUsedAsCa", RUSTLS),
        ("UnsupportedCriticalExtension", RUSTLS),
        ("InvalidCertValidity", RUSTLS),
        ("InvalidSignatureForPublicKey", RUSTLS),
        ("BadSignature", RUSTLS),
        ("BadEncoding", RUSTLS),
        ("BadDerTime", RUSTLS),
        ("TrailingData", RUSTLS),
        ("NotValidForUsage", DOTNET),
        ("InvalidBasicConstraints", DOTNET),
        ("InvalidNameConstraints", DOTNET),
        ("NotSignatureValid", DOTNET),
        ("HasNotSupportedCriticalExtension", DOTNET),
    ],
    says: Says::TheCause,
    leads: &[leads::FORM, lead("chain-refused-by-some", "other stacks may accept the chain as it is")],
    tls: true,
};

/// .NET names flags and no reasons.
pub(super) const DOTNET_CHAIN: Meaning = Meaning {
    phrases: &[
        ("RemoteCertificateChainErrors", DOTNET),
        ("The remote certificate is invalid because of errors in the certificate chain", DOTNET),
    ],
    says: Says::TheKind,
    leads: &[leads::UNTRUSTED, leads::DATES, leads::INCOMPLETE],
    tls: true,
};

/// The certificate is refused, and that is all that is said.
pub(super) const VERIFICATION: Meaning = Meaning {
    phrases: &[
        ("certificate verify failed", MANY),
        ("CERTIFICATE_VERIFY_FAILED", PYTHON),
        ("SSL operation failed with code 1", PHP),
        ("tls: failed to verify certificate", GO),
        ("x509:", GO),
        ("PKIX path validation failed", JAVA),
        ("SSLHandshakeException", JAVA),
        ("invalid peer certificate", RUSTLS),
        ("InvalidCertificate", RUSTLS),
        ("The remote certificate is invalid", DOTNET),
        ("The remote certificate was rejected", DOTNET),
        ("Authentication failed, see inner exception", DOTNET),
        ("Error occurred during a cryptographic operation", DOTNET),
    ],
    says: Says::TheKind,
    leads: &[leads::UNTRUSTED, leads::INCOMPLETE, leads::DATES, leads::NAME],
    tls: true,
};
