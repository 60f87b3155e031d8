use domain::Timestamp;
use expect_test::expect;

use super::*;

fn shown(kind: Kind) -> String {
    one("k3v9x2ab.1", &Step { seq: 7, at: Timestamp(0), kind }).into_string()
}

#[test]
fn what_was_run_and_what_came_out_is_text() {
    let answer = Answer {
        seq: 8,
        at: Timestamp(1500),
        ok: false,
        output: "<img src=x onerror=alert(1)>".into(),
        printed_bytes: 28,
        pictures: 0,
    };
    let called = Called {
        call: "c".into(),
        tool: "shell".into(),
        about: "echo '<script>'".into(),
        arguments: "{}".into(),
        answer: Some(answer),
    };
    let markup = shown(Kind::Called(called));
    assert!(!markup.contains("<img") && !markup.contains("<script"), "{markup}");
    expect![[r##"<li id="e7" class="step step-tool step-bad"><span class="step-icon"><svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M5 7l5 5-5 5"></path><path d="M12 18h7"></path></svg></span><div class="step-body"><div class="step-line"><span class="tool"><bdi>shell</bdi></span><code class="about"><bdi>echo '&lt;script&gt;'</bdi></code><span class="chip chip-bad">failed</span><span class="muted small nowrap">1.5 s</span></div><pre class="short" tabindex="0" dir="auto"><bdi>&lt;img src=x onerror=alert(1)&gt;</bdi></pre></div><a class="step-at" href="#e7"><span class="visually-hidden">Event 7, </span><time datetime="1970-01-01T00:00:00Z" title="1970-01-01T00:00:00Z">00:00:00</time></a></li>"##]].assert_eq(&markup);
}

#[test]
fn a_long_output_is_cut_with_a_way_to_all_of_it() {
    let answer = Answer {
        seq: 8,
        at: Timestamp(0),
        ok: true,
        output: "line\n".repeat(10_000),
        printed_bytes: 90_000,
        pictures: 0,
    };
    let markup = shown(Kind::Answered(answer));
    assert!(markup.contains("/attempts/k3v9x2ab.1/events/8"), "{markup}");
    assert!(markup.len() < 2 * OUTPUT_BYTES_MAX, "{}", markup.len());
    assert!(markup.contains("90.0 kB were printed"));
}
