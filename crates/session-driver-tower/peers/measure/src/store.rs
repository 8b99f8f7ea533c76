//! A store of tower-sessions, whichever version of the trait it is bound to.

use std::mem;

use time::{Duration, OffsetDateTime};

use crate::session::Session;

/// What tower-sessions' layer asks of a store. An operation that fails ends the comparison.
pub trait Store: Clone + Send + Sync + 'static {
    /// Stores a new session and tells it its id.
    fn create(&self, session: &mut Session) -> impl Future<Output = ()> + Send;

    /// Replaces what is stored of the session.
    fn save(&self, session: &mut Session) -> impl Future<Output = ()> + Send;

    /// The session with this id.
    fn load(&self, id: i128) -> impl Future<Output = Option<Session>> + Send;

    /// Removes the session with this id.
    fn delete(&self, id: i128) -> impl Future<Output = ()> + Send;
}

macro_rules! store {
    ($(#[$doc:meta])* $name:ident, $core:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name<S>(pub S);

        impl<S: $core::SessionStore + Clone> Store for $name<S> {
            async fn create(&self, session: &mut Session) {
                let mut record = $core::session::Record {
                    id: $core::session::Id::default(),
                    data: mem::take(&mut session.data),
                    expiry_date: tomorrow(),
                };
                self.0.create(&mut record).await.expect("a create");
                session.id = record.id.0;
                session.data = record.data;
            }

            async fn save(&self, session: &mut Session) {
                let record = $core::session::Record {
                    id: $core::session::Id(session.id),
                    data: mem::take(&mut session.data),
                    expiry_date: tomorrow(),
                };
                self.0.save(&record).await.expect("a save");
                session.data = record.data;
            }

            async fn load(&self, id: i128) -> Option<Session> {
                let record = self.0.load(&$core::session::Id(id)).await;
                let record = record.expect("a load")?;
                Some(Session { id: record.id.0, data: record.data })
            }

            async fn delete(&self, id: i128) {
                self.0.delete(&$core::session::Id(id)).await.expect("a delete");
            }
        }
    };
}

store! {
    /// A store for tower-sessions-core 0.14.
    V14, tower_sessions_core_0_14
}

store! {
    /// A store for tower-sessions-core 0.15.
    V15, tower_sessions_core_0_15
}

/// When a session of tower-sessions ends that was saved now and lives for a day.
fn tomorrow() -> OffsetDateTime {
    OffsetDateTime::now_utc() + Duration::DAY
}
