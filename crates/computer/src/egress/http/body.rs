//! The bodies of requests and answers, counted as they go through.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Bytes, Frame, Incoming, SizeHint};

use crate::egress::event::Account;

pub type Body = UnsyncBoxBody<Bytes, hyper::Error>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    In,
    Out,
}

pub fn empty() -> Body {
    UnsyncBoxBody::new(Empty::new().map_err(impossible))
}

pub fn text(text: String) -> Body {
    UnsyncBoxBody::new(Full::from(text).map_err(impossible))
}

fn impossible(never: Infallible) -> hyper::Error {
    match never {}
}

/// The same bytes, and `account` knows how many. It is held until the last of them.
pub fn counted(incoming: Incoming, account: &Arc<Account>, way: Way) -> Body {
    UnsyncBoxBody::new(Counted { incoming, account: Arc::clone(account), way })
}

struct Counted {
    incoming: Incoming,
    account: Arc<Account>,
    way: Way,
}

impl hyper::body::Body for Counted {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.incoming).poll_frame(cx));
        if let Some(bytes) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
            match self.way {
                Way::In => self.account.meter().count_read(bytes.len()),
                Way::Out => self.account.meter().count_written(bytes.len()),
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
