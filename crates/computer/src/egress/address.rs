//! Which addresses are the internet's, and which belong to this machine, its neighbours, or
//! nobody. Pure.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Not public (IANA's special-purpose registry, <https://www.iana.org/assignments/iana-ipv4-special-registry>),
/// or public and a cloud's own service to its machines.
const NOT_PUBLIC_V4: [(Ipv4Addr, u8); 17] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    (Ipv4Addr::new(255, 255, 255, 255), 32),
];
/// All that is assigned to the internet at large.
const GLOBAL_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// Of that: protocols' own (with Teredo), documentation, and 6to4, which leads to version 4.
const NOT_PUBLIC_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];
/// The well-known prefix of translators (RFC 6052); the last 32 bits are an address of version 4.
const TRANSLATED: (Ipv6Addr, u8) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// The address that is meant: version 4 may be wrapped in version 6.
pub fn unwrapped(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address else { return address };
    match six.to_ipv4_mapped() {
        Some(four) => four.into(),
        None if has_prefix_v6(six, TRANSLATED) => {
            let [.., a, b, c, d] = six.octets();
            Ipv4Addr::new(a, b, c, d).into()
        }
        None => address,
    }
}

/// Whether anybody on the internet can be meant by it.
pub fn is_public(address: IpAddr) -> bool {
    match unwrapped(address) {
        IpAddr::V4(four) => !NOT_PUBLIC_V4.iter().any(|&block| has_prefix_v4(four, block)),
        IpAddr::V6(six) => {
            has_prefix_v6(six, GLOBAL_V6)
                && !NOT_PUBLIC_V6.iter().any(|&block| has_prefix_v6(six, block))
        }
    }
}

fn has_prefix_v4(address: Ipv4Addr, (block, bits): (Ipv4Addr, u8)) -> bool {
    (address.to_bits() ^ block.to_bits()).leading_zeros() >= u32::from(bits)
}

fn has_prefix_v6(address: Ipv6Addr, (block, bits): (Ipv6Addr, u8)) -> bool {
    (address.to_bits() ^ block.to_bits()).leading_zeros() >= u32::from(bits)
}

/// A block of addresses: `10.1.0.0/16`, or a single one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a network; write it like 10.1.0.0/16")]
pub struct MalformedNetwork(pub String);

impl Network {
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, unwrapped(address)) {
            (IpAddr::V4(first), IpAddr::V4(address)) => has_prefix_v4(address, (first, self.bits)),
            (IpAddr::V6(first), IpAddr::V6(address)) => has_prefix_v6(address, (first, self.bits)),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        let first = unwrapped(address);
        Self { first, bits: if first.is_ipv4() { 32 } else { 128 } }
    }
}

impl FromStr for Network {
    type Err = MalformedNetwork;

    fn from_str(text: &str) -> Result<Self, MalformedNetwork> {
        let malformed = || MalformedNetwork(text.to_owned());
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let first: IpAddr = address.parse().map_err(|_| malformed())?;
        let whole = Self::from(first);
        let Some(bits) = bits else { return Ok(whole) };
        let bits = bits.parse().ok().filter(|&bits| bits <= whole.bits).ok_or_else(malformed)?;
        Ok(Self { first, bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &str = "1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 \
        168.63.129.15 169.253.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 \
        198.17.0.0 198.20.0.0 223.255.255.255 2606:4700::1111 2a00:1450:4001:80b::200e \
        64:ff9b::101:101 ::ffff:1.1.1.1";
    const NOT_PUBLIC: &str = "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.77.0.1 \
        168.63.129.16 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 \
        192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 \
        239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::1.1.1.1 ::ffff:127.0.0.1 \
        ::ffff:169.254.169.254 64:ff9b::a00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 fd00:ec2::254 \
        fc00::1 fe80::1 fec0::1 ff02::1 100::1 2001::1 2001:2::1 2001:20::1 2001:db8::1 \
        2002:7f00:1:: 2002:101:101:: 3fff::1 5f00::1 4000::1";

    #[test]
    fn only_what_is_the_internets_is_public() {
        for (list, expected) in [(PUBLIC, true), (NOT_PUBLIC, false)] {
            for text in list.split(' ') {
                assert_eq!(is_public(text.parse().unwrap()), expected, "{text}");
            }
        }
    }

    #[test]
    fn networks_contain() {
        let network: Network = "10.1.0.0/16".parse().unwrap();
        assert!(network.contains("10.1.255.255".parse().unwrap()));
        assert!(network.contains("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!network.contains("10.2.0.0".parse().unwrap()));
        assert!(!network.contains("::1".parse().unwrap()));
        let one: Network = "::1".parse().unwrap();
        assert!(one.contains("::1".parse().unwrap()) && !one.contains("::2".parse().unwrap()));
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("255.1.2.3".parse().unwrap()));
        for text in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "a/8"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
