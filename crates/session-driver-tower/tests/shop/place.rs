//! Where a shop keeps its store, and a shop that is open there.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::thread::{self, JoinHandle};

use redis_test_server::{Options, Server};
use session_driver_tower::session_driver_async::Totals;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::site;

/// A store of the test's own, gone with it.
pub(crate) struct Place {
    url: String,
    _directory: Option<TempDir>,
    _server: Option<Server>,
}

impl Place {
    pub(crate) fn memory() -> Option<Place> {
        Some(Place {
            url: "memory:".into(),
            _directory: None,
            _server: None,
        })
    }

    pub(crate) fn file() -> Option<Place> {
        Some(Place::in_directory("file"))
    }

    pub(crate) fn sqlite() -> Option<Place> {
        Some(Place::in_directory("sqlite"))
    }

    pub(crate) fn sled() -> Option<Place> {
        Some(Place::in_directory("sled"))
    }

    /// A server's, where one is installed.
    pub(crate) fn redis() -> Option<Place> {
        redis_test_server::installed_or_skip("the shop")?;
        let server = Server::start(&Options::new()).expect("an installed server starts");
        Some(Place {
            url: server.url(),
            _directory: None,
            _server: Some(server),
        })
    }

    fn in_directory(scheme: &str) -> Place {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("shop");
        Place {
            url: format!("{scheme}:{}", text(&path)),
            _directory: Some(directory),
            _server: None,
        }
    }

    /// Opens the shop on a free port.
    pub(crate) fn open(&self) -> Shop {
        let driver = session_driver_url::open(&self.url).expect("the store opens");
        let (close, closing) = oneshot::channel::<()>();
        let (opened, address) = oneshot::channel();
        let server = thread::spawn(move || {
            let runtime = Runtime::new().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                let address = listener.local_addr().expect("it is bound");
                opened.send(address).expect("somebody waits for it");
                let closing = async { _ = closing.await };
                site::serve(listener, driver, closing).await
            })
        });
        Shop {
            address: address.blocking_recv().expect("the shop opens"),
            close,
            server,
        }
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a temporary directory's name is text")
}

/// The shop, open. It closes as on Ctrl-C, also when the test panics.
pub(crate) struct Shop {
    address: SocketAddr,
    close: oneshot::Sender<()>,
    server: JoinHandle<io::Result<Totals>>,
}

impl Shop {
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the shop, and finds that it ended well.
    pub(crate) fn close(self) {
        drop(self.close);
        let ended = self.server.join().expect("the server does not panic");
        assert_eq!(ended.expect("it was served").errors, 0);
    }
}
