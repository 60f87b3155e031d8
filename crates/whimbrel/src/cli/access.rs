//! The server, and who may come in, as it is typed.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::Scopes;

/// Run the server: the engine, which moves every task on, with its pages and its API.
///
/// Where nobody is known yet, a link is printed that signs a browser in. Beyond this machine
/// (`--listen 0.0.0.0:4747`) it takes certificates, or a proxy in front.
///
/// The first signal (Ctrl-C, SIGTERM) lets the step under way end, the second ends at once. Neither
/// touches an attempt: each is a process of its own. Commands start an engine in the background
/// where none runs; this one takes its place.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    whimbrel serve\n  \
    whimbrel serve --listen 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem --host review.example.com\n  \
    whimbrel serve --listen 0.0.0.0:4747 --behind-proxy --host review.example.com")]
pub struct ServeArgs {
    /// Where pages and the API are; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:4747", value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,
    /// Speak TLS, with this certificate and those it rests on (PEM). Read again when it changes.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// A proxy in front speaks TLS; believe what it says in X-Forwarded-Host, -Proto and -For.
    #[arg(long)]
    pub behind_proxy: bool,
    /// A name by which people reach it; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub host: Vec<String>,
    /// Make way for one that a person starts, and end when there is nothing to do.
    #[arg(long, hide = true)]
    pub background: bool,
}

/// Make a link that signs a browser in, once: for your phone, or for a colleague.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    whimbrel link\n  \
    whimbrel link --person ada --scopes read,task --expires 2h")]
pub struct LinkArgs {
    /// In whose name its browser acts [default: yours].
    #[arg(long, value_name = "NAME")]
    pub person: Option<String>,
    /// What it may do: read, task, decide, secrets, admin [default: everything].
    #[arg(long, value_name = "SCOPES")]
    pub scopes: Option<Scopes>,
    /// How long the link works, like 15m or 2h; at most a day.
    #[arg(long, default_value = "15m", value_name = "TIME", value_parser = parse_link_time)]
    pub expires: u64,
    /// What the link begins with [default: `[server] url` in config.toml, or where the server runs].
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
}

/// API tokens: make, list, revoke.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token, which is printed once and kept nowhere.
    #[command(after_help = "Example:\n  \
        whimbrel token create ci --scopes read,task --expires 90d\n  \
        curl -H \"Authorization: Bearer whim_…\" http://127.0.0.1:4747/api/v1/tasks")]
    Create(TokenCreateArgs),
    /// List tokens, newest first. What they are isn't shown: nobody knows it.
    List,
    /// End a token, by its name or its id.
    Revoke(TokenRevokeArgs),
}

#[derive(Debug, Args)]
pub struct TokenCreateArgs {
    /// What you will know it by.
    pub name: String,
    /// What it may do: read, task, decide, secrets, admin.
    #[arg(long, default_value = "read", value_name = "SCOPES")]
    pub scopes: Scopes,
    /// How long it works, like 90d or 12h; `never` is for ever.
    #[arg(long, default_value = "90d", value_name = "TIME", value_parser = parse_token_time)]
    pub expires: TokenTime,
    /// In whose name it acts [default: yours].
    #[arg(long, value_name = "NAME")]
    pub person: Option<String>,
}

#[derive(Debug, Args)]
pub struct TokenRevokeArgs {
    /// A token's name or id.
    pub token: String,
}

/// List what was decided, and who may decide: who, when, by which way. Newest first.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// How many at most.
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub limit: u32,
}

/// In milliseconds; none is for ever.
#[derive(Debug, Clone, Copy)]
pub struct TokenTime(pub Option<u64>);

fn parse_token_time(text: &str) -> Result<TokenTime, String> {
    /// Longer is `never`, said honestly: ten years.
    const DAYS_MAX: u64 = 3_650;
    if text == "never" {
        return Ok(TokenTime(None));
    }
    parse_time(text, DAYS_MAX * DAY_MS).map(|ms| TokenTime(Some(ms)))
}

fn parse_link_time(text: &str) -> Result<u64, String> {
    parse_time(text, engine::access::LINK_MS_MAX)
}

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// `15m`, `2h`, `90d`, as milliseconds.
fn parse_time(text: &str, ms_max: u64) -> Result<u64, String> {
    let units = [("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", DAY_MS)];
    let found = units.iter().find_map(|(unit, ms)| Some((text.strip_suffix(unit)?, ms)));
    let parsed = found.and_then(|(number, ms)| number.parse::<u64>().ok()?.checked_mul(*ms));
    match parsed {
        Some(ms) if (1..=ms_max).contains(&ms) => Ok(ms),
        Some(_) => Err(format!("must be more than 0 and at most {} days", ms_max.div_ceil(DAY_MS))),
        None => Err("write a number with s, m, h or d behind it, like 15m".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_and_an_end() {
        assert_eq!(parse_link_time("15m"), Ok(900_000));
        assert_eq!(parse_token_time("90d").unwrap().0, Some(90 * DAY_MS));
        assert_eq!(parse_token_time("never").unwrap().0, None);
        for wrong in ["", "15", "m", "0m", "2d", "-1h", "99999999999999999999d", "1.5h"] {
            parse_link_time(wrong).unwrap_err();
        }
    }
}
