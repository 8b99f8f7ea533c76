//! Dates of tower-sessions as deadlines of a driver, and back.

use session_driver::Timestamp;
use time::{OffsetDateTime, PrimitiveDateTime};

const NANOS_PER_MILLI: i128 = 1_000_000;

/// The first whole millisecond at which a session with this date is dead.
///
/// A part of a millisecond counts as a whole one: cut off, it would end the session early (rule
/// EXP-4). A date before 1970 is the epoch, which has passed just as well.
pub(crate) fn deadline(date: OffsetDateTime) -> Timestamp {
    let millis = -(-date.unix_timestamp_nanos()).div_euclid(NANOS_PER_MILLI);
    // No date is too late for a timestamp, not even with time's feature `large-dates`.
    let millis = i64::try_from(millis.max(0)).unwrap_or(i64::MAX);
    Timestamp::from_millis(millis).unwrap_or(Timestamp::MIN)
}

/// The date of a deadline; for one that is later than any date, and for none, the last date.
pub(crate) fn date(deadline: Option<Timestamp>) -> OffsetDateTime {
    deadline
        .map(|deadline| i128::from(deadline.as_millis()) * NANOS_PER_MILLI)
        .and_then(|nanos| OffsetDateTime::from_unix_timestamp_nanos(nanos).ok())
        .unwrap_or(PrimitiveDateTime::MAX.assume_utc())
}

#[cfg(test)]
mod tests {
    use time::{Duration, UtcOffset};

    use super::*;

    const EPOCH: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
    const LAST: OffsetDateTime = PrimitiveDateTime::MAX.assume_utc();

    #[test]
    fn a_part_of_a_millisecond_ends_no_session_early() {
        for (nanos, millis) in [
            (0, 0),
            (1, 1),
            (999_999, 1),
            (1_000_000, 1),
            (1_000_001, 2),
            (1_750_000_000_123_000_000, 1_750_000_000_123),
            (1_750_000_000_123_456_789, 1_750_000_000_124),
        ] {
            let date = EPOCH + Duration::nanoseconds(nanos);
            assert_eq!(deadline(date).as_millis(), millis, "{date}");
        }
    }

    #[test]
    fn every_deadline_a_date_can_hold_comes_back() {
        for millis in [
            0,
            1,
            1_750_000_000_123,
            i64::from(u32::MAX) * 1000,
            253_402_300_799_999,
        ] {
            let instant = Timestamp::from_millis(millis);
            assert_eq!(Some(deadline(date(instant))), instant);
        }
    }

    #[test]
    fn dates_beyond_the_range_are_its_ends() {
        let west = UtcOffset::from_hms(-23, 0, 0).expect("within a day");
        let first = PrimitiveDateTime::MIN.assume_utc();
        assert_eq!(deadline(first), Timestamp::MIN);
        assert_eq!(deadline(EPOCH - Duration::nanoseconds(1)), Timestamp::MIN);
        let beyond_year_9999 = PrimitiveDateTime::MAX.assume_offset(west);
        assert!(deadline(beyond_year_9999) > deadline(LAST));

        assert_eq!(date(Some(deadline(LAST))), LAST);
        assert_eq!(date(Some(deadline(beyond_year_9999))), LAST);
        assert_eq!(date(Some(Timestamp::MAX)), LAST);
        assert_eq!(date(None), LAST);
    }
}
