//! Package managers against the real registries, by the preset `packages`. These need a network;
//! where this machine's resolver leads public names to a gateway of its own, that is opened as an
//! operator would.

use computer::egress::{Network, Options};
use tokio::net::lookup_host;

use super::outside::computer;
use crate::bench::{Bench, output, shell};

const REGISTRIES: [&str; 5] = [
    "pypi.org",
    "files.pythonhosted.org",
    "registry.npmjs.org",
    "index.crates.io",
    "static.crates.io",
];

pub async fn operator() -> Options {
    let mut private_networks = Vec::new();
    for name in REGISTRIES {
        let found = lookup_host((name, 443)).await;
        let found = found.expect("this needs the internet; leave it out by --skip registries");
        private_networks.extend(found.map(|address| Network::from(address.ip())));
    }
    Options { private_networks, ..Options::default() }
}

both! {
    async fn pip_downloads(bench: Bench) {
        let (computer, mut told) = computer(&bench, r#""packages""#, operator().await).await;
        let download = "/usr/bin/python3 -m pip download -q --no-deps -d /tmp/got six==1.17.0 2>&1 && ls /tmp/got";
        assert_eq!(output(computer.as_ref(), download).await, "six-1.17.0-py2.py3-none-any.whl");
        let event = told.of("files.pythonhosted.org").await;
        assert!(event.refused.is_none() && event.bytes_in > 10_000, "{event:?}");
        let elsewhere = "/usr/bin/python3 -m pip download -q --retries 0 --index-url https://example.com/simple six 2>&1";
        let refused = shell(computer.as_ref(), elsewhere).await;
        assert!(!refused.status.is_success(), "{}", refused.text());
        assert!(told.of("example.com").await.refused.is_some());
    }

    async fn npm_installs(bench: Bench) {
        let (computer, _) = computer(&bench, r#""packages""#, operator().await).await;
        let install = "cd /tmp && npm view left-pad@1.3.0 version 2>/dev/null && npm install --no-audit --no-fund left-pad@1.3.0 >/dev/null 2>&1 && \
                       node -p 'require(\"left-pad\")(7, 3, 0)'";
        assert_eq!(output(computer.as_ref(), install).await, "1.3.0\n007");
    }

    async fn without_a_network_they_fail_in_time(bench: Bench) {
        let (computer, _) = computer(&bench, r#""none""#, Options::default()).await;
        for command in ["/usr/bin/python3 -m pip download --retries 0 -d /tmp/got six",
            "npm view left-pad version --fetch-retries=0"] {
            let failed = shell(computer.as_ref(), &format!("timeout 30 {command} 2>&1")).await;
            assert!(!failed.status.is_success() && failed.status.code() != 124, "{}", failed.text());
        }
    }
}

async fn cargo_fetches_body(bench: Bench) {
    let (computer, _) = computer(&bench, r#""packages""#, operator().await).await;
    let build = "cargo init -q --name tiny . && cargo add -q itoa@=1.0.11 && cargo fetch -q && \
                 CARGO_NET_OFFLINE=true cargo build -q && ls ~/.cargo/registry/cache/*/";
    assert_eq!(output(computer.as_ref(), build).await, "itoa-1.0.11.crate");
    // What was fetched into a layer is there later, without a network.
    let id = computer::SnapshotId::from_digest(b"fetched");
    let sealed = computer.seal(id).await.unwrap();
    let later = bench.fork(&sealed).await;
    let again = "rm -rf target && cargo build -q && cargo run -q";
    assert_eq!(output(later.as_ref(), again).await, "Hello, world!");
}

/// Only as root: the toolchains of an ordinary user's home are that user's, and it has none.
#[test]
fn cargo_fetches() {
    crate::bench::as_root(cargo_fetches_body);
}
