use super::*;

const OID: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn refusal(header: &str) -> String {
    let bytes = [header.as_bytes(), b"PACK\0\0\0\x02\0\0\0\x03rest"].concat();
    read(&bytes[..]).unwrap().unwrap_err()
}

#[test]
fn an_honest_header_is_read() {
    let header = format!("# v3 git bundle\n@object-format=sha1\n-{OID} a comment\n{OID} HEAD\n\n");
    let bytes = [header.as_bytes(), b"PACK\0\0\0\x02\0\0\0\x03rest"].concat();
    let commit: Commit = OID.parse().unwrap();
    let expected = Header {
        head: commit.clone(),
        prerequisites: vec![commit],
        objects: 3,
        pack_offset: header.len() as u64,
    };
    assert_eq!(read(&bytes[..]).unwrap(), Ok(expected));
}

#[test]
fn dishonest_headers_are_refused() {
    let ref_line = format!("{OID} HEAD\n");
    for (header, why) in [
        (String::new(), "it is no git bundle"),
        ("# v4 git bundle\n\n".into(), "it is no git bundle"),
        ("# v2 git bundle\n\n".into(), "it has no ref"),
        (format!("# v2 git bundle\n{ref_line}{ref_line}\n"), "it must have the one ref HEAD"),
        (format!("# v2 git bundle\n{OID} refs/heads/main\n\n"), "it must have the one ref HEAD"),
        (
            format!("# v3 git bundle\n@filter=blob:none\n{ref_line}\n"),
            "it asks for \"filter=blob:none\"",
        ),
        (format!("# v2 git bundle\n-../../x\n{ref_line}\n"), "a prerequisite is no commit"),
        ("# v2 git bundle\n--upload-pack HEAD\n\n".into(), "a prerequisite is no commit"),
        ("# v2 git bundle\nHEAD\n\n".into(), "a line of its header is malformed"),
        (format!("# v2 git bundle\n{}\n\n", "x".repeat(HEADER_BYTES_MAX)), "it is no git bundle"),
    ] {
        assert_eq!(refusal(&header), why, "{header:.80}");
    }
    let no_pack = format!("# v2 git bundle\n{ref_line}\nPAC");
    assert_eq!(read(no_pack.as_bytes()).unwrap(), Err("it has no pack".into()));
}
