//! The operations, a file each, named and ordered as in the trait.

mod remove;
mod retrieve;
mod rotate;
mod store;
mod sweep;
mod touch;
mod traverse;

use redis::Value;

use crate::driver::RedisDriver;
use crate::fault::Attempt;
use crate::request::Request;
use crate::script::{Script, Verdict};

impl RedisDriver {
    /// Has a script change a record, and waits while a rotate between servers has claimed it.
    ///
    /// # Errors
    /// Busy when that takes too long.
    fn change(&self, script: &Script, key: &[u8], arguments: &[&[u8]]) -> Attempt<Verdict> {
        if !self.servers.is_cluster() {
            return Verdict::of(&self.run(script, &[key], arguments)?);
        }
        let (claim, patience) = (self.keyspace.claim(key), self.servers.patience());
        loop {
            match Verdict::of(&self.run(script, &[key, &claim], arguments)?)? {
                Verdict::Claimed if patience.wait() => {}
                verdict => return Ok(verdict),
            }
        }
    }

    /// Has the server of the first key run a script.
    fn run(&self, script: &Script, keys: &[&[u8]], arguments: &[&[u8]]) -> Attempt<Value> {
        self.servers.call(&Request::script(script, keys, arguments))
    }
}
