//! The hosts that a build asked for and didn't reach, as the gateway tells them. Names only, and
//! not many: they end up in advice.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use computer::egress::Events;
use tokio::task::JoinHandle;

/// Waiting to be looked at; what doesn't fit is missing in the advice, and nowhere else.
pub const QUEUE_MAX: usize = 256;
/// Hosts that advice names.
const HOSTS_MAX: usize = 5;

/// Collects for as long as it is held.
pub struct Refused {
    hosts: Arc<Mutex<BTreeSet<String>>>,
    collecting: JoinHandle<()>,
}

impl Refused {
    pub fn collect(mut events: Events) -> Self {
        let hosts = Arc::new(Mutex::new(BTreeSet::new()));
        let found = Arc::clone(&hosts);
        let collecting = tokio::spawn(async move {
            while let Some(event) = events.next().await {
                let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                if event.refused.is_some() && found.len() < HOSTS_MAX {
                    found.insert(event.host);
                }
            }
        });
        Self { hosts, collecting }
    }

    pub fn hosts(&self) -> Vec<String> {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.iter().cloned().collect()
    }
}

impl Drop for Refused {
    fn drop(&mut self) {
        self.collecting.abort();
    }
}
