//! Just enough DER to read what verifiers read themselves, where they are stricter or more lenient than x509-parser.

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Der<'a>(pub(super) &'a [u8]);

/// One element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    /// The identifier octet: class, constructed bit and number.
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
}

/// What is there is no DER.
#[derive(Clone, Copy, Debug)]
pub(super) struct Broken;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

impl<'a> Der<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The identifier octet of what comes next.
    pub(super) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next element, whatever it is; `None` where nothing in DER is there (X.690 §10.1: the shortest length).
    pub(super) fn any(&mut self) -> Option<Element<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let length = octets.iter().fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
                let shortest = length >= 0x80 && octets[0] != 0;
                (Some(length).filter(|_| shortest)?, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(Element { tag, content }).filter(|_| tag & 0x1f != 0x1f)
    }

    /// The content of the next element, which has to be of that kind.
    pub(super) fn read(&mut self, tag: u8) -> Option<&'a [u8]> {
        if self.peek()? != tag {
            return None;
        }
        Some(self.any()?.content)
    }

    /// The content of an element that need not be there.
    ///
    /// # Errors
    /// Where it is there, and broken.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Broken> {
        if self.peek() == Some(tag) { self.read(tag).map(Some).ok_or(Broken) } else { Ok(None) }
    }

    /// All elements; `None` where one is broken.
    pub(super) fn all(mut self) -> Option<Vec<Element<'a>>> {
        let mut all = Vec::new();
        while !self.is_empty() {
            all.push(self.any()?);
        }
        Some(all)
    }
}

/// The content of a value that is one SEQUENCE; what follows it is not looked at.
pub(super) fn sequence(value: &[u8]) -> Option<Der<'_>> {
    Der(value).read(SEQUENCE).map(Der)
}

/// A small INTEGER, in its shortest form.
pub(super) fn integer(content: &[u8]) -> Option<i64> {
    let first = *content.first()?;
    if !is_shortest(content) || content.len() > 8 {
        return None;
    }
    let sign = if first & 0x80 == 0 { 0 } else { -1 };
    Some(content.iter().fold(sign, |value, octet| value << 8 | i64::from(*octet)))
}

/// The content octets of an INTEGER are there, and none too many (X.690 §8.3.2).
pub(super) fn is_shortest(content: &[u8]) -> bool {
    match content {
        [] => false,
        [0, next, ..] => next & 0x80 != 0,
        [0xff, next, ..] => next & 0x80 == 0,
        _ => true,
    }
}

/// A BOOLEAN (X.690 §11.1).
pub(super) fn boolean(content: &[u8]) -> Option<bool> {
    match content {
        [0] => Some(false),
        [0xff] => Some(true),
        _ => None,
    }
}
