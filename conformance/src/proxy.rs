//! A wire that can be cut: between a driver and its server.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// A proxy on the loopback interface that passes on what a driver and its server say to each other,
/// until a case has it do otherwise. It ends, and its connections with it, when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    wire: Arc<Wire>,
}

/// What a proxy does with what it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Traffic {
    /// Passes it on.
    Flows,
    /// Ends every connection, and every new one at once: the server is down.
    IsCut,
    /// Takes it and says nothing: the server hangs, or its host is gone.
    Stalls,
    /// Passes on what the driver says and loses what the server answers to it, once: that
    /// connection ends, and from then on traffic flows.
    LosesAnAnswer,
}

#[derive(Debug)]
struct Wire {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    traffic: Traffic,
    closed: bool,
    /// Both ends of every connection, to end them.
    ends: Vec<TcpStream>,
}

impl Proxy {
    /// Listens on a free port and connects who comes there to `server`.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn to(server: SocketAddr) -> io::Result<Proxy> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let wire = Arc::new(Wire {
            state: Mutex::new(State {
                traffic: Traffic::Flows,
                closed: false,
                ends: vec![],
            }),
            changed: Condvar::new(),
        });
        let accepting = Arc::clone(&wire);
        thread::spawn(move || accept(&listener, server, &accepting));
        Ok(Proxy { address, wire })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn set(&self, traffic: Traffic) {
        let mut state = self.wire.state();
        state.traffic = traffic;
        if traffic == Traffic::IsCut {
            state.end_connections();
        }
        self.wire.changed.notify_all();
    }

    /// Whether an answer is still to be lost.
    pub(crate) fn has_lost_its_answer(&self) -> bool {
        self.wire.state().traffic != Traffic::LosesAnAnswer
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let mut state = self.wire.state();
        state.closed = true;
        state.end_connections();
        drop(state);
        self.wire.changed.notify_all();
        // Wakes the listener, which looks whether it is over.
        let _ = TcpStream::connect(self.address);
    }
}

impl Wire {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until traffic flows again or is cut; whether what was read is to be passed on.
    fn passes(&self, is_answer: bool) -> bool {
        let mut state = self.state();
        while state.traffic == Traffic::Stalls && !state.closed {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if state.traffic == Traffic::LosesAnAnswer && is_answer {
            state.traffic = Traffic::Flows;
            return false;
        }
        state.traffic != Traffic::IsCut && !state.closed
    }
}

impl State {
    fn end_connections(&mut self) {
        for end in self.ends.drain(..) {
            // One that has ended already is as good.
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

fn accept(listener: &TcpListener, server: SocketAddr, wire: &Arc<Wire>) {
    for client in listener.incoming() {
        let mut state = wire.state();
        if state.closed {
            return;
        }
        if state.traffic == Traffic::IsCut {
            continue;
        }
        if let Ok(ends) = client.and_then(|client| connect(client, server, wire)) {
            state.ends.extend(ends);
        }
    }
}

/// Connects a client to the server, with a thread for each direction, and gives both ends.
fn connect(client: TcpStream, server: SocketAddr, wire: &Arc<Wire>) -> io::Result<[TcpStream; 2]> {
    let server = TcpStream::connect(server)?;
    // A driver that is measured through the proxy should not wait for its algorithm.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ends = [client.try_clone()?, server.try_clone()?];
    let (from_client, from_server) = (client.try_clone()?, server.try_clone()?);
    let (asking, answering) = (Arc::clone(wire), Arc::clone(wire));
    thread::spawn(move || pump(from_client, server, &asking, false));
    thread::spawn(move || pump(from_server, client, &answering, true));
    Ok(ends)
}

fn pump(mut from: TcpStream, mut to: TcpStream, wire: &Wire, is_answer: bool) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !wire.passes(is_answer) || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
