//! Public keys as Go reads them (parser.go, `parsePublicKey`).

use super::{
    super::der::{BIT_STRING, Der, INTEGER, OID, SEQUENCE, integer, is_shortest, sequence},
    certificate::{Unread, other},
};

/// `parsePublicKey`, for the kinds that are known; others are kept unread.
pub(super) fn key(info: &[u8]) -> Result<(), Unread> {
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    let malformed = || other("malformed spki");
    let mut info = sequence(info).ok_or_else(malformed)?;
    let mut algorithm = Der(info.read(SEQUENCE).ok_or_else(malformed)?);
    let kind = algorithm.read(OID).ok_or_else(malformed)?;
    let bits = info.read(BIT_STRING).and_then(|bits| bits.get(1..)).ok_or_else(malformed)?;
    match kind {
        RSA => rsa(algorithm.0, bits),
        EC => {
            let length = curve(algorithm).ok_or_else(|| other("unsupported elliptic curve"))?;
            // Uncompressed: a four, then both coordinates.
            let uncompressed = bits.first() == Some(&4) && bits.len() == 1 + 2 * length;
            if uncompressed { Ok(()) } else { Err(other("failed to unmarshal elliptic curve point")) }
        }
        _ => Ok(()),
    }
}

fn rsa(parameters: &[u8], bits: &[u8]) -> Result<(), Unread> {
    if parameters != [5, 0] {
        return Err(other("RSA key missing NULL parameters"));
    }
    let mut key = sequence(bits).ok_or_else(|| other("invalid RSA public key"))?;
    let modulus = key.read(INTEGER).filter(|n| is_shortest(n)).ok_or_else(|| other("invalid RSA modulus"))?;
    let exponent = key.read(INTEGER).and_then(integer).ok_or_else(|| other("invalid RSA public exponent"))?;
    if modulus == [0] || modulus[0] & 0x80 != 0 {
        return Err(other("RSA modulus is not a positive number"));
    }
    if exponent <= 0 {
        return Err(other("RSA public exponent is not a positive number"));
    }
    Ok(())
}

/// P-224 to P-521: the octets of a coordinate.
fn curve(mut parameters: Der) -> Option<usize> {
    const CURVES: [(&[u8], usize); 4] = [
        (&[0x2b, 0x81, 0x04, 0x00, 0x21], 28),
        (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], 32),
        (&[0x2b, 0x81, 0x04, 0x00, 0x22], 48),
        (&[0x2b, 0x81, 0x04, 0x00, 0x23], 66),
    ];
    let own = parameters.read(OID)?;
    CURVES.iter().find(|(curve, _)| *curve == own).map(|(_, length)| *length)
}
