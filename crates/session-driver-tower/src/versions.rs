//! The traits of each version of tower-sessions for the one store.
//!
//! The traits of two versions are the same text and distinct traits, so one macro writes the
//! implementation for each version whose feature is on.

use async_trait::async_trait;
use session_driver::Codec;
use session_driver_async::AsyncSessionDriver;

use crate::failure::Failure;
use crate::key;
use crate::store::{Data, DriverStore};

/// Implements the traits of the version of tower-sessions-core that has this name in `Cargo.toml`.
macro_rules! implement {
    ($tower_sessions_core:ident) => {
        mod $tower_sessions_core {
            use ::$tower_sessions_core::session::{Id, Record};
            use ::$tower_sessions_core::session_store::{
                Error, ExpiredDeletion, Result, SessionStore,
            };

            use super::*;

            impl From<Failure> for Error {
                fn from(failure: Failure) -> Error {
                    match failure {
                        Failure::Encode(message) => Error::Encode(message),
                        Failure::Decode(message) => Error::Decode(message),
                        Failure::Backend(message) => Error::Backend(message),
                    }
                }
            }

            #[async_trait]
            impl<A, C> SessionStore for DriverStore<A, C>
            where
                A: AsyncSessionDriver + 'static,
                C: Codec<Data> + Send + Sync + 'static,
            {
                /// Stores the record under a fresh id, and writes that id into the record.
                ///
                /// If the id is taken all the same, that is an error, and the session that has it
                /// stays as it is.
                async fn create(&self, record: &mut Record) -> Result<()> {
                    let id = Id(key::mint().map_err(Failure::from)?);
                    self.create_session(&key::of(id), &record.data, record.expiry_date)
                        .await?;
                    record.id = id;
                    Ok(())
                }

                /// Replaces a live session. Where there is none, `OnVanished` decides.
                async fn save(&self, record: &Record) -> Result<()> {
                    let id = key::of(record.id);
                    let saved = self.save_session(&id, &record.data, record.expiry_date);
                    Ok(saved.await?)
                }

                /// The live session under this id. The record's date is the deadline that the
                /// driver enforces.
                async fn load(&self, id: &Id) -> Result<Option<Record>> {
                    let found = self.load_session(&key::of(id)).await?;
                    Ok(found.map(|(data, expiry_date)| Record {
                        id: *id,
                        data,
                        expiry_date,
                    }))
                }

                /// Removes the session, also one that cannot be decoded. That it is gone is no
                /// error: another logout may have come first, and `cycle_id` deletes for visitors
                /// without a session, too.
                async fn delete(&self, id: &Id) -> Result<()> {
                    Ok(self.delete_session(&key::of(id)).await?)
                }
            }

            #[async_trait]
            impl<A, C> ExpiredDeletion for DriverStore<A, C>
            where
                A: AsyncSessionDriver + 'static,
                C: Codec<Data> + Send + Sync + 'static,
            {
                /// Removes every session that had expired at the time of the call, a hundred
                /// records at a time. Yields to other tasks between two steps.
                ///
                /// For a periodic sweep use a [`Sweeper`](session_driver_async::Sweeper) over
                /// [`driver`](DriverStore::driver): tower-sessions' `continuously_delete_expired`
                /// ends for good at the first error, and where hosts share a backend, a host whose
                /// clock is fast ends sessions early.
                async fn delete_expired(&self) -> Result<()> {
                    Ok(self.delete_expired_sessions().await?)
                }
            }
        }
    };
}

#[cfg(feature = "tower-sessions-0_14")]
implement!(tower_sessions_core_0_14);

#[cfg(feature = "tower-sessions-0_15")]
implement!(tower_sessions_core_0_15);
