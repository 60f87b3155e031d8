//! `/metrics`: figures in Prometheus' text format. Requests are counted by the patterns of their
//! addresses, never by the addresses: those are many, and what is in them is nobody's business.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use store::tally::Tally;

use crate::Shared;
use crate::failure::Failure;

/// Upper ends of what is told apart, in seconds.
const BUCKETS_S: [f64; 12] =
    [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// As the format's own specification names it.
const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InState {
    state: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Said {
    kind: String,
    state: String,
}

type Gauges<L> = Family<L, Gauge>;

/// Counted since this process began, but for what is read from the store when somebody asks.
pub struct Metrics {
    registry: Registry,
    requests: Family<Asked, Counter>,
    durations: Family<Route, Histogram, fn() -> Histogram>,
    streams: Gauge,
    tasks: Gauges<InState>,
    attempts: Gauges<InState>,
    pull_requests: Gauges<InState>,
    verdicts: Gauges<Said>,
    waiting: Gauge,
    events: Gauge,
    model_requests: Gauge,
    dollars: Gauge<f64, AtomicU64>,
    disk_free: Gauge<f64, AtomicU64>,
    memory: Gauge<f64, AtomicU64>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("whimbrel"),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS_S)),
            streams: Gauge::default(),
            tasks: Family::default(),
            attempts: Family::default(),
            pull_requests: Family::default(),
            verdicts: Family::default(),
            waiting: Gauge::default(),
            events: Gauge::default(),
            model_requests: Gauge::default(),
            dollars: Gauge::default(),
            disk_free: Gauge::default(),
            memory: Gauge::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let all = &mut self.registry;
        all.register("requests", "Answered requests", self.requests.clone());
        let words = "From a request's head to its answer's";
        let durations = self.durations.clone();
        all.register_with_unit("request_duration", words, Unit::Seconds, durations);
        all.register("streams", "Open streams of events", self.streams.clone());
        all.register("tasks", "Tasks by state", self.tasks.clone());
        all.register("attempts", "Attempts by state", self.attempts.clone());
        all.register("pull_requests", "Pull requests by state", self.pull_requests.clone());
        all.register("verdicts", "Verdicts by kind and state", self.verdicts.clone());
        let words = "Attempts that wait for room, a key, or the like";
        all.register("attempts_waiting", words, self.waiting.clone());
        all.register("events", "Events of all attempts", self.events.clone());
        all.register("model_requests", "Requests to models", self.model_requests.clone());
        let words = "What models cost in US dollars, where the price is known";
        all.register("model_cost_dollars", words, self.dollars.clone());
        let words = "Free space of the home's disk";
        all.register_with_unit("disk_free", words, Unit::Bytes, self.disk_free.clone());
        let words = "Memory of this process";
        all.register_with_unit("process_resident_memory", words, Unit::Bytes, self.memory.clone());
    }

    /// A request came.
    pub(crate) fn begin(&self, request: &Request) -> Watched {
        let route = request.extensions().get::<MatchedPath>();
        let route = route.map_or("none", MatchedPath::as_str).to_owned();
        let (requests, durations) = (self.requests.clone(), self.durations.clone());
        let method = method(request.method());
        Watched { began: Instant::now(), method, route, requests, durations }
    }

    /// The same answer; where it is a stream, it is counted until its end.
    pub(crate) fn counted(&self, response: Response) -> Response {
        let kind = response.headers().get(header::CONTENT_TYPE);
        if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
            return response;
        }
        let open = Arc::new(Open::new(&self.streams));
        response.map(|body| {
            let parts = body.into_data_stream().inspect(move |_part| {
                let _held = &open;
            });
            axum::body::Body::from_stream(parts)
        })
    }

    fn read(&self, tally: Tally) {
        let set = |family: &Gauges<InState>, states: Vec<(String, u64)>| {
            family.clear();
            for (state, count) in states {
                family.get_or_create(&InState { state }).set(signed(count));
            }
        };
        set(&self.tasks, tally.tasks);
        set(&self.attempts, tally.attempts);
        set(&self.pull_requests, tally.pull_requests);
        self.verdicts.clear();
        for (kind, state, count) in tally.verdicts {
            self.verdicts.get_or_create(&Said { kind, state }).set(signed(count));
        }
        self.waiting.set(signed(tally.waiting));
        self.events.set(signed(tally.events));
        self.model_requests.set(signed(tally.requests));
        self.dollars.set(tally.micros as f64 / 1e6);
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A method is whatever somebody wrote; what isn't known is one.
fn method(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

/// One stream, until it is dropped.
struct Open(Gauge);

impl Open {
    fn new(streams: &Gauge) -> Self {
        streams.inc();
        Self(streams.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A request that is being answered.
pub(crate) struct Watched {
    began: Instant,
    method: &'static str,
    route: String,
    requests: Family<Asked, Counter>,
    durations: Family<Route, Histogram, fn() -> Histogram>,
}

impl Watched {
    pub fn end(self, status: StatusCode) {
        let Self { began, method, route, requests, durations } = self;
        let took = began.elapsed();
        // The pattern, not the address: neither codes nor anybody's words are in a log.
        let took_ms = took.as_millis();
        tracing::info!(target: "whimbrel::access", method, route, status = status.as_u16(), took_ms);
        durations.get_or_create(&Route { route: route.clone() }).observe(took.as_secs_f64());
        let status = status.as_u16();
        requests.get_or_create(&Asked { method, route, status }).inc();
    }
}

/// `GET /metrics`
pub async fn get(State(site): State<Shared>) -> Result<Response, Failure> {
    let metrics = &site.metrics;
    metrics.read(store::tally::all(&site.engine.store).await?);
    let room = stdx::machine::room(site.engine.home.path());
    metrics.disk_free.set(room.disk_free_bytes as f64);
    metrics.memory.set(stdx::memory::resident_bytes().unwrap_or(0) as f64);
    let mut shown = String::new();
    text::encode(&mut shown, &metrics.registry).expect("a text takes whatever is written to it");
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], shown).into_response())
}
