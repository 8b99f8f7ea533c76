//! When a session ends: the rule, from which each save and touch makes a deadline.

use std::time::Duration;

use crate::error::ErrorKind;
use crate::time::Timestamp;

/// When a session ends, as a rule. Each save and each touch makes a deadline of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expiry {
    /// So long after the last save or touch, in whole milliseconds (less is cut off, so that half a
    /// millisecond is none).
    Ttl(Duration),
    /// At this instant, whatever happens meanwhile: the first at which the session is gone.
    At(Timestamp),
    /// Never: it lives until it is removed.
    Never,
}

impl Expiry {
    /// The deadline of a session saved or touched at `now`; `None` for never.
    ///
    /// # Errors
    /// [`InvalidDeadline`](ErrorKind::InvalidDeadline) when it lies past [`Timestamp::MAX`]: it is
    /// neither wrapped nor clamped (rule EXP-4).
    pub fn deadline(self, now: Timestamp) -> Result<Option<Timestamp>, ErrorKind> {
        match self {
            Expiry::Ttl(ttl) => now
                .checked_add(ttl)
                .map(Some)
                .ok_or(ErrorKind::InvalidDeadline),
            Expiry::At(deadline) => Ok(Some(deadline)),
            Expiry::Never => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).expect("not negative")
    }

    #[test]
    fn exp_4_a_deadline_past_the_end_of_time_is_refused() {
        let second = Duration::from_secs(1);
        assert_eq!(Expiry::Ttl(second).deadline(at(7)), Ok(Some(at(1_007))));
        for ttl in [second, Duration::MAX] {
            assert_eq!(
                Expiry::Ttl(ttl).deadline(Timestamp::MAX),
                Err(ErrorKind::InvalidDeadline)
            );
        }
    }

    #[test]
    fn a_fixed_deadline_does_not_move_and_never_has_none() {
        assert_eq!(Expiry::At(at(5)).deadline(at(9)), Ok(Some(at(5))));
        assert_eq!(Expiry::Never.deadline(Timestamp::MAX), Ok(None));
    }
}
