use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::date::Date;

/// Numbers from here on are milliseconds, below it seconds: as seconds it is the year 5138, as milliseconds March 1973.
const MILLIS_FROM: f64 = 1e11;

/// A moment: whole milliseconds since 1970-01-01T00:00:00Z.
///
/// **Read** from whatever the service sends: epoch seconds with a fraction (its API), epoch milliseconds (the invocation
/// envelope), or a date as text, `2026-03-01T12:00:00.5Z` or `2026-03-01 12:00:00.500000+00:00`. A number from 10¹¹ on is
/// milliseconds. What can't be read becomes the epoch, or `None` where the member is optional: a bad timestamp never fails
/// the document it is in. So a clock that feeds this wire must not stand before March 1973.
///
/// **Written** as epoch seconds with a fraction, as the API does; the invocation envelope writes milliseconds.
///
/// ```
/// use durable_runtime::wire::Timestamp;
///
/// let moment = Timestamp::from_millis(1_767_225_600_250);
/// assert_eq!(serde_json::to_string(&moment).unwrap(), "1767225600.25");
/// for text in ["1767225600.25", "1767225600250", r#""2026-01-01T00:00:00.25Z""#, r#""2026-01-01 01:00:00.250000+01:00""#] {
///     assert_eq!(serde_json::from_str::<Timestamp>(text).unwrap(), moment, "{text}");
/// }
/// assert_eq!(moment.to_string(), "2026-01-01T00:00:00.25Z");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This much later; at most the end of time.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis_of(duration)))
    }

    /// This much earlier; at least the beginning of time.
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis_of(duration)))
    }

    /// How much later this is than `earlier`; zero when it isn't.
    pub fn saturating_duration_since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    fn from_number(number: f64) -> Option<Self> {
        let millis = if number.abs() >= MILLIS_FROM {
            number
        } else {
            number * 1000.0
        };
        // Beyond this a float no longer counts milliseconds.
        (millis.abs() <= 9.0e15).then(|| Self(millis.round() as i64))
    }

    fn from_text(text: &str) -> Option<Self> {
        Date::parse(text.trim()).map(Self)
    }
}

fn millis_of(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self(millis_of(after)),
            Err(before) => Self(-millis_of(before.duration())),
        }
    }
}

/// The date in UTC, RFC 3339; a moment outside the years 0 to 9999 as its milliseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Date::of(self.0) {
            Some(date) => write!(f, "{date}"),
            None => write!(f, "{} ms", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / 1000.0)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(optional(deserializer)?.unwrap_or_default())
    }
}

/// For members that may be absent: what can't be read is `None`.
pub(super) fn optional<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    deserializer.deserialize_any(Anything)
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Option<Timestamp>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a timestamp")
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Timestamp::from_number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Timestamp::from_number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Timestamp::from_number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Timestamp::from_text(text))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Self::Value, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}
