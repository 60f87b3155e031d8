//! Icons, drawn in strokes on a grid of 24. They say nothing by themselves: words stand beside each,
//! or a label on what holds it.

use maud::{Markup, html};

fn drawn(paths: &[&str]) -> Markup {
    html! {
        svg.icon viewBox="0 0 24 24" aria-hidden="true" {
            @for path in paths { path d=(path) {} }
        }
    }
}

macro_rules! icons {
    ($($(#[$said:meta])* $name:ident: $($path:literal)+;)*) => {
        $($(#[$said])* pub fn $name() -> Markup { drawn(&[$($path),+]) })*

        #[cfg(test)]
        const ALL: &[fn() -> Markup] = &[$($name),*];
    };
}

icons! {
    /// The whimbrel's head, with its bent bill.
    whimbrel: "M3 9.5C5 6.5 9 5.5 12 7.3c3.4 2 5 6.2 9 11.2-5.6-1.5-8.7-4.5-11.6-6.7" "M7 9.6h.01";
    board: "M4 5h16" "M4 12h16" "M4 19h10";
    feed: "M7 3h10a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1z" "M10.5 9.5v5l4-2.5z";
    projects: "M3 7a2 2 0 0 1 2-2h4l2 2.5h8a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z";
    numbers: "M4 20V10" "M10 20V4" "M16 20v-7" "M21 20H3";
    person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z" "M4.5 20.5c1-3.8 4-5.5 7.5-5.5s6.5 1.7 7.5 5.5";
    key: "M14.5 9.5a4.5 4.5 0 1 1-2-3.7" "M11 12l-7 7v2h3l1.5-1.5v-2h2l2.5-2.5" "M16 7h.01";
    leave: "M10 4H5v16h5" "M10 12h10" "M16 8l4 4-4 4";
    check: "M5 12.5l4.5 4.5L19 7.5";
    cross: "M6 6l12 12" "M18 6L6 18";
    dash: "M6 12h12";
    warning: "M12 4L2.5 20h19z" "M12 10v4.5" "M12 17.3h.01";
    info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z" "M12 11v5" "M12 8h.01";
    clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z" "M12 7v5l3.5 2";
    pause: "M8 5v14" "M16 5v14";
    play: "M7 4.5v15l12-7.5z";
    /// Turns, where something is under way.
    turning: "M21 12a9 9 0 1 1-3-6.7";
    branch: "M6 8v8" "M6 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4z" "M6 20a2 2 0 1 0 0-4 2 2 0 0 0 0 4z" "M18 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z" "M18 10c0 4-6 3-11 6.5";
    merged: "M6 8v8" "M6 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4z" "M6 20a2 2 0 1 0 0-4 2 2 0 0 0 0 4z" "M18 16a2 2 0 1 0 0-4 2 2 0 0 0 0 4z" "M6 8c1 4 5 6 10 6";
    terminal: "M5 7l5 5-5 5" "M12 18h7";
    file: "M6 3h8l4 4v14H6z" "M14 3v4h4";
    edit: "M4 20l1-4L16.5 4.5l3 3L8 19z" "M14 7l3 3";
    search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z" "M15.5 15.5L20 20";
    plan: "M9 6h11" "M9 12h11" "M9 18h11" "M4 6h.01" "M4 12h.01" "M4 18h.01";
    speech: "M4 5h16v11H11l-4.5 4v-4H4z";
    spark: "M12 3l2 6.5 6.5 2.5-6.5 2.5-2 6.5-2-6.5L3.5 12 10 9.5z";
    globe: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z" "M3 12h18" "M12 3c3 3 3.5 6 3.5 9s-.5 6-3.5 9c-3-3-3.5-6-3.5-9s.5-6 3.5-9z";
    shield: "M12 3l7.5 3v5.5c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.5V6z" "M8.5 12l2.5 2.5 4.5-4.5";
    machine: "M4 4h16v7H4z" "M4 14h16v6H4z" "M7 7.5h.01" "M7 17h.01";
    diff: "M12 4v9" "M7.5 8.5h9" "M7.5 19h9";
    compare: "M4 5h7v14H4z" "M14 5h6v14h-6z";
    send: "M4 12L20 4l-5 16-3.5-6.5z" "M11.5 13.5L20 4";
    stop: "M6 6h12v12H6z";
    plus: "M12 5v14" "M5 12h14";
    down: "M6 9l6 6 6-6";
    forth: "M9 6l6 6-6 6";
    back: "M15 6l-6 6 6 6";
    up: "M6 15l6-6 6 6";
    link: "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1" "M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1";
    trophy: "M8 4h8v6a4 4 0 0 1-8 0z" "M8 6H4.5c0 3 1.5 4.5 3.5 4.5" "M16 6h3.5c0 3-1.5 4.5-3.5 4.5" "M12 14v4" "M8.5 20h7";
    keyboard: "M3 6h18v12H3z" "M7 10h.01" "M11 10h.01" "M15 10h.01" "M8 14h8";
    gear: "M12 15.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z" "M12 3v3" "M12 18v3" "M3 12h3" "M18 12h3" "M5.6 5.6l2.2 2.2" "M16.2 16.2l2.2 2.2" "M18.4 5.6l-2.2 2.2" "M7.8 16.2l-2.2 2.2";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_icon_is_read_aloud() {
        for icon in ALL {
            assert!(icon().into_string().contains("aria-hidden=\"true\""));
        }
    }
}
