use super::*;

fn parse(pieces: &[&str]) -> Vec<String> {
    let mut parser = Parser::default();
    let mut events = Vec::new();
    for piece in pieces {
        events.extend(parser.push(piece.as_bytes()).unwrap());
    }
    events.extend(parser.finish());
    events
}

#[test]
fn events_end_at_empty_lines_however_the_network_cut_them() {
    let stream = "event: a\r\ndata: {\"x\":1}\r\n\r\n: ping\n\ndata:two\ndata: lines\n\ndata: last";
    let expected = ["{\"x\":1}", "two\nlines", "last"];
    assert_eq!(parse(&[stream]), expected);
    let bytes: Vec<&str> = stream.split_inclusive(|_: char| true).collect();
    assert_eq!(parse(&bytes), expected);
}

#[test]
fn comments_and_names_alone_are_no_events() {
    assert_eq!(
        parse(&[": OPENROUTER PROCESSING\n\nevent: ping\nid: 7\nretry: 10\n\ndata:\n\ndata: \n\n"]),
        [""; 0]
    );
}

#[test]
fn an_event_without_end_is_refused() {
    let mut parser = Parser::default();
    assert_eq!(parser.push(&vec![b'x'; EVENT_BYTES_MAX + 1]), Err(EventTooLarge));
}
