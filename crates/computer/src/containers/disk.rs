//! Holds a container's disk where the engine can't: looks at what it has written, and ends all its
//! programs when that is too much. Between two looks it can overshoot; one file never can, for that
//! is held by a resource limit. Whoever then only removes files isn't stopped.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::execution::Place;
use super::shop::WORK_TIME;

/// Between two looks, at least; a look that takes long is taken less often.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);
const LOOK_SHARE: u32 = 10;

/// Looks until the container has ended.
pub async fn watch(place: Place, bytes_max: u64) {
    let mut over = place.over.clone();
    let (mut pause, mut stopped_at) = (LOOK_INTERVAL, bytes_max);
    while tokio::time::timeout(pause, over.wait_for(|over| *over)).await.is_err() {
        let started = Instant::now();
        match written(&place).await {
            Some(bytes) if bytes > stopped_at => {
                place.disk_kills.fetch_add(1, Ordering::AcqRel);
                place.clear().await;
                stopped_at = bytes;
            }
            Some(bytes) => stopped_at = stopped_at.min(bytes).max(bytes_max),
            // An engine that doesn't answer now is asked again.
            None => {}
        }
        pause = LOOK_INTERVAL.max(started.elapsed() * LOOK_SHARE);
    }
}

/// The bytes in its private layer.
async fn written(place: &Place) -> Option<u64> {
    let query =
        ["container", "inspect", "--size", "--format", "{{.SizeRw}}", place.container.as_str()];
    let said = place.client.ask(&query, WORK_TIME).await.ok()?;
    said.trim().parse().ok()
}
