//! Holds a container's disk where the engine can't: looks at what it has written, and ends it when
//! that is too much. Between two looks it can overshoot; one file never can, for that is held by a
//! resource limit.

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
    let mut pause = LOOK_INTERVAL;
    while tokio::time::timeout(pause, over.wait_for(|over| *over)).await.is_err() {
        let started = Instant::now();
        if written(&place).await.is_some_and(|bytes| bytes > bytes_max) {
            place.out_of_disk.store(true, Ordering::Release);
            place.end().await;
            return;
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
