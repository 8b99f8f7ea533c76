//! Instants, given by the caller: no driver reads a clock to judge a record.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// An instant in whole milliseconds since the Unix epoch, `0..=i64::MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The Unix epoch. Given as `now`, every record that is stored counts as live (no deadline lies
    /// before it but the epoch itself).
    pub const MIN: Timestamp = Timestamp(0);

    /// The last instant that can be expressed, some 292 million years from now.
    pub const MAX: Timestamp = Timestamp(i64::MAX);

    /// The instant so many milliseconds after the Unix epoch, or `None` when `millis` is negative.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Option<Timestamp> {
        if millis < 0 {
            None
        } else {
            Some(Timestamp(millis))
        }
    }

    /// The milliseconds since the Unix epoch, never negative.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// What the system's clock says. A clock set before 1970 reads as [`Timestamp::MIN`].
    #[must_use]
    pub fn now() -> Timestamp {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::MIN.saturating_add(since_epoch)
    }

    /// This instant and `duration` (cut to whole milliseconds), or `None` past [`Timestamp::MAX`].
    #[must_use]
    pub fn checked_add(self, duration: Duration) -> Option<Timestamp> {
        let millis = i64::try_from(duration.as_millis()).ok()?;
        self.0.checked_add(millis).map(Timestamp)
    }

    /// This instant and `duration` (cut to whole milliseconds), at most [`Timestamp::MAX`].
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Timestamp {
        self.checked_add(duration).unwrap_or(Timestamp::MAX)
    }

    /// This instant less `duration` (cut to whole milliseconds), at least [`Timestamp::MIN`].
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Timestamp {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Timestamp((self.0 - millis).max(0))
    }

    /// How long after `earlier` this instant is; zero when it is not after it.
    #[must_use]
    pub fn saturating_duration_since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }
}

/// Whether a record with this deadline is live at `now`: the one comparison of rule EXP-1.
///
/// `expires_at` is the first dead instant; without one a record never expires.
///
/// ```
/// use session_driver::{Timestamp, is_live};
///
/// let deadline = Timestamp::from_millis(1_000);
/// assert!(is_live(deadline, Timestamp::from_millis(999).unwrap()));
/// assert!(!is_live(deadline, Timestamp::from_millis(1_000).unwrap()));
/// assert!(is_live(None, Timestamp::MAX));
/// ```
#[must_use]
pub fn is_live(expires_at: Option<Timestamp>, now: Timestamp) -> bool {
    expires_at.is_none_or(|deadline| now < deadline)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_stops_at_the_ends() {
        assert_eq!(Timestamp::from_millis(-1), None);
        assert_eq!(Timestamp::MAX.checked_add(Duration::from_millis(1)), None);
        assert_eq!(Timestamp::MIN.saturating_add(Duration::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::MAX.saturating_sub(Duration::MAX), Timestamp::MIN);
        assert_eq!(
            Timestamp::MIN.saturating_sub(Duration::from_secs(1)),
            Timestamp::MIN
        );
        assert_eq!(
            Timestamp::MIN.saturating_duration_since(Timestamp::MAX),
            Duration::ZERO
        );
    }

    #[test]
    fn the_clock_is_later_than_this_file() {
        assert!(Timestamp::now().as_millis() > 1_750_000_000_000);
    }
}
