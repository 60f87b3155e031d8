//! The hosts that a computer asked for and didn't reach, and why, as the gateway tells it. Not
//! many: they end up in advice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use computer::egress::Events;
use tokio::task::JoinHandle;

/// Waiting to be looked at; what doesn't fit is missing in the advice, and nowhere else.
pub const QUEUE_MAX: usize = 256;
/// Hosts that advice names.
const HOSTS_MAX: usize = 5;
/// For what a computer that is gone asked for last.
const LAST_WAIT: Duration = Duration::from_millis(200);

/// Collects for as long as it is held.
#[derive(Debug)]
pub struct Refused {
    hosts: Arc<Mutex<BTreeMap<String, String>>>,
    collecting: JoinHandle<()>,
}

impl Refused {
    pub fn collect(mut events: Events) -> Self {
        let hosts = Arc::new(Mutex::new(BTreeMap::new()));
        let found = Arc::clone(&hosts);
        let collecting = tokio::spawn(async move {
            while let Some(event) = events.next().await {
                let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(why) = event.refused
                    && found.len() < HOSTS_MAX
                {
                    found.entry(event.host).or_insert(why);
                }
            }
        });
        Self { hosts, collecting }
    }

    /// When the computer is gone, and nobody holds what it was told to any more.
    pub async fn last(mut self) -> Vec<(String, String)> {
        // Whoever holds it all the same loses the last ones, and keeps nobody waiting.
        let _over = tokio::time::timeout(LAST_WAIT, &mut self.collecting).await;
        self.hosts()
    }

    /// Each with the reason.
    pub fn hosts(&self) -> Vec<(String, String)> {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.iter().map(|(host, why)| (host.clone(), why.clone())).collect()
    }
}

impl Drop for Refused {
    fn drop(&mut self) {
        self.collecting.abort();
    }
}
