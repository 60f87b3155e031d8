//! Being known to a server, as it is typed.

use clap::Args;

/// Keep the token that a server knows you by; it is read from standard input.
///
/// From then on `whimbrel --server URL …` says commands to that server. The token is in a file of your
/// configuration folder that nobody else may read, and is sent to no other server.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    whimbrel login https://whimbrel.example.org < token\n  \
    pass show whimbrel | whimbrel login https://whimbrel.example.org\n  \
    whimbrel token create laptop --scopes read,task     (on the server)")]
pub struct LoginArgs {
    /// The server's address, like https://host:4747.
    pub url: String,
}

/// Forget the token for a server.
#[derive(Debug, Args)]
pub struct LogoutArgs {
    /// The server's address, as it was said to `login`.
    pub url: String,
}
