//! Connections: so many at once and no more, and none of them for longer than it does something.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::guard::host::Peer;
use crate::site::Limits;
use crate::tls::Tls;
use crate::{Shared, route};

/// A request's line and headers together, in bytes.
const HEAD_BYTES_MAX: usize = 32 * 1024;
const HEADERS_MAX: usize = 100;
/// What is read or written at once, in bytes.
const BUFFER_BYTES_MAX: usize = 64 * 1024;
/// When no more files can be opened, waiting is all there is to do.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Answers requests until `stop` is ready; what is under way then gets a moment to end.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    site: Shared,
    stop: impl Future<Output = ()> + Send,
) {
    let limits = site.options.limits;
    let serving = Arc::new(Serving { router: route::router(Arc::clone(&site)), tls, site });
    let places = Arc::new(Semaphore::new(limits.connections_max));
    let mut connections = JoinSet::new();
    tokio::pin!(stop);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.expect("nobody closes it");
            (place, accept(&listener).await)
        };
        let (place, (stream, peer)) = tokio::select! {
            biased;
            () = &mut stop => break,
            next = next => next,
        };
        while connections.try_join_next().is_some() {}
        let serving = Arc::clone(&serving);
        connections.spawn(async move {
            let _until_its_end = place;
            // What breaks a connection is its other end's business.
            if let Err(error) = serving.connection(stream, peer).await {
                tracing::debug!("a connection ended: {error}");
            }
        });
    }
    drop(listener);
    serving.site.stop();
    let ended = async { while connections.join_next().await.is_some() {} };
    let _some_are_cut = tokio::time::timeout(limits.drain, ended).await;
    connections.shutdown().await;
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!("can't accept a connection: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

struct Serving {
    router: Router,
    tls: Option<Tls>,
    site: Shared,
}

impl Serving {
    async fn connection(&self, stream: TcpStream, peer: SocketAddr) -> io::Result<()> {
        let limits = self.site.options.limits;
        // An event is small, and somebody waits for it.
        stream.set_nodelay(true)?;
        cut_off_when_unread(&stream, limits.unread);
        match &self.tls {
            None => self.http(stream, peer, limits).await,
            Some(tls) => {
                let accepted = tls.acceptor().accept(stream);
                let stream = tokio::time::timeout(limits.handshake, accepted).await??;
                self.http(stream, peer, limits).await
            }
        }
    }

    async fn http(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        peer: SocketAddr,
        limits: Limits,
    ) -> io::Result<()> {
        let answer = hyper::service::service_fn(|request: hyper::Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer));
            let answered = self.router.clone().oneshot(request);
            async move { Ok::<_, Infallible>(answered.await.unwrap_or_else(|never| match never {})) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .max_headers(HEADERS_MAX)
            .max_header_size(HEAD_BYTES_MAX)
            .max_buf_size(BUFFER_BYTES_MAX)
            .serve_connection(TokioIo::new(stream), answer);
        tokio::pin!(connection);
        let stopping = self.site.stopping();
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stopping => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        ended.map_err(io::Error::other)
    }
}

/// The kernel ends a connection on whose other end nothing is taken, or nobody is any more.
fn cut_off_when_unread(stream: &TcpStream, after: Duration) {
    use nix::sys::socket::{setsockopt, sockopt};
    let ms = u32::try_from(after.as_millis()).unwrap_or(u32::MAX);
    // Where the system has no such option, the number of connections is what holds.
    #[cfg(target_os = "linux")]
    let _unknown = setsockopt(stream, sockopt::TcpUserTimeout, &ms);
    let _unknown = setsockopt(stream, sockopt::KeepAlive, &true);
}

#[cfg(test)]
mod tests;
