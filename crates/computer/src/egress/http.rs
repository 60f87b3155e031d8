//! Requests: read one by one, judged, written anew and sent on. What a program inside wrote never
//! reaches a server as it was, so there is only one way to read it.

mod body;
mod place;

use std::convert::Infallible;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::network::Access;
use hyper::client::conn::http1::SendRequest;
use hyper::ext::ReasonPhrase;
use hyper::header::{self, HeaderValue};
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, Uri};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::task::JoinSet;

use self::body::{Body, Way, counted};
use super::connect::{self, Boxed, Form};
use super::doors::{HTTP_PORT, TLS_PORT};
use super::event::Account;
use super::gate::{Gate, Place};
use super::tunnel::{self, Treatment};
use super::{Refusal, headers};

/// For a program to write the head of a request.
const HEAD_MAX: Duration = Duration::from_secs(30);
/// Of a request's head; answers have hyper's limit, which is larger.
const HEAD_BYTES_MAX: usize = 64 * 1024;
const HEADERS_MAX: usize = 128;

/// What is spoken on a connection from inside.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Mode {
    /// With a proxy.
    Proxy,
    /// With whatever host each request names, on [`HTTP_PORT`].
    ByHost,
    /// With one host, which the connection was made to before.
    Only { place: Place, tls: bool },
}

/// One connection from inside.
struct Session {
    gate: Arc<Gate>,
    mode: Mode,
    /// What the last request asked for, to be made when it is answered.
    tunnel: Mutex<Option<Pending>>,
    /// To be used again.
    server: Mutex<Option<Server>>,
    drivers: Mutex<JoinSet<()>>,
}

/// A tunnel that was allowed.
struct Pending {
    upgrade: OnUpgrade,
    place: Place,
    /// Connected already where its bytes go on as they are.
    server: Option<Boxed>,
    account: Account,
}

/// A connection to a server, or to a proxy on the way to it.
struct Server {
    place: Place,
    tls: bool,
    form: Form,
    sender: SendRequest<Body>,
}

pub async fn serve_proxy(gate: &Arc<Gate>, client: Boxed) {
    let session = Session::new(gate, Mode::Proxy);
    serve(&session, client).await;
    let pending = lock(&session.tunnel).take();
    let Some(Pending { upgrade, place, server, account }) = pending else { return };
    let Ok(upgraded) = upgrade.await else { return };
    let client: Boxed = Box::new(TokioIo::new(upgraded));
    match server {
        Some(server) => tunnel::pass(gate, &place, (client, server), account).await,
        None => tunnel::read(gate, place, client, account).await,
    }
}

pub async fn serve_by_host(gate: &Arc<Gate>, client: Boxed) {
    serve(&Session::new(gate, Mode::ByHost), client).await;
}

pub async fn serve_only(gate: &Arc<Gate>, place: Place, tls: bool, client: Boxed) {
    serve(&Session::new(gate, Mode::Only { place, tls }), client).await;
}

async fn serve(session: &Arc<Session>, client: Boxed) {
    let service = service_fn(|request| {
        let session = Arc::clone(session);
        async move { Ok::<_, Infallible>(session.answer(request).await) }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_MAX);
    builder.max_header_size(HEAD_BYTES_MAX).max_headers(HEADERS_MAX);
    let connection = builder.serve_connection(TokioIo::new(client), service);
    if let Err(error) = connection.with_upgrades().await {
        tracing::debug!(%error, "a connection from inside a computer broke");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    fn new(gate: &Arc<Gate>, mode: Mode) -> Arc<Self> {
        let (tunnel, server, drivers) = (Mutex::default(), Mutex::default(), Mutex::default());
        Arc::new(Self { gate: Arc::clone(gate), mode, tunnel, server, drivers })
    }

    async fn answer(&self, request: Request<hyper::body::Incoming>) -> Response<Body> {
        let method = request.method().clone();
        let place = match place::of(&request, &self.mode) {
            Ok(place) => place,
            Err(refusal) => {
                let host = request.uri().host().unwrap_or_default();
                let account = Account::new(self.gate.sink(), method.as_str(), host, HTTP_PORT);
                account.refuse(&refusal);
                return refused(&refusal);
            }
        };
        let host = place.host.to_string();
        let account = Account::new(self.gate.sink(), method.as_str(), &host, place.port);
        if method == Method::CONNECT {
            return self.connect(request, place, account).await;
        }
        let account = Arc::new(account);
        let answered = self.forward(request, &place, &account).await;
        answered.unwrap_or_else(|refusal| {
            account.refuse(&refusal);
            refused(&refusal)
        })
    }

    async fn connect<B>(
        &self,
        mut request: Request<B>,
        place: Place,
        account: Account,
    ) -> Response<Body> {
        match self.prepare(&place).await {
            Ok(server) => {
                let upgrade = hyper::upgrade::on(&mut request);
                *lock(&self.tunnel) = Some(Pending { upgrade, place, server, account });
                Response::new(body::empty())
            }
            Err(refusal) => {
                account.refuse(&refusal);
                refused(&refusal)
            }
        }
    }

    /// The connection of a tunnel whose bytes go on as they are.
    async fn prepare(&self, place: &Place) -> Result<Option<Boxed>, Refusal> {
        let access = self.gate.access(place);
        if let Access::Denied(denial) = access {
            return Err(self.gate.denied(place, None, denial));
        }
        match tunnel::treatment(&self.gate, place, &access) {
            Treatment::Pass => connect::tunnel(&self.gate, place, true).await.map(Some),
            Treatment::Read => Ok(None),
        }
    }

    async fn forward(
        &self,
        request: Request<hyper::body::Incoming>,
        place: &Place,
        account: &Arc<Account>,
    ) -> Result<Response<Body>, Refusal> {
        let (mut parts, incoming) = request.into_parts();
        self.judge(&parts, place)?;
        let tls = matches!(self.mode, Mode::Only { tls: true, .. });
        rewrite(&mut parts, place, tls)?;
        if tls {
            for (name, value) in self.gate.credentials(place) {
                parts.headers.insert(name, value);
            }
        }
        let request = Request::from_parts(parts, counted(incoming, account, Way::Out));
        let response = self.send(request, place, tls).await?;
        let (mut parts, incoming) = response.into_parts();
        headers::strip(&mut parts.headers);
        Ok(Response::from_parts(parts, counted(incoming, account, Way::In)))
    }

    fn judge(&self, parts: &Parts, place: &Place) -> Result<(), Refusal> {
        self.gate.judge(place, Some(parts.method.as_str()))?;
        if parts.method == Method::TRACE {
            return Err(Refusal::Malformed("TRACE would show what was added on the way"));
        }
        let limited = matches!(self.gate.access(place), Access::Methods(_));
        if limited && headers::overrides_method(&parts.headers) {
            return Err(Refusal::Malformed("it names a second method in a header"));
        }
        Ok(())
    }

    /// Over the connection of the request before where that fits and still works.
    async fn send(
        &self,
        request: Request<Body>,
        place: &Place,
        tls: bool,
    ) -> Result<Response<hyper::body::Incoming>, Refusal> {
        let held = lock(&self.server).take();
        let held = held.filter(|server| server.place == *place && server.tls == tls);
        let request = match held {
            Some(server) => match self.send_over(server, request).await {
                Ok(response) => return Ok(response),
                Err(Unsent { request: Some(request), .. }) => request,
                Err(Unsent { error, request: None }) => return Err(no_answer(place, error)),
            },
            None => request,
        };
        let server = self.connect_server(place, tls).await?;
        let sent = self.send_over(server, request).await;
        sent.map_err(|unsent| no_answer(place, unsent.error))
    }

    async fn send_over(
        &self,
        mut server: Server,
        mut request: Request<Body>,
    ) -> Result<Response<hyper::body::Incoming>, Unsent> {
        if let Err(error) = server.sender.ready().await {
            return Err(Unsent { error, request: Some(request) });
        }
        address(&mut request, &server);
        let sent = server.sender.try_send_request(request).await;
        let response = sent.map_err(|mut failed| {
            let request = failed.take_message();
            Unsent { error: failed.into_error(), request }
        })?;
        *lock(&self.server) = Some(server);
        Ok(response)
    }

    async fn connect_server(&self, place: &Place, tls: bool) -> Result<Server, Refusal> {
        let (stream, form) = connect::http(&self.gate, place, tls).await?;
        let shaken = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = shaken.map_err(|error| no_answer(place, error))?;
        lock(&self.drivers).spawn(async move {
            // Whoever waits for an answer hears of it.
            let _broken = connection.await;
        });
        Ok(Server { place: place.clone(), tls, form, sender })
    }
}

/// A request that got no answer, and the request itself where nothing of it was sent.
struct Unsent {
    error: hyper::Error,
    request: Option<Request<Body>>,
}

fn no_answer(place: &Place, source: hyper::Error) -> Refusal {
    Refusal::Request { place: place.clone(), source }
}

/// Leaves only what is the server's to know, and says exactly which host is meant.
fn rewrite(parts: &mut Parts, place: &Place, tls: bool) -> Result<(), Refusal> {
    headers::strip(&mut parts.headers);
    // What is expected is said by us already.
    parts.headers.remove(header::EXPECT);
    let host = HeaderValue::from_str(&place.named(if tls { TLS_PORT } else { HTTP_PORT }))
        .map_err(|_| Refusal::Malformed("its host"))?;
    parts.headers.insert(header::HOST, host);
    parts.version = hyper::Version::HTTP_11;
    parts.extensions.clear();
    let path = mem::take(&mut parts.uri).into_parts().path_and_query;
    parts.uri = path.map_or_else(|| Uri::from_static("/"), Uri::from);
    Ok(())
}

/// Writes the target as the next hop wants it.
fn address(request: &mut Request<Body>, server: &Server) {
    let Form::Absolute(password) = &server.form else { return };
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if let Ok(uri) = format!("http://{}{path}", server.place.named(HTTP_PORT)).parse() {
        *request.uri_mut() = uri;
    }
    if let Some(password) = password {
        request.headers_mut().insert(header::PROXY_AUTHORIZATION, password.clone());
    }
}

fn refused(refusal: &Refusal) -> Response<Body> {
    let mut response = Response::new(body::text(format!("whimbrel: {}\n", refusal.sentence())));
    *response.status_mut() = refusal.status();
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    // What is left of the request's body is nobody's to read.
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    // Many programs show only this of an answer to CONNECT.
    response.extensions_mut().insert(ReasonPhrase::from_static(refusal.short().as_bytes()));
    response
}
