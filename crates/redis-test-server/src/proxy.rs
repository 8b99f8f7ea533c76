//! Between a client and a server: what a network does to them, on demand.

mod link;

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::port;
use crate::proxy::link::{Fault, Faults, Link};
use crate::server::Server;

/// A loopback port whose connections are carried on to a server until they are told otherwise.
/// Dropped, it closes them, and its threads have ended.
///
/// A request is what a client sends at once: of commands that it sends together, the first counts.
/// A fault that waits for the next request does so on every connection, also for those that a
/// client sends of itself when it connects; a test makes it connect before.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    password: Option<String>,
    server: PathBuf,
    faults: Arc<Faults>,
    entrance: Option<Entrance>,
}

/// The open port, its thread, and the connections that came in.
#[derive(Debug)]
struct Entrance {
    closing: Arc<AtomicBool>,
    links: Arc<Mutex<Vec<Link>>>,
    thread: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy before a server, which may be killed and restarted while it is there; clients
    /// speak to it without TLS.
    ///
    /// # Errors
    ///
    /// [`Io`](Error::Io) when no port can be had.
    pub fn start(server: &Server) -> Result<Proxy> {
        let listener = port::listen().map_err(Error::io("open a proxy's port"))?;
        let port = listener
            .local_addr()
            .map_err(Error::io("know a port"))?
            .port();
        let mut proxy = Proxy {
            port,
            password: server.password().map(String::from),
            server: server.socket(),
            faults: Arc::default(),
            entrance: None,
        };
        proxy.entrance = Some(proxy.open(listener));
        Ok(proxy)
    }

    /// Where clients find it: `redis://127.0.0.1:PORT`, with the server's password if it has one.
    #[must_use]
    pub fn url(&self) -> String {
        let password = self.password.as_deref();
        let password = password.map_or(String::new(), |word| format!(":{word}@"));
        format!("redis://{password}127.0.0.1:{}", self.port)
    }

    /// The port of 127.0.0.1 where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Lets the next request reach the server, and closes the connection when the server has
    /// answered it: what was asked for is done, and the client cannot know.
    pub fn cut_after_request(&self) {
        self.faults.arm(Fault::CutBeforeAnswer);
    }

    /// Closes the connection when the next request comes in: it never reaches the server, and the
    /// client cannot know.
    pub fn swallow_request(&self) {
        self.faults.arm(Fault::SwallowRequest);
    }

    /// Whether the fault that the next request is to meet has not been met yet.
    #[must_use]
    pub fn is_armed(&self) -> bool {
        self.faults.is_armed()
    }

    /// Holds every answer back for so long from now on; zero ends it, also for those that are held
    /// back.
    pub fn delay(&self, delay: Duration) {
        self.faults.delay(delay);
    }

    /// Closes every connection and the port: clients are refused until it [accepts](Proxy::accept)
    /// them again.
    pub fn refuse(&mut self) {
        if let Some(entrance) = self.entrance.take() {
            self.close(entrance);
        }
    }

    /// Opens the port again; nothing happens when it is open.
    ///
    /// # Errors
    ///
    /// [`Io`](Error::Io) when another program took the port meanwhile.
    pub fn accept(&mut self) -> Result<()> {
        if self.entrance.is_none() {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))
                .map_err(Error::io("open a proxy's port again"))?;
            self.entrance = Some(self.open(listener));
        }
        Ok(())
    }

    fn open(&self, listener: TcpListener) -> Entrance {
        let (closing, links) = (
            Arc::<AtomicBool>::default(),
            Arc::<Mutex<Vec<Link>>>::default(),
        );
        let (server, faults) = (self.server.clone(), Arc::clone(&self.faults));
        let (is_closing, connected) = (Arc::clone(&closing), Arc::clone(&links));
        let thread = thread::spawn(move || {
            for client in listener.incoming() {
                if is_closing.load(Ordering::SeqCst) {
                    return;
                }
                let link = client
                    .and_then(|client| Link::start(client, UnixStream::connect(&server)?, &faults));
                // A server that is gone does not answer: the client's connection is closed.
                let Ok(link) = link else { continue };
                let mut links = lock(&connected);
                links.retain(|link| !link.has_ended());
                links.push(link);
            }
        });
        Entrance {
            closing,
            links,
            thread,
        }
    }

    fn close(&self, entrance: Entrance) {
        entrance.closing.store(true, Ordering::SeqCst);
        // Wakes the thread, which then sees that it should end.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        let _ = entrance.thread.join();
        let links = std::mem::take(&mut *lock(&entrance.links));
        links.iter().for_each(Link::close);
        self.faults.release();
        links.into_iter().for_each(Link::join);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.refuse();
    }
}

/// What is behind the lock is whole, whoever panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
