//! Removing what is expired: the servers do it themselves.

use redis::Value;
use session_driver::Swept;

use crate::fault::{Attempt, Fault};
use crate::network::{Network, Server as _};
use crate::request::Request;
use crate::store::Store;

impl<N: Network> Store<N> {
    /// Every key has a native time to live unless the server cannot express it, so nothing is left
    /// to do; that the servers are there is seen to.
    pub(crate) async fn try_sweep(&self) -> Attempt<Swept> {
        let patience = self.servers.patience();
        for master in self.servers.masters(patience).await? {
            let ping = Request::read("PING", &[], &[]);
            let ping = master.call(&ping, false, patience).await;
            match ping.map_err(|failure| failure.into_fault(true).at(master.address())) {
                Ok(Value::SimpleString(_)) => {}
                Ok(_) => return Err(Fault::of_a_strange_reply()),
                Err(fault) => {
                    self.servers.forget(&master);
                    return Err(fault);
                }
            }
        }
        Ok(Swept::default())
    }
}
