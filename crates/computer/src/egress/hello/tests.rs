use std::sync::Arc;

use super::*;

/// What rustls says first.
fn greeting(name: &str) -> Vec<u8> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let name = name.to_owned().try_into().unwrap();
    let mut client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut bytes = Vec::new();
    client.write_tls(&mut bytes).unwrap();
    bytes
}

fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    [&kind.to_be_bytes()[..], &length, body].concat()
}

fn name_extension(name: &[u8]) -> Vec<u8> {
    let length = u16::try_from(name.len()).unwrap();
    let entry = [&[0][..], &length.to_be_bytes(), name].concat();
    extension(0, &[&(length + 3).to_be_bytes()[..], &entry].concat())
}

/// A greeting with exactly these extensions, in records of `piece` bytes.
fn made(extensions: &[u8], piece: usize) -> Vec<u8> {
    let length = u16::try_from(extensions.len()).unwrap().to_be_bytes();
    let fixed = [&[3, 3][..], &[7; 32], &[0], &[0, 2, 0x13, 0x01], &[1, 0]].concat();
    let body = [&fixed[..], &length, extensions].concat();
    let size = u32::try_from(body.len()).unwrap().to_be_bytes();
    let message = [&[1][..], &size[1..], &body].concat();
    let record = |bytes: &[u8]| {
        let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
        [&[22, 3, 1][..], &length, bytes].concat()
    };
    message.chunks(piece).flat_map(record).collect()
}

fn hello(name: &str) -> Beginning {
    Beginning::Hello(Hello { name: Some(name.into()), encrypted: false })
}

#[test]
fn the_name_is_found() {
    assert_eq!(read(&greeting("crates.io")), hello("crates.io"));
    assert_eq!(read(&greeting("192.0.2.1")), Beginning::Hello(Hello::default()));
    assert_eq!(read(&made(&name_extension(b"a.test"), 9999)), hello("a.test"));
}

#[test]
fn every_beginning_of_it_is_incomplete() {
    let whole = greeting("crates.io");
    for length in 0..whole.len() {
        assert_eq!(read(&whole[..length]), Beginning::Incomplete, "{length}");
    }
    let followed = [&whole[..], b"more"].concat();
    assert_eq!(read(&followed), hello("crates.io"));
}

#[test]
fn one_in_pieces_is_put_together() {
    for piece in [1, 2, 3, 5, 40] {
        assert_eq!(read(&made(&name_extension(b"a.test"), piece)), hello("a.test"), "{piece}");
    }
}

#[test]
fn an_encrypted_one_is_noticed() {
    let both = [name_extension(b"a.test"), extension(0xfe0d, &[0; 40])].concat();
    let expected = Hello { name: Some("a.test".into()), encrypted: true };
    assert_eq!(read(&made(&both, 9999)), Beginning::Hello(expected));
}

#[test]
fn what_two_readers_could_read_differently_is_refused() {
    let twice = [name_extension(b"a.test"), name_extension(b"b.test")].concat();
    let two_in_one = extension(0, b"\0\x14\0\0\x06a.test\0\0\x06b.test\0\0");
    let empty_list = extension(0, b"\0\0");
    let trailing = extension(0, b"\0\x09\0\0\x06a.testxx");
    for extensions in [twice, two_in_one, empty_list, trailing, vec![0, 0, 0, 9, 1]] {
        assert_eq!(read(&made(&extensions, 9999)), Beginning::Other, "{extensions:?}");
    }
}

#[test]
fn other_protocols_are_told_at_once() {
    for bytes in [
        &b"GET / HTTP/1.1\r\n"[..],
        b"SSH-2.0-x",
        b"\x16\x02\x00",
        b"\x80\x2e\x01\x00\x02",
        b"\x16\x03\x01\x00\x00",
        b"\x16\x03\x01\xff\xff",
        b"\x16\x03\x01\x00\x04\x02\x00\x00\x00",
        b"\x16\x03\x01\x00\x04\x01\xff\xff\xff",
    ] {
        assert_eq!(read(bytes), Beginning::Other, "{bytes:?}");
    }
}

#[test]
fn no_bytes_make_it_panic() {
    let whole = greeting("crates.io");
    for at in 0..whole.len() {
        for value in [0, 1, 0x7f, 0xff] {
            let mut changed = whole.clone();
            changed[at] = value;
            let _any = read(&changed);
        }
    }
}
