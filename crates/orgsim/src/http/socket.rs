//! Connections that can be reset on demand.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt;

/// How long to wait after a failed accept: it fails when file handles run out, and those come back.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long a client may take to agree on how to encrypt.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How many calls a connection of HTTP/2 may have open (Pub/Sub API, Allocations).
const MAX_STREAMS: u32 = 1_000;

/// The listening socket, of plain HTTP or, with an acceptor, of HTTPS.
pub(crate) struct Listener {
    pub(crate) tcp: TcpListener,
    pub(crate) tls: Option<TlsAcceptor>,
}

/// Answers every connection until the future is dropped.
pub(crate) async fn serve(listener: Listener, router: Router) {
    loop {
        let Ok((stream, address)) = listener.tcp.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // A connection that cannot be told not to delay still works.
        let _ = stream.set_nodelay(true);
        let peer = Peer { address, is_reset: Arc::default() };
        let (tls, router) = (listener.tls.clone(), router.clone());
        tokio::spawn(async move {
            // A client that fails to agree on how to encrypt gets no answer, as from any server.
            if let Some(stream) = agree(tls, stream).await {
                let socket = Socket { stream, is_reset: Arc::clone(&peer.is_reset) };
                answer(socket, peer, router).await;
            }
        });
    }
}

/// Agrees with a client on how to encrypt, where connections are encrypted.
async fn agree(tls: Option<TlsAcceptor>, stream: TcpStream) -> Option<Stream> {
    let Some(tls) = tls else {
        return Some(Stream::Plain(stream));
    };
    let agreed = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await.ok()?.ok()?;
    Some(Stream::Tls(Box::new(agreed)))
}

/// Answers one connection, which begins by saying whether it speaks HTTP/2, as gRPC does. The org says what time it is, or does not: the server adds no `Date` of its own.
async fn answer(socket: Socket, peer: Peer, router: Router) {
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer.clone()));
        request
    });
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().auto_date_header(false);
    server.http2().auto_date_header(false).max_concurrent_streams(MAX_STREAMS);
    // The client went away, or spoke no HTTP: nobody is left to tell.
    let _ = server.serve_connection(TokioIo::new(socket), TowerToHyperService::new(service)).await;
}

/// Who is at the other end of a connection, and the handle to reset it.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    is_reset: Arc<AtomicBool>,
}

impl Peer {
    pub(crate) fn is_loopback(&self) -> bool {
        self.address.ip().to_canonical().is_loopback()
    }

    /// Makes the connection end with a TCP reset once it is dropped.
    pub(crate) fn reset(&self) {
        self.is_reset.store(true, Ordering::Relaxed);
    }
}

/// A connection.
pub(crate) struct Socket {
    stream: Stream,
    is_reset: Arc<AtomicBool>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// What a connection can do, encrypted or not.
trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

impl Stream {
    fn pin(&mut self) -> Pin<&mut (dyn Duplex + '_)> {
        match self {
            Self::Plain(stream) => Pin::new(stream),
            Self::Tls(stream) => Pin::new(stream.as_mut()),
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.is_reset.load(Ordering::Relaxed) {
            let stream = match &self.stream {
                Stream::Plain(stream) => stream,
                Stream::Tls(stream) => stream.get_ref().0,
            };
            // Where it cannot be set the connection closes in the usual way, which the client sees as cut, too.
            let _ = stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream.pin().poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.pin().poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.pin().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_reset.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        self.stream.pin().poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream.pin().poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
