//! The trait of each version of actix-session for the one store.
//!
//! The traits of two versions are the same text and distinct traits, so one macro writes the
//! implementation for each version whose feature is on.

use actix_web::cookie::time;
use session_driver::Codec;
use session_driver_async::AsyncSessionDriver;

use crate::failure::Failure;
use crate::store::{DriverStore, State};

/// Implements the trait of the version of `actix-session` that has this name in `Cargo.toml`.
macro_rules! implement {
    ($actix_session:ident) => {
        mod $actix_session {
            use ::$actix_session::storage::{
                LoadError, SaveError, SessionKey, SessionStore, UpdateError,
            };

            use super::*;

            impl From<Failure> for SaveError {
                fn from(failure: Failure) -> SaveError {
                    match failure {
                        Failure::Encode(error) => SaveError::Serialization(error.into()),
                        Failure::Store(error) => SaveError::Other(error.into()),
                    }
                }
            }

            impl From<Failure> for UpdateError {
                fn from(failure: Failure) -> UpdateError {
                    match failure {
                        Failure::Encode(error) => UpdateError::Serialization(error.into()),
                        Failure::Store(error) => UpdateError::Other(error.into()),
                    }
                }
            }

            impl<A: AsyncSessionDriver, C: Codec<State>> SessionStore for DriverStore<A, C> {
                /// The state of the live session under `key`, or `None` when there is none. A key
                /// that is no [`SessionId`](session_driver::SessionId) names none.
                ///
                /// # Errors
                /// `LoadError::Other` alone, with Corrupt and Incompatible among its kinds.
                /// `LoadError::Deserialization` would make the middleware begin an empty session
                /// under the same key and overwrite what could not be read.
                async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
                    let loaded = self.load_session(key.as_ref()).await;
                    loaded.map_err(|error| LoadError::Other(error.into()))
                }

                /// Stores a new session under a fresh id, which is its key. An id that is taken is
                /// replaced by another.
                ///
                /// # Errors
                /// `SaveError::Serialization` when the codec cannot encode the state, else
                /// `SaveError::Other`. Nothing is stored, except that after Indeterminate a session
                /// may exist, until it expires, under a key that no client has.
                async fn save(
                    &self,
                    state: State,
                    ttl: &time::Duration,
                ) -> Result<SessionKey, SaveError> {
                    let id = self.save_session(&state, ttl).await?;
                    Ok(SessionKey::try_from(id.as_str().to_owned())
                        .expect("an id has at most 128 bytes, and a key may have 4064"))
                }

                /// Replaces the state and moves the deadline of the live session under `key`, which
                /// stays its key. A session that is gone stays gone, under this key and every
                /// other.
                ///
                /// # Errors
                /// `UpdateError::Other` with NotFound when the session is gone and
                /// [`OnVanished`](crate::OnVanished) is `Error`; otherwise the errors of `save`.
                /// What is stored stays, except perhaps after Indeterminate.
                async fn update(
                    &self,
                    key: SessionKey,
                    state: State,
                    ttl: &time::Duration,
                ) -> Result<SessionKey, UpdateError> {
                    self.update_session(key.as_ref(), &state, ttl).await?;
                    Ok(key)
                }

                /// Moves the deadline of the live session under `key`. That a session is gone is no
                /// error here, because the request changed nothing that could be lost.
                ///
                /// # Errors
                /// The driver's.
                async fn update_ttl(
                    &self,
                    key: &SessionKey,
                    ttl: &time::Duration,
                ) -> anyhow::Result<()> {
                    Ok(self.touch_session(key.as_ref(), ttl).await?)
                }

                /// Removes the session under `key`, also one that cannot be decoded.
                ///
                /// # Errors
                /// NotFound when the session is gone and [`OnVanished`](crate::OnVanished) is
                /// `Error`: the middleware renews by a delete and a save, and must not save a state
                /// that was logged out in between.
                async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
                    Ok(self.remove_session(key.as_ref()).await?)
                }
            }
        }
    };
}

#[cfg(feature = "actix-session-0_10")]
implement!(actix_session_0_10);

#[cfg(feature = "actix-session-0_11")]
implement!(actix_session);
