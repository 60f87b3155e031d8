//! Bytes in hexadecimal digits.

/// Two lowercase digits for each byte.
pub fn of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_byte_has_two_digits() {
        assert_eq!(super::of(&[0, 9, 0x0a, 0xff]), "00090aff");
        assert_eq!(super::of(&[]), "");
    }
}
