//! One client's connection, carried on to the server.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::proxy::lock;

const BUFFER: usize = 64 * 1024;

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    SwallowRequest,
    CutBeforeAnswer,
}

/// What is to go wrong, on all connections of a proxy.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    next: Mutex<Option<Fault>>,
    delay: Mutex<Duration>,
    changed: Condvar,
}

impl Faults {
    pub(crate) fn arm(&self, fault: Fault) {
        *lock(&self.next) = Some(fault);
    }

    pub(crate) fn is_armed(&self) -> bool {
        lock(&self.next).is_some()
    }

    pub(crate) fn delay(&self, delay: Duration) {
        *lock(&self.delay) = delay;
        self.changed.notify_all();
    }

    /// Has those who hold an answer back look whether they still should.
    pub(crate) fn release(&self) {
        // With the lock, so that none looks just before and waits just after.
        let _delay = lock(&self.delay);
        self.changed.notify_all();
    }

    /// Waits as long as answers are held back, or until the link is closed.
    fn hold_back(&self, ends: &Ends) {
        let begin = Instant::now();
        let mut delay = lock(&self.delay);
        while begin.elapsed() < *delay && !ends.closed.load(Ordering::SeqCst) {
            let rest = delay.saturating_sub(begin.elapsed());
            let waited = self.changed.wait_timeout(delay, rest);
            delay = waited.unwrap_or_else(std::sync::PoisonError::into_inner).0;
        }
    }
}

/// A carried connection: a thread for each direction.
#[derive(Debug)]
pub(crate) struct Link {
    ends: Arc<Ends>,
    threads: [JoinHandle<()>; 2],
}

#[derive(Debug)]
struct Ends {
    client: TcpStream,
    server: UnixStream,
    /// Whether the server's next answer is not to reach the client.
    cut: AtomicBool,
    closed: AtomicBool,
}

impl Link {
    pub(crate) fn start(
        client: TcpStream,
        server: UnixStream,
        faults: &Arc<Faults>,
    ) -> io::Result<Link> {
        client.set_nodelay(true)?;
        let ends = Arc::new(Ends {
            client,
            server,
            cut: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        });
        let carry = |carry: fn(&Ends, &Faults) -> io::Result<()>| {
            let (ends, faults) = (Arc::clone(&ends), Arc::clone(faults));
            thread::spawn(move || {
                // However it ends, there is nothing left to carry, and nobody to tell.
                let _ = carry(&ends, &faults);
                ends.close();
            })
        };
        let threads = [carry(Ends::carry_requests), carry(Ends::carry_answers)];
        Ok(Link { ends, threads })
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.threads.iter().all(JoinHandle::is_finished)
    }

    pub(crate) fn close(&self) {
        self.ends.close();
    }

    /// Waits until the threads of a closed link have ended.
    pub(crate) fn join(self) {
        for thread in self.threads {
            let _ = thread.join();
        }
    }
}

impl Ends {
    fn carry_requests(&self, faults: &Faults) -> io::Result<()> {
        let mut buffer = vec![0; BUFFER];
        loop {
            let length = (&self.client).read(&mut buffer)?;
            if length == 0 {
                return Ok(());
            }
            match lock(&faults.next).take() {
                Some(Fault::SwallowRequest) => return Ok(()),
                // Before the server has it, and so before there is an answer.
                Some(Fault::CutBeforeAnswer) => self.cut.store(true, Ordering::SeqCst),
                None => {}
            }
            (&self.server).write_all(&buffer[..length])?;
        }
    }

    fn carry_answers(&self, faults: &Faults) -> io::Result<()> {
        let mut buffer = vec![0; BUFFER];
        loop {
            let length = (&self.server).read(&mut buffer)?;
            if length == 0 || self.cut.load(Ordering::SeqCst) {
                return Ok(());
            }
            faults.hold_back(self);
            (&self.client).write_all(&buffer[..length])?;
        }
    }

    /// Closes both connections, which ends the threads that wait at them.
    fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }
}
