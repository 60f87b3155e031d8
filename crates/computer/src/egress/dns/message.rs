//! Questions and answers as RFC 1035 writes them, as far as a resolver needs it that knows one
//! address and asks nobody. Pure.

use std::net::Ipv4Addr;

/// Of one question without extensions (RFC 1035, section 2.3.4).
pub const QUESTION_BYTES_MAX: usize = 512;

const HEADER_BYTES: usize = 12;
const CLASS_INTERNET: u16 = 1;
const TYPE_A: u16 = 1;
/// Where the question's name begins, as a pointer (section 4.1.4).
const POINTER_TO_NAME: [u8; 2] = [0xc0, HEADER_BYTES as u8];
/// Of an answer; the address never changes.
const TTL_SECONDS: u32 = 60;
/// A label's first two bits are zero, or it isn't one.
const LABEL_BYTES_MAX: u8 = 63;

/// One question.
#[derive(Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// With dots, as it was sent; what isn't text was replaced.
    pub name: String,
    kind: u16,
    class: u16,
    /// The header, and the question as it is to be repeated.
    header: &'a [u8],
    repeated: &'a [u8],
}

/// Section 4.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    Fine = 0,
    Malformed = 1,
    NoSuchName = 3,
    NotImplemented = 4,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Asked<'a> {
    Question(Question<'a>),
    /// Answered at once.
    Refused(Vec<u8>),
    /// No question at all; whoever answered it might be made to answer itself.
    Nothing,
}

pub fn read(bytes: &[u8]) -> Asked<'_> {
    let Some((header, rest)) = bytes.split_at_checked(HEADER_BYTES) else { return Asked::Nothing };
    let is_answer = header[2] & 0x80 != 0;
    if is_answer {
        return Asked::Nothing;
    }
    let is_query = header[2] & 0x78 == 0;
    if !is_query {
        return Asked::Refused(answer(header, &[], Code::NotImplemented, None));
    }
    let count = u16::from_be_bytes([header[4], header[5]]);
    match question(header, rest).filter(|_| count == 1 && bytes.len() <= QUESTION_BYTES_MAX) {
        Some(question) => Asked::Question(question),
        None => Asked::Refused(answer(header, &[], Code::Malformed, None)),
    }
}

fn question<'a>(header: &'a [u8], rest: &'a [u8]) -> Option<Question<'a>> {
    let (name, after) = name(rest)?;
    let fixed = rest.get(after..after + 4)?;
    let kind = u16::from_be_bytes([fixed[0], fixed[1]]);
    let class = u16::from_be_bytes([fixed[2], fixed[3]]);
    Some(Question { name, kind, class, header, repeated: &rest[..after + 4] })
}

/// The name, and where it ends. Nothing comes before it that a pointer could lead to.
fn name(bytes: &[u8]) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    let mut at = 0;
    loop {
        let length = *bytes.get(at)?;
        at += 1;
        if length == 0 {
            return Some((labels.join("."), at));
        }
        if length > LABEL_BYTES_MAX {
            return None;
        }
        let end = at + usize::from(length);
        labels.push(String::from_utf8_lossy(bytes.get(at..end)?).into_owned());
        at = end;
    }
}

impl Question<'_> {
    /// All that is known of a name is `address`; of other kinds it has nothing.
    pub fn found(&self, address: Ipv4Addr) -> Vec<u8> {
        let has = self.kind == TYPE_A && self.class == CLASS_INTERNET;
        answer(self.header, self.repeated, Code::Fine, has.then_some(address))
    }

    pub fn no_such_name(&self) -> Vec<u8> {
        answer(self.header, self.repeated, Code::NoSuchName, None)
    }
}

fn answer(header: &[u8], question: &[u8], code: Code, address: Option<Ipv4Addr>) -> Vec<u8> {
    let recursion_desired = header[2] & 1;
    let flags = [0x80 | recursion_desired, 0x80 | code as u8];
    let counts = [0, u8::from(!question.is_empty()), 0, u8::from(address.is_some()), 0, 0, 0, 0];
    let mut bytes = [&header[..2], &flags, &counts, question].concat();
    if let Some(address) = address {
        bytes.extend(POINTER_TO_NAME);
        bytes.extend(TYPE_A.to_be_bytes());
        bytes.extend(CLASS_INTERNET.to_be_bytes());
        bytes.extend(TTL_SECONDS.to_be_bytes());
        bytes.extend(4_u16.to_be_bytes());
        bytes.extend(address.octets());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 77, 0, 1);

    fn ask(name: &[u8], kind: u16) -> Vec<u8> {
        let header = [0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        [&header[..], name, &kind.to_be_bytes(), &[0, 1]].concat()
    }

    fn question(bytes: &[u8]) -> Question<'_> {
        match read(bytes) {
            Asked::Question(question) => question,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_address_is_answered() {
        let bytes = ask(b"\x06Crates\x02io\0", 1);
        assert_eq!(question(&bytes).name, "Crates.io");
        let answer = question(&bytes).found(ADDRESS);
        assert_eq!(&answer[..12], [0xab, 0xcd, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
        assert_eq!(&answer[12..bytes.len()], &bytes[12..]);
        assert_eq!(
            &answer[bytes.len()..],
            [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 77, 0, 1]
        );
    }

    #[test]
    fn other_kinds_have_nothing_and_other_names_do_not_exist() {
        for kind in [28, 16, 15, 33, 65, 255] {
            let bytes = ask(b"\x06crates\x02io\0", kind);
            let answer = question(&bytes).found(ADDRESS);
            assert_eq!(
                (&answer[2..4], answer[7], answer.len()),
                (&[0x81, 0x80][..], 0, bytes.len())
            );
        }
        let bytes = ask(b"\x01x\0", 1);
        assert_eq!(question(&bytes).no_such_name()[3] & 0xf, 3);
    }

    #[test]
    fn an_extension_is_left_out() {
        let plain = ask(b"\x01x\0", 1);
        let mut extended = [&plain[..], &[0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]].concat();
        extended[11] = 1;
        assert_eq!(question(&extended).found(ADDRESS), question(&plain).found(ADDRESS));
    }

    #[test]
    fn what_is_no_question_is_refused_or_ignored() {
        let refused = |bytes: &[u8]| match read(bytes) {
            Asked::Refused(answer) => answer[3] & 0xf,
            other => panic!("{other:?}"),
        };
        let good = ask(b"\x01x\0", 1);
        let mut none = good.clone();
        none[5] = 0;
        let mut update = good.clone();
        update[2] = 5 << 3;
        assert_eq!(refused(&update), Code::NotImplemented as u8);
        let pointer = ask(b"\xc0\x0c", 1);
        let cut = &good[..good.len() - 1];
        let long = [&good[..], &[0; QUESTION_BYTES_MAX]].concat();
        for bytes in [&none[..], &pointer, cut, &good[..12], &long] {
            assert_eq!(refused(bytes), Code::Malformed as u8, "{bytes:?}");
        }
        let mut reply = good.clone();
        reply[2] |= 0x80;
        assert_eq!(
            (read(&reply), read(&good[..11]), read(&[])),
            (Asked::Nothing, Asked::Nothing, Asked::Nothing)
        );
    }
}
