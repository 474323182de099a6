//! [`Date`]: moments as people write them, RFC 3339.
//!
//! By hand, since the calendar is all of it that is needed: a crate for dates has time zones and a grammar for everything, and would be in every bootstrap
//! binary. The tests hold it against one.

use std::fmt;

const DAY: i64 = 86_400_000;

/// A moment in UTC, in a year from 0 to 9999: those that RFC 3339 can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    millis: i64,
}

impl Date {
    /// The beginning of 1970.
    #[cfg(feature = "lambda-lean")]
    pub(crate) const EPOCH: Self = Self {
        year: 1970,
        month: 1,
        day: 1,
        hour: 0,
        minute: 0,
        second: 0,
        millis: 0,
    };

    /// The date so many milliseconds after the beginning of 1970. `None` in other years.
    pub(crate) fn of(millis: i64) -> Option<Self> {
        let time = millis.rem_euclid(DAY);
        // Years begin in March here, so that a leap day is the last of its year; an era is the 400 years after which the calendar repeats itself.
        let days = millis.div_euclid(DAY) + 719_468;
        let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (year * 365 + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let is_new_year = month >= 10;
        let year = era * 400 + year + i64::from(is_new_year);
        (0..=9999).contains(&year).then_some(Self {
            year,
            month: if is_new_year { month - 9 } else { month + 3 },
            day: day - (153 * month + 2) / 5 + 1,
            hour: time / 3_600_000,
            minute: time / 60_000 % 60,
            second: time / 1_000 % 60,
            millis: time % 1_000,
        })
    }

    /// The milliseconds since the beginning of 1970 that this text says; what is beyond a millisecond is cut off.
    ///
    /// Beside RFC 3339 it may have a comma before the fraction, and an offset without its colon or its minutes, as ISO 8601 allows.
    pub(super) fn parse(text: &str) -> Option<i64> {
        let mut rest = Rest(text.as_bytes());
        let year = rest.number(4)?;
        rest.any_of(b"-")?;
        let month = rest.number(2)?;
        rest.any_of(b"-")?;
        let day = rest.number(2)?;
        rest.any_of(b"Tt ")?;
        let hour = rest.number(2)?;
        rest.any_of(b":")?;
        let minute = rest.number(2)?;
        rest.any_of(b":")?;
        let second = rest.number(2)?;
        let nanos = match rest.any_of(b".,") {
            Some(_) => rest.nanos()?,
            None => 0,
        };
        let offset = rest.offset()?;

        let (next_year, next_month) = if month == 12 {
            (year + 1, 1)
        } else {
            (year, month + 1)
        };
        let month_days = days(next_year, next_month, 1) - days(year, month, 1);
        let is_real = rest.0.is_empty()
            && (1..=12).contains(&month)
            && (1..=month_days).contains(&day)
            && hour < 24
            && minute < 60
            && second <= 60;
        // No clock that counts from 1970 has leap seconds: they read as the second before.
        let time = hour * 3_600 + minute * 60 + second.min(59) - offset;
        let millis = (days(year, month, day) * 86_400 + time) * 1_000;
        let fraction = if millis < 0 {
            // Towards zero, as for the moments after it.
            (nanos + 999_999) / 1_000_000
        } else {
            nanos / 1_000_000
        };
        is_real.then_some(millis + fraction)
    }
}

/// The days from 1970-01-01 to this one, which is before it when negative.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // From March on, as above.
    let year = year - i64::from(month <= 2);
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year * 365 + year / 4 - year / 100 + day - 719_468
}

/// What is left to be read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    /// A number of so many digits.
    fn number(&mut self, digits: usize) -> Option<i64> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        number.iter().try_fold(0, |number, byte| {
            let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
            Some(number * 10 + digit)
        })
    }

    fn any_of(&mut self, wanted: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        let is_wanted = wanted.contains(first);
        is_wanted.then(|| {
            self.0 = rest;
            *first
        })
    }

    /// A fraction of a second, of one digit to nine.
    fn nanos(&mut self) -> Option<i64> {
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit());
        let digits = digits.count();
        // Before it is read: there may be more than fit in any number.
        let power = 9_u32.checked_sub(u32::try_from(digits).ok()?)?;
        let number = self.number(digits)?;
        (digits > 0).then_some(number * 10_i64.pow(power))
    }

    /// By how many seconds the clock that was read is ahead of UTC.
    fn offset(&mut self) -> Option<i64> {
        let sign = match self.any_of(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Some(0),
        };
        let hours = self.number(2)?;
        let minutes = if self.any_of(b":").is_some() || !self.0.is_empty() {
            self.number(2)?
        } else {
            0
        };
        (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
    }
}

/// In UTC, with no more of a fraction than there is.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            millis,
        } = self;
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        match (millis % 10, millis % 100) {
            _ if *millis == 0 => {}
            (_, 0) => write!(f, ".{}", millis / 100)?,
            (0, _) => write!(f, ".{:02}", millis / 10)?,
            _ => write!(f, ".{millis:03}")?,
        }
        f.write_str("Z")
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn theirs(text: &str) -> Option<i64> {
        let moment = text.parse::<Timestamp>().ok();
        moment.map(Timestamp::as_millisecond)
    }

    #[test]
    fn each_day_is_that_of_the_calendar() {
        // Four centuries and more, over the leap years that are and the one that is not.
        for day in -150_000..50_000 {
            let millis = day * DAY;
            let date = Date::of(millis).unwrap().to_string();
            let expected = Timestamp::from_millisecond(millis).unwrap().to_string();
            assert_eq!(date, expected);
            assert_eq!(Date::parse(&date), Some(millis));
        }
    }

    #[test]
    fn the_calendar_ends_with_four_digits() {
        for (millis, text) in [
            (-62_167_219_200_000, "0000-01-01T00:00:00Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Date::of(millis).unwrap().to_string(), text);
            assert_eq!(Date::parse(text), Some(millis));
        }
        for beyond in [-62_167_219_200_001, 253_402_300_800_000, i64::MIN, i64::MAX] {
            assert_eq!(Date::of(beyond), None);
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:61Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00.0123456789Z",
            "2026-01-01T00:00:00.99999999999999999999999999999Z",
            "2026-01-01T00:00:00+1Z",
            "2026-01-01T00:00:00+01:",
            "2026-01-01T00:00:00+01:60",
            "2026-01-01T00:00:00+01:00:",
            "2026-01-01T00:00:00Z ",
            "2026\u{2212}01-01T00:00:00Z",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
            assert_eq!(theirs(text), None, "{text}");
        }
    }

    /// Others read more, but RFC 3339 has no hour 24 here either.
    #[test]
    fn an_offset_is_less_than_a_day() {
        assert_eq!(Date::parse("1970-01-01T23:59:00+23:59"), Some(0));
        assert_eq!(Date::parse("1970-01-02T00:00:00+24:00"), None);
        assert_eq!(Date::parse("1970-01-02T00:00:00-24"), None);
    }

    #[test]
    fn what_is_beyond_a_millisecond_is_cut_off_towards_1970() {
        for (text, millis) in [
            ("1970-01-01T00:00:00.0009Z", 0),
            ("1970-01-01T00:00:01.9999Z", 1_999),
            ("1969-12-31T23:59:59.9991Z", 0),
            ("1969-12-31T23:59:58.0001Z", -1_999),
            ("1969-12-31T23:59:58.000Z", -2_000),
        ] {
            assert_eq!(Date::parse(text), Some(millis), "{text}");
            assert_eq!(theirs(text), Some(millis), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_date_reads_as_jiff_reads_it(
            text in "(000[1-9]|[0-9]{3}[1-8])-(0[0-9]|1[0-3])-([012][0-9]|3[0-2])[Tt ]([01][0-9]|2[0-4]):[0-5][0-9]:([0-5][0-9]|60)([.,][0-9]{1,9})?(Z|z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)",
        ) {
            prop_assert_eq!(Date::parse(&text), theirs(&text), "{}", text);
        }

        /// What is read here and not there would be a mistake of ours; the other way round there are forms that nobody sends.
        #[test]
        fn what_is_read_is_a_date(
            text in "(19|20)[0-9]{2}-?[01][0-9]-?[0-3][0-9][T ]?[0-2][0-9]:?([0-5][0-9])?:?([0-6][0-9])?[.,]?[0-9]{0,10}[Z+-]?[0-9]{0,4}:?[0-9]{0,2}",
        ) {
            if let Some(read) = Date::parse(&text) {
                prop_assert_eq!(Some(read), theirs(&text), "{}", text);
            }
        }

        #[test]
        fn a_date_is_written_as_jiff_writes_it(millis in -62_167_219_200_000_i64..253_402_200_000_000) {
            let date = Date::of(millis).unwrap().to_string();
            prop_assert_eq!(&date, &Timestamp::from_millisecond(millis).unwrap().to_string());
            prop_assert_eq!(Date::parse(&date), Some(millis));
        }
    }
}
