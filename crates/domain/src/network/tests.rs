use expect_test::{Expect, expect};

use super::*;

fn host(text: &str) -> Host {
    text.parse().unwrap()
}

fn only(rules: &[&str]) -> Policy {
    Policy::try_from(rules.iter().map(|&rule| rule.to_owned()).collect::<Vec<_>>()).unwrap()
}

#[test]
fn hosts_have_one_form() {
    let table = [
        ("Crates.IO", "crates.io"),
        ("crates.io.", "crates.io"),
        ("localhost", "localhost"),
        ("_dmarc.example.com", "_dmarc.example.com"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("192.0.2.1", "192.0.2.1"),
        ("[2001:DB8::1]", "[2001:db8::1]"),
        ("[::ffff:127.0.0.1]", "[::ffff:127.0.0.1]"),
    ];
    for (written, normal) in table {
        assert_eq!(host(written).to_string(), normal);
    }
    assert_eq!(Host::from_unicode("BÜCHER.example").unwrap(), host("xn--bcher-kva.example"));
}

#[test]
fn what_could_be_read_in_two_ways_is_no_host() {
    let long = format!("{}.example", "a".repeat(64));
    let longer = "a.".repeat(128);
    for text in [
        "",
        ".",
        "..",
        "a..b",
        ".a",
        "a..",
        "-a.b",
        "a-.b",
        "a b",
        "a/b",
        "a@b",
        "a:80",
        "a%2eb",
        "a\0b",
        "a\nb",
        "bücher.example",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "1.2.3.4.5",
        "256.1.1.1",
        "example.1",
        "0x",
        "::1",
        "[::1",
        "[fe80::1%lo]",
        "[127.0.0.1]",
        "*.a",
        &long,
        &longer,
    ] {
        let cut: String = text.chars().take(HOST_BYTES_MAX).collect();
        assert_eq!(text.parse::<Host>(), Err(MalformedHost(cut)), "{text:?}");
    }
    for text in ["a。b/c", "\u{200d}", "ａ..b"] {
        assert!(Host::from_unicode(text).is_err(), "{text:?}");
    }
    // Whatever the letters look like, numbers are numbers.
    assert!(Host::from_unicode("１２７.１").is_err());
}

#[test]
fn rules_are_read_and_written_alike() {
    for text in [
        "crates.io",
        "*.example.com:8443",
        "GET example.com",
        "GET,POST example.com:80",
        "192.0.2.1",
        "[2001:db8::1]",
        "[2001:db8::1]:8080",
    ] {
        assert_eq!(text.parse::<Rule>().unwrap().to_string(), text);
    }
    let spelled: Rule = "  POST,GET,GET \t Example.COM.:080 ".parse().unwrap();
    assert_eq!(spelled.to_string(), "GET,POST example.com:80");
    let json = serde_json::to_string(&spelled).unwrap();
    assert_eq!(json, r#""GET,POST example.com:80""#);
    assert_eq!(serde_json::from_str::<Rule>(&json).unwrap(), spelled);
}

fn check_malformed(rule: &str, why: Expect) {
    why.assert_eq(&rule.parse::<Rule>().unwrap_err().why);
}

#[test]
fn a_malformed_rule_says_why() {
    check_malformed("https://crates.io", expect!["it has a scheme"]);
    check_malformed("crates.io/api", expect!["it has a path"]);
    check_malformed("me@crates.io", expect!["it has a user"]);
    check_malformed("*", expect![[r#"everything is network = "all""#]]);
    check_malformed("get crates.io", expect![[r#""get" is not a method in capitals"#]]);
    check_malformed("CONNECT crates.io", expect![[r#""CONNECT" is not a method in capitals"#]]);
    check_malformed("GET, crates.io", expect![[r#""" is not a method in capitals"#]]);
    check_malformed("crates.io:0", expect![[r#""0" is not a port"#]]);
    check_malformed("crates.io:+80", expect![[r#""+80" is not a port"#]]);
    check_malformed("crates.io:65536", expect![[r#""65536" is not a port"#]]);
    check_malformed("*.10.0.0.1", expect![[r#""*.10.0.0.1" is not the name of a host"#]]);
    check_malformed("a.*.b", expect![[r#""a.*.b" is not the name of a host"#]]);
    check_malformed("", expect![[r#""" is not the name of a host"#]]);
    check_malformed("GET a b", expect![[r#""a b" is not the name of a host"#]]);
}

#[test]
fn a_star_stands_for_names_below() {
    let below: Pattern = "*.example.com".parse().unwrap();
    for (name, fits) in [
        ("a.example.com", true),
        ("a.b.example.com", true),
        ("A.EXAMPLE.COM.", true),
        ("example.com", false),
        ("notexample.com", false),
        ("a.example.com.evil.net", false),
        ("192.0.2.1", false),
    ] {
        assert_eq!(below.matches(&host(name)), fits, "{name}");
    }
}

#[test]
fn policies_judge() {
    use Denial::*;
    let list =
        only(&["crates.io", "*.example.com:8443", "GET api.test", "PUT api.test", "api.test:81"]);
    let denied = Verdict::Denied;
    let method = |name: &str| denied(Method(Some(name.to_owned())));
    let table = [
        (&Policy::None, "crates.io", 443, None, denied(NoNetwork)),
        (&Policy::All, "crates.io", 22, None, Verdict::Allowed),
        (&Policy::Packages, "index.crates.io", 443, None, Verdict::Allowed),
        (&Policy::Packages, "index.crates.io", 22, None, denied(Port(22))),
        (&Policy::Packages, "example.com", 443, Some("GET"), denied(NotListed)),
        (&Policy::Packages, "de.archive.ubuntu.com", 80, Some("GET"), Verdict::Allowed),
        (&list, "crates.io", 80, Some("DELETE"), Verdict::Allowed),
        (&list, "www.crates.io", 80, None, denied(NotListed)),
        (&list, "a.example.com", 8443, None, Verdict::Allowed),
        (&list, "a.example.com", 443, None, denied(Port(443))),
        (&list, "api.test", 443, Some("GET"), Verdict::Allowed),
        (&list, "api.test", 443, Some("HEAD"), Verdict::Allowed),
        (&list, "api.test", 443, Some("PUT"), Verdict::Allowed),
        (&list, "api.test", 443, Some("POST"), method("POST")),
        (&list, "api.test", 443, Some("get"), method("get")),
        (&list, "api.test", 443, None, denied(Method(None))),
        (&list, "api.test", 81, None, Verdict::Allowed),
        (&list, "192.0.2.1", 443, None, denied(NotListed)),
    ];
    for (policy, name, port, method, verdict) in table {
        assert_eq!(policy.verdict(&host(name), port, method), verdict, "{name}:{port} {method:?}");
    }
}

#[test]
fn the_more_open_of_two_counts() {
    let get = || Access::Methods(vec!["GET".into()]);
    let denied = || Access::Denied(Denial::NotListed);
    assert_eq!(denied().or(Access::Open), Access::Open);
    assert_eq!(get().or(denied()), get());
    assert_eq!(denied().or(denied()), denied());
    let both = get().or(Access::Methods(vec!["PUT".into(), "GET".into()]));
    assert_eq!(both, Access::Methods(vec!["GET".into(), "PUT".into()]));
}

#[test]
fn policies_are_human_text() {
    for (policy, json) in [
        (Policy::None, r#""none""#),
        (Policy::Packages, r#""packages""#),
        (Policy::All, r#""all""#),
        (only(&["crates.io", "GET a.test"]), r#"["crates.io","GET a.test"]"#),
    ] {
        assert_eq!(serde_json::to_string(&policy).unwrap(), json);
        assert_eq!(serde_json::from_str::<Policy>(json).unwrap(), policy);
    }
    assert_eq!(only(&[]), Policy::None);
    assert_eq!(only(&["crates.io", "GET a.test"]).to_string(), r#"["crates.io", "GET a.test"]"#);
}

#[test]
fn the_preset_can_be_one_of_a_list() {
    let policy = only(&["packages", "registry.test:8080"]);
    assert_eq!(policy.verdict(&host("pypi.org"), 443, None), Verdict::Allowed);
    assert_eq!(policy.verdict(&host("registry.test"), 8080, None), Verdict::Allowed);
    assert_eq!(PACKAGE_RULES.len(), PACKAGES.len());
}

#[test]
fn a_malformed_policy_says_what_to_write() {
    let check = |list: &[&str], said: Expect| {
        let list: Vec<_> = list.iter().map(|&text| text.to_owned()).collect();
        said.assert_eq(&Policy::try_from(list).unwrap_err().to_string());
    };
    check(&["all"], expect![[r#""all" stands alone; write network = "all""#]]);
    check(
        &["https://a.test"],
        expect![[
            r#""https://a.test" is not a network rule: it has a scheme; write it like crates.io, *.example.com:8443 or GET example.com"#
        ]],
    );
    check(&["a.test"; 300], expect!["a list of 300 rules is too long; 256 are enough"]);
    expect![[
        r#""pakages" is not a network policy; write "none", "packages", "all" or a list like ["crates.io", "GET example.com"]"#
    ]]
    .assert_eq(&"pakages".parse::<Policy>().unwrap_err().to_string());
}

/// One registry's host alone opens half of what its tools need.
#[test]
fn what_would_allow_a_host_is_said_for_a_file_and_for_an_option() {
    let said = |policy: &Policy, rule| (policy.remedy(rule), policy.remedy_option(rule));
    let expected = |line: &str, option: &str| (line.to_owned(), option.to_owned());
    let packages = expected("network = \"packages\"", "--network packages");
    assert_eq!(said(&Policy::None, "pypi.org"), packages);
    let alone = expected("network = [\"a.test\"]", "--network 'a.test'");
    assert_eq!(said(&Policy::None, "a.test"), alone);
    let both = expected("network = [\"packages\", \"a.test\"]", "--network 'packages,a.test'");
    assert_eq!(said(&Policy::Packages, "a.test"), both);
}
