//! The parts of an operation that is made of several: they share its site.

use super::op::{Here, Op, OpKind, Snapshot};
use crate::durable::Tuning;
use crate::identity::OperationId;
use crate::replay::Place;
use crate::site::Site;
use crate::wire::{ErrorObject, limits};

impl Op {
    /// Reaches the `n`th part called `word` of the operation at `site`, from inside the scope that the operation opened. A bare word is no JSON, so no
    /// `.keyed(..)` gives the same id. Its name is the whole's with the word behind it.
    pub(crate) async fn reach_part(
        site: &'static Site,
        (word, n): (&str, u32),
        kind: &'static OpKind,
        whole: &str,
    ) -> (Self, Option<Snapshot>) {
        let here = Here::get(site);
        let Some((id, _)) = Self::part(site, (word, n)) else {
            let message = format!(
                "a part of `{}` was reached after its scope had ended",
                site.key
            );
            here.fail(ErrorObject::new("ScopeClosed", message)).await
        };
        let mut tuning = Tuning::default();
        tuning.set_label(part_name(whole, word, n));
        let place = Place { id, n };
        Self::reach_at(here, place, site, &tuning, kind, None).await
    }

    /// The part's id, and whether it is recorded. Reaches nothing. `None` when the scope has ended.
    pub(crate) fn part(site: &'static Site, (word, n): (&str, u32)) -> Option<(OperationId, bool)> {
        let here = Here::get(site);
        let state = here.core.state.lock();
        let scope = state.scopes.get(here.scope)?;
        let id = OperationId::derive(&scope.id, &site.id, word, u64::from(n));
        Some((id, state.history.get(&id).is_some()))
    }
}

/// `approval-callback`, `pay-backoff-2`; cut where the service would refuse it.
fn part_name(whole: &str, word: &str, n: u32) -> String {
    let suffix = match n {
        0 => format!("-{word}"),
        n => format!("-{word}-{n}"),
    };
    let room = limits::OPERATION_NAME_MAX.saturating_sub(suffix.len());
    let mut name: String = whole.chars().take(room).collect();
    name.push_str(&suffix);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_its_end() {
        assert_eq!(part_name("approval", "callback", 0), "approval-callback");
        assert_eq!(part_name("pay", "backoff", 2), "pay-backoff-2");
        let long = part_name(&"x".repeat(256), "submitter", 0);
        assert_eq!(long.len(), 256);
        assert!(long.ends_with("x-submitter"));
    }
}
