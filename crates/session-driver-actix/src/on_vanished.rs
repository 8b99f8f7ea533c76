//! What becomes of a request whose session went while it was handled.

/// What becomes of a request whose session was removed, renewed or expired between its load and its
/// end: see [`DriverStore::on_vanished`](crate::DriverStore::on_vanished).
///
/// Under either choice an update leaves the session gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnVanished {
    /// It ends in an error (`NotFound`; the middleware answers 500), for what it changed was not
    /// kept. A renewal that lost to a logout ends so, too, and its state is not saved under a new
    /// key. The default.
    #[default]
    Error,
    /// It goes on as if nothing had happened, and what it changed is dropped.
    ///
    /// Two logouts that meet then both succeed. The price: the middleware renews by a delete and a
    /// save, and cannot see that the delete found nothing, so that a renewal racing a logout saves
    /// the state under a new key.
    Discard,
}
