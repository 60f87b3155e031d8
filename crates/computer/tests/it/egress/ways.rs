//! What works: through the proxy's variables and without them, plain and with TLS.

use computer::egress::{Credential, Options};

use super::outside::{Names, Server, computer, options};
use crate::bench::{output, shell};

both! {
    async fn programs_reach_what_is_listed_and_hear_what_is_not(bench: Bench) {
        let (server, names) = (Server::plain().await, Names::default());
        names.lead("a.test", server.address);
        names.lead("b.test", server.address);
        let (computer, mut told) = computer(&bench, r#"["a.test"]"#, options(&names)).await;
        for command in [
            "curl -sS http://a.test/",
            "curl -sS --noproxy '*' http://a.test/",
            "python3 -c 'import urllib.request as u; print(u.urlopen(\"http://a.test/\").read().decode())'",
            "env -i /usr/bin/python3 -c 'import urllib.request as u; print(u.urlopen(\"http://a.test/\").read().decode())'",
            "node -e 'fetch(\"http://a.test/\").then(r => r.text()).then(console.log)'",
        ] {
            assert_eq!(output(computer.as_ref(), command).await, "outside", "{command}");
            assert_eq!(told.of("a.test").await.refused, None);
        }
        let refused = output(computer.as_ref(), "curl -sS http://b.test/").await;
        assert!(refused.contains("write network = [..., \"b.test\"] in [agent]"), "{refused}");
        assert!(told.of("b.test").await.refused.is_some());
        let unknown = shell(computer.as_ref(), "curl -sS --noproxy '*' http://b.test/").await.text();
        assert!(unknown.contains("Could not resolve host: b.test"), "{unknown}");
        assert_eq!(server.heads().len(), 5);
    }

    async fn tls_passes_untouched_unless_a_rule_needs_to_see(bench: Bench) {
        let ((server, roots), names) = (Server::tls("a.test").await, Names::default());
        names.lead("a.test", server.address);
        let trusting = || Options { roots: Some(roots.clone()), ..options(&names) };
        let issuer = "curl -sS -o /dev/null -w '%{certs}' https://a.test/ | grep -c whimbrel || true";
        for (policy, ours) in [(r#"["a.test"]"#, false), (r#"["GET a.test"]"#, true)] {
            let (computer, mut told) = computer(&bench, policy, trusting()).await;
            for command in ["curl -sS https://a.test/", "curl -sS --noproxy '*' https://a.test/",
                "python3 -c 'import urllib.request as u; print(u.urlopen(\"https://a.test/\").read().decode())'",
                "node -e 'fetch(\"https://a.test/\").then(r => r.text()).then(console.log)'"] {
                assert_eq!(output(computer.as_ref(), command).await, "outside", "{command} {policy}");
                let event = told.of("a.test").await;
                assert_eq!((event.method == "GET", event.refused), (ours, None), "{command}");
            }
            let post = output(computer.as_ref(), "curl -sS -X POST -w '%{http_code}' https://a.test/").await;
            assert_eq!(post.contains("403"), ours, "{post}");
            assert_eq!(output(computer.as_ref(), issuer).await == "0", !ours);
        }
        assert!(server.heads().iter().all(|head| head.starts_with("GET ") || head.starts_with("POST ")));
        assert_eq!(server.heads().iter().filter(|head| head.starts_with("POST ")).count(), 1);
    }

    async fn a_credential_is_seen_by_its_server_and_not_inside(bench: Bench) {
        let ((server, roots), plain, names) =
            (Server::tls("a.test").await, Server::plain().await, Names::default());
        names.lead("a.test", server.address);
        names.lead("b.test", plain.address);
        let token = "Bearer s3cret-of-the-operator";
        let credential = Credential::new("a.test".parse().unwrap(), "authorization", token).unwrap();
        let options = Options { credentials: vec![credential], roots: Some(roots), ..options(&names) };
        let (computer, _) = computer(&bench, r#"["a.test", "b.test"]"#, options).await;
        let followed = output(computer.as_ref(), "curl -sSLv https://a.test/to/http://b.test/ 2>&1").await;
        assert!(followed.contains("outside") && !followed.contains("s3cret"), "{followed}");
        assert!(server.heads()[0].contains(token) && !plain.heads().concat().contains("s3cret"));
        let searched = "env; cat /proc/[0-9]*/environ /run/whimbrel/* 2>/dev/null | tr '\\0' '\\n'";
        assert!(!output(computer.as_ref(), searched).await.contains("s3cret"));
    }

    async fn what_agents_listen_on_is_still_theirs(bench: Bench) {
        let names = Names::default();
        let serve = |address: &str, port: u16| format!(
            "python3 -c 'import socket as s; l = s.create_server((\"{address}\", {port}));\
             c = s.create_connection((\"127.0.0.1\", {port})); print(\"own\")'");
        let (open, _) = computer(&bench, r#""all""#, options(&names)).await;
        for command in [serve("127.0.0.1", 80), serve("0.0.0.0", 8080), serve("127.0.0.1", 3128)] {
            assert_eq!(output(open.as_ref(), &command).await, "own", "{command}");
        }
        let (closed, _) = computer(&bench, r#""none""#, options(&names)).await;
        assert_eq!(output(closed.as_ref(), &serve("0.0.0.0", 80)).await, "own");
    }

    async fn without_a_network_programs_fail_at_once_and_it_is_told(bench: Bench) {
        let names = Names::default();
        let (computer, mut told) = computer(&bench, r#""none""#, options(&names)).await;
        let failed = shell(computer.as_ref(), "curl -sS https://crates.io/").await.text();
        assert!(failed.contains("Could not resolve host: crates.io"), "{failed}");
        let refused = told.of("crates.io").await.refused.unwrap();
        assert!(refused.contains("write network = [\"crates.io\"] in [agent]"), "{refused}");
        assert_eq!(output(computer.as_ref(), "env | grep -ci proxy || true").await, "0");
        assert_eq!(output(computer.as_ref(), "ls /run/whimbrel").await, "");
    }
}
