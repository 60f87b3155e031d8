//! The recipe of a computer, with where each part comes from and how to change it.

use domain::limits::{Limits, MIB};
use environment::{Environment, Finding, Unused};
use maud::{Markup, html};

use super::Known;
use crate::views::{figure, icon, text};

pub fn recipe(known: &Known) -> Markup {
    html! {
        section.card {
            div.card-head { h2 { "Environment" } }
            @match known {
                Err(words) => { p.notice.notice-bad { (icon::warning()) (text::shown(words)) } }
                Ok(None) => {
                    p.muted.small { "Nothing was fetched of this project yet, or it has no commit. Fetch shows what its computers would be made from." }
                }
                Ok(Some(ground)) => {
                    @if let Some(refused) = &ground.refused {
                        p.notice.notice-bad { (icon::warning()) "Refused here: " (text::shown(refused)) }
                    }
                    (found(&ground.environment))
                    (limits(&ground.environment.limits))
                    (unused(&ground.environment.unused))
                }
            }
        }
    }
}

/// What was read or guessed first; what nobody said is folded.
fn found(environment: &Environment) -> Markup {
    let (defaults, found): (Vec<&Finding>, Vec<&Finding>) =
        environment.findings.iter().partition(|finding| is_default(finding));
    html! {
        dl.house-findings { @for finding in found { (told(finding)) } }
        @if !defaults.is_empty() {
            details.house-fold {
                summary { "Nobody said, so it is as usual (" (defaults.len()) ")" }
                dl.house-findings { @for finding in defaults { (told(finding)) } }
            }
        }
    }
}

fn is_default(finding: &Finding) -> bool {
    finding.file.is_none() && !finding.key.starts_with("checks")
}

fn told(finding: &Finding) -> Markup {
    html! {
        div {
            dt.mono { (finding.key) }
            dd {
                code.house-value { (text::shown(&finding.value)) }
                p.small.muted {
                    (text::shown(&finding.why))
                    @if let Some(file) = &finding.file { " (" (text::shown(file)) ")" }
                }
                @if let Some(fix) = &finding.fix {
                    details.house-fold {
                        summary { "To change it" span.visually-hidden { " (" (finding.key) ")" } }
                        p.tiny.muted { "In " code { "whimbrel.toml" } ":" }
                        pre tabindex="0" { (text::shown(fix)) }
                    }
                }
            }
        }
    }
}

fn limits(limits: &Limits) -> Markup {
    let mib = |bytes: u64| match bytes / MIB {
        mib if mib % 1024 == 0 => format!("{} GiB", mib / 1024),
        mib => format!("{mib} MiB"),
    };
    html! {
        h3.house-sub { "Limits of each attempt" }
        dl.house-facts {
            div { dt { "Time" } dd { (figure::duration(limits.wall_ms)) } }
            div { dt { "Memory" } dd { (mib(limits.memory_bytes)) } }
            div { dt { "Disk" } dd { (mib(limits.disk_bytes)) } }
            div { dt { "Processes" } dd { (limits.processes) } }
            div { dt { "Processors" } dd { (limits.cpu_millis.map_or("all".into(), |cpus| format!("{}.{}", cpus / 1000, cpus % 1000 / 100))) } }
            div { dt { "Models may cost" } dd { (limits.usd_micros.map_or("no limit".into(), figure::usd)) } }
        }
    }
}

fn unused(unused: &[Unused]) -> Markup {
    html! {
        @if !unused.is_empty() {
            h3.house-sub { "Read and not used" }
            ul.small {
                @for each in unused {
                    li.(if each.matters { "warn" } else { "muted" }) {
                        code { (text::shown(&each.property)) } " in " (text::shown(&each.file)) ": " (text::shown(&each.why))
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_repository_says_is_text() {
        let finding = Finding {
            key: "checks.test".into(),
            value: "sh -c '<script>alert(1)</script>'".into(),
            file: Some("whimbrel.toml".into()),
            why: "it says so".into(),
            fix: Some("[checks]\ntest = \"<b>\"".into()),
        };
        let shown = told(&finding).into_string();
        assert!(!shown.contains("<script>") && !shown.contains("<b>"), "{shown}");
        assert!(shown.contains("(<bdi>whimbrel.toml</bdi>)") || shown.contains("whimbrel.toml"));
    }

    #[test]
    fn limits_are_in_the_units_they_are_set_in() {
        let shown = limits(&Limits::default()).into_string();
        assert!(shown.contains("<dd>4 GiB</dd>") && shown.contains("<dd>30 min</dd>"), "{shown}");
    }
}
