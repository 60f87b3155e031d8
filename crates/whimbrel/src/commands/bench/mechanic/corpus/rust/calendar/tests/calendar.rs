//! What times and spans are to do.

use program::{busy, free, Span, Time};

fn time(text: &str) -> Time {
    Time::parse(text).unwrap()
}

fn span(start: &str, end: &str) -> Span {
    Span::new(time(start), time(end)).unwrap()
}

#[test]
fn limits() {
    assert_eq!(Time::new(23, 59).unwrap().to_string(), "23:59");
    assert_eq!(Time::new(24, 0), None);
    assert_eq!(Time::new(5, 60), None);
    assert_eq!(Time::new(u32::MAX, 0), None);
}

#[test]
fn parses() {
    assert_eq!(time("9:05").to_string(), "09:05");
    assert_eq!((time("21:30").hour(), time("21:30").minute()), (21, 30));
    assert_eq!(time("7").to_string(), "07:00");
}

#[test]
fn parses_halves_of_a_day() {
    assert_eq!(time("9:30pm").to_string(), "21:30");
    assert_eq!(time("12 AM").to_string(), "00:00");
    assert_eq!(time("12pm").to_string(), "12:00");
    assert_eq!(time("1am").to_string(), "01:00");
}

#[test]
fn what_is_no_time() {
    for text in ["", "x", "25:00", "0pm", "13am", "9:5x", "-1:00"] {
        assert_eq!(Time::parse(text), None, "{text}");
    }
}

#[test]
fn plus_goes_around_midnight() {
    assert_eq!(time("23:50").plus(20).to_string(), "00:10");
    assert_eq!(time("0:10").plus(-20).to_string(), "23:50");
    assert_eq!(time("8:00").plus(3 * 1440 + 5).to_string(), "08:05");
}

#[test]
fn until() {
    assert_eq!(time("8:00").until(time("9:30")), 90);
    assert_eq!(time("23:00").until(time("1:00")), 120);
    assert_eq!(time("5:00").until(time("5:00")), 0);
}

#[test]
fn rounds() {
    assert_eq!(time("8:07").rounded(15).to_string(), "08:00");
    assert_eq!(time("8:08").rounded(15).to_string(), "08:15");
    assert_eq!(time("23:55").rounded(30).to_string(), "00:00");
    assert_eq!(time("8:15").rounded(30).to_string(), "08:30");
    assert_eq!(time("8:07").rounded(0).to_string(), "08:07");
}

#[test]
fn spans() {
    assert_eq!(span("8:00", "9:30").minutes(), 90);
    assert_eq!(Span::new(time("9:00"), time("9:00")), None);
    assert!(span("8:00", "9:00").meets(span("8:59", "10:00")));
    assert!(!span("8:00", "9:00").meets(span("9:00", "10:00")));
}

#[test]
fn free_times() {
    let spans = [span("12:00", "13:00"), span("8:00", "9:30"), span("9:00", "9:15")];
    let free = free(&spans, time("7:00"), time("18:00"));
    assert_eq!(free, [span("7:00", "8:00"), span("9:30", "12:00"), span("13:00", "18:00")]);
}

#[test]
fn free_times_end_in_time() {
    let spans = [span("12:00", "13:00")];
    assert_eq!(free(&spans, time("9:00"), time("10:00")), [span("9:00", "10:00")]);
    assert_eq!(free(&spans, time("12:00"), time("13:00")), []);
}

#[test]
fn busy_counts_each_minute_once() {
    let spans = [span("8:00", "10:00"), span("9:00", "9:30"), span("9:30", "11:00")];
    assert_eq!(busy(&spans), 180);
    assert_eq!(busy(&[]), 0);
}
