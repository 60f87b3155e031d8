use expect_test::expect;

use super::*;

fn sample() -> Stacked<'static> {
    let series = |name, fill, values: [u64; 2]| Series { name, fill, values: values.into() };
    Stacked {
        title: "Decided",
        says: "2 merged, 2 closed",
        of: "Day",
        labels: vec!["28 Nov".into(), "29 Nov".into()],
        series: vec![series("merged", "fill-good", [2, 0]), series("closed", "fill-bad", [1, 1])],
    }
}

#[test]
fn columns_stand_on_each_other_and_say_what_they_are() {
    let chart = sample();
    expect![[r#"<g class="chart-column"><title>28 Nov: 2 merged, 1 closed</title><rect class="chart-hit" x="0%" y="0" width="50%" height="100%"></rect><rect class="fill-good" x="20.5%" y="33.33%" width="9%" height="66.67%"></rect><rect class="fill-bad" x="20.5%" y="0%" width="9%" height="33.33%"></rect></g>"#]]
        .assert_eq(&column(&chart, 0, 3).into_string());
}

#[test]
fn a_picture_has_a_name_and_a_table() {
    let shown = stacked(&sample()).into_string();
    assert!(shown.contains(r#"role="img" aria-label="Decided: 2 merged, 2 closed""#), "{shown}");
    assert!(shown.contains(r#"<th scope="row">29 Nov</th><td class="number">0</td>"#), "{shown}");
    assert!(!shown.contains("style="), "{shown}");
}

#[test]
fn a_name_that_somebody_chose_is_text() {
    let mut chart = sample();
    chart.series[0].name = "<script>alert(1)</script>";
    let shown = stacked(&chart).into_string();
    assert!(!shown.contains("<script"), "{shown}");
}

#[test]
fn labels_are_left_out_where_they_would_touch() {
    let days: Vec<String> = (1..=30).map(|day| format!("d{day}")).collect();
    let shown = labels(&days).into_string();
    assert_eq!(shown.matches("<text").count(), LABELS_MAX);
    assert!(shown.contains(">d30<") && shown.contains(r#"text-anchor="end""#), "{shown}");
}

#[test]
fn nothing_is_drawn_of_nothing() {
    let empty = Stacked { labels: vec![], series: vec![], ..sample() };
    assert!(!stacked(&empty).into_string().contains("NaN"));
    assert!(!spark(&[]).into_string().contains("rect"));
    assert!(spark(&[0, 0]).into_string().contains(r#"height="0%""#));
    assert!(!bar(0, 0, "fill-0").into_string().contains("NaN"));
}
