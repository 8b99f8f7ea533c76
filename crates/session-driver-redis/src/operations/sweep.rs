//! Removing what is expired: the servers do it themselves.

use redis::Value;
use session_driver::Swept;

use crate::driver::RedisDriver;
use crate::fault::{Attempt, Fault};
use crate::request::Request;

impl RedisDriver {
    /// Every key has a native time to live unless the server cannot express it, so nothing is left
    /// to do; that the servers are there is seen to.
    pub(crate) fn try_sweep(&self) -> Attempt<Swept> {
        let patience = self.servers.patience();
        for master in self.servers.masters(patience)? {
            let ping = master.call(&Request::read("PING", &[], &[]), false, patience);
            match ping.map_err(|failure| failure.into_fault(true)) {
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
