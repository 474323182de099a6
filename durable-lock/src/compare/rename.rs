//! Which of a workflow's new operations may be a locked one under another name.

use super::{Place, has_scope, part};
use crate::lock::Entry;

/// Which new place each vanished operation may have become, the likeliest pairs first; each of both is in one pair at most.
pub(super) fn renames<'a>(
    gone: &[&'a Entry],
    places: &[Place],
    new: &[usize],
) -> Vec<(usize, &'a Entry)> {
    let mut pairs = Vec::new();
    let mut numbers: Vec<usize> = Vec::new();
    for number in new {
        // Two places in exclusive arms with one key are one operation.
        let key = |number: usize| places.get(number).map(|place| &place.key);
        if !numbers.iter().any(|known| key(*known) == key(*number)) {
            numbers.push(*number);
        }
    }
    for entry in gone {
        for number in &numbers {
            if let Some(place) = places.get(*number)
                && may_be(entry, place)
            {
                pairs.push((likeness(entry, place), *number, *entry));
            }
        }
    }
    pairs.sort_by(|(left, ..), (right, ..)| right.total_cmp(left));
    let mut chosen: Vec<(usize, &Entry)> = Vec::new();
    for (likeness, number, entry) in &pairs {
        let taken = |(other, known): &(usize, &Entry)| other == number || known.key == entry.key;
        // Without a likeness they may be the same still, if nothing else can be.
        let rivals = pairs
            .iter()
            .filter(|(_, other, known)| (other == number) != (known.key == entry.key));
        let counts = *likeness >= LEAST_LIKENESS || rivals.count() == 0;
        if counts && !chosen.iter().any(taken) {
            chosen.push((*number, *entry));
        }
    }
    chosen
}

/// Whether a new place can be a locked operation under another key.
fn may_be(entry: &Entry, place: &Place) -> bool {
    // The scope of a branch without a label is named after the operation.
    let own = in_own_branch(&entry.scope, entry.text_key())
        .or_else(|| in_own_branch(&entry.scope, &entry.key));
    let is_own = place.in_branch && !place.labelled;
    let same_branch = is_own && own.is_some() && own == in_own_branch(&place.scope, &place.key);
    entry.kind.fits(place.kind) && (same_branch || has_scope(entry, place))
}

/// The scope around the branch that an operation with this key is, if the branch is named after it.
fn in_own_branch<'a>(scope: &'a str, key: &str) -> Option<&'a str> {
    scope.strip_suffix(&*part(key))?.strip_suffix('.')
}

/// Whether a new place looks like a locked operation, so that nobody has to be asked which of two it is.
#[must_use]
pub fn is_alike(entry: &Entry, place: &Place) -> bool {
    likeness(entry, place) >= LEAST_LIKENESS
}

/// How much a new place looks like a locked operation, from 0; above 1 where both call the same.
fn likeness(entry: &Entry, place: &Place) -> f64 {
    if entry.callee == place.callee && !entry.callee.is_empty() {
        return 2.0;
    }
    strsim::jaro_winkler(entry.text_key(), &place.key)
        .max(words_in_common(entry.text_key(), &place.key))
}

/// Between the likeness of `charge` and `charge_card` (0.91) and that of `charge` and `ship` (0.47).
const LEAST_LIKENESS: f64 = 0.75;

/// The share of the shorter key's words that the other has: `charge_card` and `card_charge` are alike.
fn words_in_common(left: &str, right: &str) -> f64 {
    let words = |key: &str| -> Vec<String> {
        key.split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| word.len() > 2)
            .map(str::to_ascii_lowercase)
            .collect()
    };
    let (left, right) = (words(left), words(right));
    let shorter = left.len().min(right.len());
    if shorter == 0 {
        return 0.0;
    }
    let common = left.iter().filter(|word| right.contains(word)).count();
    let [common, shorter] = [common, shorter].map(|count| u32::try_from(count).unwrap_or(u32::MAX));
    f64::from(common) / f64::from(shorter)
}
