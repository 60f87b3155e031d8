//! The name or address of a host, in one normal form, so that two spellings of a host are never
//! judged differently from how they are resolved.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Of a name with its dots (RFC 1035, section 2.3.4).
pub const HOST_BYTES_MAX: usize = 253;
/// Of what lies between two dots.
const LABEL_BYTES_MAX: usize = 63;

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    /// Lower case ASCII, labels of letters, digits, `-` and `_`, no dot at the end.
    Name(String),
    Address(IpAddr),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the name of a host")]
pub struct MalformedHost(pub String);

impl Host {
    /// A name as a person may write it, in any script. What comes over a wire is ASCII already.
    pub fn from_unicode(text: &str) -> Result<Self, MalformedHost> {
        if text.is_ascii() {
            return text.parse();
        }
        let ascii = idna::domain_to_ascii_strict(text);
        ascii.map_err(|_| MalformedHost(text.to_owned()))?.parse()
    }
}

impl FromStr for Host {
    type Err = MalformedHost;

    /// Addresses are only read in their usual form: `127.1` or `0x7f000001`, which resolvers take
    /// for addresses, are neither an address nor a name here.
    fn from_str(text: &str) -> Result<Self, MalformedHost> {
        let malformed = || MalformedHost(text.chars().take(HOST_BYTES_MAX).collect());
        if let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            return inner.parse::<Ipv6Addr>().map(Self::from).map_err(|_| malformed());
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(address.into());
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        if is_name(&name) { Ok(Self::Name(name)) } else { Err(malformed()) }
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= HOST_BYTES_MAX && name.split('.').all(is_label) && !ends_in_number(name)
}

fn is_label(label: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let edges = label.starts_with('-') || label.ends_with('-');
    (1..=LABEL_BYTES_MAX).contains(&label.len()) && label.bytes().all(known) && !edges
}

/// What a resolver may read as an address (the URL standard's "ends in a number").
fn ends_in_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let digits = |text: &str, radix: u32| text.chars().all(|c| c.is_digit(radix));
    digits(last, 10) || last.strip_prefix("0x").is_some_and(|rest| digits(rest, 16))
}

impl From<Ipv4Addr> for Host {
    fn from(address: Ipv4Addr) -> Self {
        Self::Address(address.into())
    }
}

impl From<Ipv6Addr> for Host {
    fn from(address: Ipv6Addr) -> Self {
        Self::Address(address.into())
    }
}

/// As in a URL, so with brackets around the sixth version.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.pad(name),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}
