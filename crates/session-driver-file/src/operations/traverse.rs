//! Visiting the live ids.

use std::ops::ControlFlow;
use std::os::fd::AsFd;

use session_driver::{SessionId, Timestamp, is_live};

use crate::driver::FileDriver;
use crate::fault::Attempt;
use crate::image::{self, Glance};
use crate::name::FileName;
use crate::shard::Shard;

impl FileDriver {
    /// Lists one shard after the other, each once: an id has its place in one shard, so none is
    /// visited twice, and what a visitor stores comes up at most once more.
    pub(crate) fn try_traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Attempt<()> {
        for index in 0..self.root.shard_count() {
            let Some(shard) = self.root.shard(index)? else {
                continue;
            };
            for id in shard.list(&mut self.patience())?.ids {
                // A file in another shard than its id's is nobody's: no operation finds it there.
                let at_home = self.root.shard_of(&id) == index;
                if at_home && self.counts_as_live(&shard, &id, now)? && visit(&id).is_break() {
                    return Ok(());
                }
            }
        }
        self.root.ensure_present()
    }

    /// Whether the id is live, or so damaged that nobody can tell.
    pub(super) fn counts_as_live(
        &self,
        shard: &Shard<'_>,
        id: &SessionId,
        now: Timestamp,
    ) -> Attempt<bool> {
        match self.deadline(shard, id) {
            Ok(Some(expires_at)) => Ok(is_live(expires_at, now)),
            Ok(None) => Ok(false),
            Err(fault) if fault.is_of_the_record() => Ok(true),
            Err(fault) => Err(fault),
        }
    }

    /// The deadline of an id, or `None` when there is no such record.
    fn deadline(&self, shard: &Shard<'_>, id: &SessionId) -> Attempt<Option<Option<Timestamp>>> {
        let Some(file) = shard.open(&FileName::of(id))? else {
            return Ok(None);
        };
        match image::glance(file.as_fd())? {
            Glance::Deadline(expires_at) => Ok(Some(expires_at)),
            Glance::Unclear => Ok(self.read(id)?.map(|record| record.expires_at)),
        }
    }
}
