//! Values that were measured, and how they are written.

use std::collections::BTreeMap;

/// Values by metric and subject, in the order they were measured.
type ByMetric = BTreeMap<String, BTreeMap<String, Vec<f64>>>;

/// What the bench programs printed.
pub struct Values {
    by_metric: ByMetric,
    /// What to say under the tables.
    pub notes: Vec<String>,
    /// Why a metric could not be measured.
    absent: BTreeMap<String, String>,
}

impl Values {
    /// Reads the lines of `measure` and of `benches/run`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (mut values, mut notes, mut absent) = (ByMetric::new(), Vec::new(), BTreeMap::new());
        for line in text.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            match fields.as_slice() {
                ["value", metric, subject, value] => {
                    if let Ok(value) = value.parse() {
                        let subjects = values.entry((*metric).to_owned()).or_default();
                        subjects
                            .entry((*subject).to_owned())
                            .or_default()
                            .push(value);
                    }
                }
                ["note", note] if !notes.iter().any(|known| known == note) => {
                    notes.push((*note).to_owned());
                }
                ["absent", metric, reason] => {
                    absent.insert((*metric).to_owned(), (*reason).to_owned());
                }
                _ => {}
            }
        }
        Self {
            by_metric: values,
            notes,
            absent,
        }
    }

    /// What was measured of a subject.
    #[must_use]
    pub fn of(&self, metric: &str, subject: &str) -> Option<&[f64]> {
        self.by_metric
            .get(metric)
            .and_then(|subjects| subjects.get(subject))
            .map(Vec::as_slice)
    }

    /// Instead of a value.
    #[must_use]
    pub fn missing(&self, metric: &str) -> String {
        self.absent
            .get(metric)
            .map_or_else(|| "n/a".to_owned(), |reason| format!("n/a, {reason}"))
    }

    /// The median.
    #[must_use]
    pub fn one(&self, metric: &str, subject: &str) -> String {
        match self.of(metric, subject) {
            Some(values) => number(median(values)),
            None => self.missing(metric),
        }
    }

    /// The median. Empty for a subject that has none where others have.
    #[must_use]
    pub fn some(&self, metric: &str, subject: &str) -> String {
        match self.by_metric.get(metric) {
            Some(subjects) if !subjects.contains_key(subject) => String::new(),
            _ => self.one(metric, subject),
        }
    }

    /// The median with the least and the greatest.
    #[must_use]
    pub fn spread(&self, metric: &str, subject: &str) -> String {
        match self.of(metric, subject) {
            Some(values) => with_spread(values, number),
            None => self.missing(metric),
        }
    }

    /// One subject beside another in each round.
    #[must_use]
    pub fn pairs(
        &self,
        metric: &str,
        subject: &str,
        other: &str,
        combine: impl Fn(f64, f64) -> f64,
    ) -> Option<Vec<f64>> {
        let (one, other) = (self.of(metric, subject)?, self.of(metric, other)?);
        Some(
            one.iter()
                .zip(other)
                .map(|(one, other)| combine(*one, *other))
                .collect(),
        )
    }

    /// The median, as a number.
    #[must_use]
    pub fn middle(&self, metric: &str, subject: &str) -> Option<f64> {
        self.of(metric, subject).map(median)
    }

    /// Round by round, so that what slowed a round slowed both sides of its ratio.
    #[must_use]
    pub fn ratio(&self, metric: &str, subject: &str) -> String {
        match self.pairs(metric, subject, "ours", |them, us| them / us) {
            Some(ratios) => with_spread(&ratios, |ratio| format!("{ratio:.2}")),
            None => self.missing(metric),
        }
    }
}

/// `2 (1–3)`: the median with the least and the greatest.
pub fn with_spread(values: &[f64], format: impl Fn(f64) -> String) -> String {
    let (min, max) = values
        .iter()
        .fold((f64::MAX, f64::MIN), |(min, max), value| {
            (min.min(*value), max.max(*value))
        });
    format!(
        "{} ({}–{})",
        format(median(values)),
        format(min),
        format(max)
    )
}

/// The median.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.get(middle), sorted.len() % 2, middle.checked_sub(1)) {
        (Some(upper), 0, Some(below)) => sorted
            .get(below)
            .map_or(*upper, |lower| (lower + upper) / 2.0),
        (Some(middle), ..) => *middle,
        (None, ..) => f64::NAN,
    }
}

/// `12,345`, `123` or `1.23`.
#[must_use]
pub fn number(value: f64) -> String {
    if value.abs() < 100.0 {
        let text = format!("{value:.2}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
