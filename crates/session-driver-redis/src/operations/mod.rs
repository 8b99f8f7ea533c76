//! The operations, a file each, named and ordered as in the trait.

mod remove;
mod retrieve;
mod rotate;
mod store;
mod sweep;
mod touch;
mod traverse;

pub(crate) use traverse::Traversal;

use redis::Value;

use crate::fault::Attempt;
use crate::network::Network;
use crate::request::Request;
use crate::script::{Script, Verdict};
use crate::store::Store;

impl<N: Network> Store<N> {
    /// Has a script change a record, and waits while a rotate between servers has claimed it.
    ///
    /// # Errors
    /// Busy when that takes too long.
    async fn change(&self, script: &Script, key: &[u8], arguments: &[&[u8]]) -> Attempt<Verdict> {
        if !self.servers.is_cluster() {
            return Verdict::of(&self.run(script, &[key], arguments).await?);
        }
        let (claim, patience) = (self.keyspace.claim(key), self.servers.patience());
        loop {
            match Verdict::of(&self.run(script, &[key, &claim], arguments).await?)? {
                Verdict::Claimed if self.servers.wait(patience).await => {}
                verdict => return Ok(verdict),
            }
        }
    }

    /// Has the server of the first key run a script.
    async fn run(&self, script: &Script, keys: &[&[u8]], arguments: &[&[u8]]) -> Attempt<Value> {
        let request = Request::script(script, keys, arguments);
        self.servers.call(&request).await
    }
}
