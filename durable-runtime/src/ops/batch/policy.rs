//! When a batch is complete, and why. Values only.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum CompletionReason {
    /// Every item has ended, well or not.
    AllCompleted,
    /// As many items have succeeded as [`min_successful`](crate::Batch::min_successful) asks for.
    MinSuccessfulReached,
    /// More items have failed than the batch tolerates.
    FailureToleranceExceeded,
    /// What [`until`](crate::Batch::until) asks for has come true.
    PredicateMatched,
}

/// The word that stands in the history: `ALL_COMPLETED` and so on.
impl fmt::Display for CompletionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::AllCompleted => "ALL_COMPLETED",
            Self::MinSuccessfulReached => "MIN_SUCCESSFUL_REACHED",
            Self::FailureToleranceExceeded => "FAILURE_TOLERANCE_EXCEEDED",
            Self::PredicateMatched => "PREDICATE_MATCHED",
        })
    }
}

/// How far a batch has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The items in the list.
    pub total: usize,
    /// The items that have succeeded.
    pub succeeded: usize,
    /// The items that have failed.
    pub failed: usize,
}

impl Progress {
    /// The items that have ended.
    #[must_use]
    pub const fn completed(&self) -> usize {
        self.succeeded + self.failed
    }
}

/// What completes a batch before its last item has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Policy {
    pub(super) min_successful: Option<usize>,
    pub(super) tolerated_failures: Option<usize>,
    /// Of all items in the list, 0 to 100.
    pub(super) tolerated_percentage: Option<f64>,
}

impl Policy {
    /// The first failure ends it.
    pub(super) const FAIL_FAST: Self = Self {
        min_successful: None,
        tolerated_failures: Some(0),
        tolerated_percentage: None,
    };

    /// Whether the batch is complete. Of several reasons the first here wins: too many failures, nothing left to do, enough successes, the
    /// caller's own.
    pub(super) fn decide(
        &self,
        progress: &Progress,
        until: impl FnOnce(&Progress) -> bool,
    ) -> Option<CompletionReason> {
        if self.is_exceeded(progress) {
            Some(CompletionReason::FailureToleranceExceeded)
        } else if progress.completed() >= progress.total {
            Some(CompletionReason::AllCompleted)
        } else if self
            .min_successful
            .is_some_and(|enough| progress.succeeded >= enough)
        {
            Some(CompletionReason::MinSuccessfulReached)
        } else {
            until(progress).then_some(CompletionReason::PredicateMatched)
        }
    }

    /// Exactly as many failures as are tolerated are tolerated.
    fn is_exceeded(&self, progress: &Progress) -> bool {
        let by_count = self
            .tolerated_failures
            .is_some_and(|tolerated| progress.failed > tolerated);
        let by_share = self.tolerated_percentage.is_some_and(|tolerated| {
            progress.failed as f64 * 100.0 > tolerated * progress.total as f64
        });
        by_count || by_share
    }

    /// What is wrong with it for a list of so many items.
    pub(super) fn problem(&self, total: usize) -> Option<String> {
        match (self.min_successful, self.tolerated_percentage) {
            (Some(0), _) => {
                Some("`.min_successful(0)` asks for nothing; the smallest number is 1".to_owned())
            }
            (Some(enough), _) if enough > total => Some(format!(
                "`.min_successful({enough})` can't be reached with {total} items"
            )),
            (_, Some(share)) if !(0.0..=100.0).contains(&share) => Some(format!(
                "`.tolerate_failure_percentage({share})` is no percentage; it takes 0 to 100"
            )),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn progress(total: usize, succeeded: usize, failed: usize) -> Progress {
        Progress {
            total,
            succeeded,
            failed,
        }
    }

    const fn never(_: &Progress) -> bool {
        false
    }

    #[test]
    fn an_empty_batch_is_complete() {
        let reason = Policy::FAIL_FAST.decide(&progress(0, 0, 0), never);
        assert_eq!(reason, Some(CompletionReason::AllCompleted));
    }

    #[test]
    fn a_share_that_is_just_tolerated_is_tolerated() {
        let policy = Policy {
            tolerated_percentage: Some(25.0),
            ..Policy::default()
        };
        assert_eq!(policy.decide(&progress(4, 0, 1), never), None);
        assert_eq!(
            policy.decide(&progress(4, 0, 2), never),
            Some(CompletionReason::FailureToleranceExceeded)
        );
    }

    #[test]
    fn a_wanted_number_of_successes_alone_limits_no_failures() {
        let policy = Policy {
            min_successful: Some(3),
            ..Policy::default()
        };
        assert_eq!(policy.decide(&progress(3, 1, 1), never), None);
        assert_eq!(
            policy.decide(&progress(3, 2, 1), never),
            Some(CompletionReason::AllCompleted)
        );
    }

    #[test]
    fn policies_that_make_no_sense_are_told() {
        let of = |min, share| Policy {
            min_successful: min,
            tolerated_failures: None,
            tolerated_percentage: share,
        };
        for (policy, part) in [
            (of(Some(0), None), "smallest"),
            (of(Some(4), None), "3 items"),
            (of(None, Some(-1.0)), "-1"),
            (of(None, Some(100.5)), "100.5"),
            (of(None, Some(f64::NAN)), "NaN"),
        ] {
            let problem = policy.problem(3).unwrap();
            assert!(problem.contains(part), "{problem}");
        }
        assert_eq!(of(Some(3), Some(100.0)).problem(3), None);
    }

    fn policies() -> impl Strategy<Value = Policy> {
        (
            proptest::option::of(1usize..20),
            proptest::option::of(0usize..20),
            proptest::option::of(0u32..=100),
        )
            .prop_map(|(min_successful, tolerated_failures, share)| Policy {
                min_successful,
                tolerated_failures,
                tolerated_percentage: share.map(f64::from),
            })
    }

    proptest! {
        /// The same by integers, written the other way round.
        #[test]
        fn the_reasons_come_in_their_order(
            policy in policies(),
            succeeded in 0usize..20,
            failed in 0usize..20,
            left in 0usize..20,
            asked in any::<bool>(),
        ) {
            let total = succeeded + failed + left;
            let too_many = policy.tolerated_failures.is_some_and(|most| failed > most)
                || policy.tolerated_percentage.is_some_and(|share| failed * 100 > share as usize * total);
            let expected = match () {
                () if too_many => Some(CompletionReason::FailureToleranceExceeded),
                () if left == 0 => Some(CompletionReason::AllCompleted),
                () if policy.min_successful.is_some_and(|least| succeeded >= least) => {
                    Some(CompletionReason::MinSuccessfulReached)
                }
                () if asked => Some(CompletionReason::PredicateMatched),
                () => None,
            };
            prop_assert_eq!(policy.decide(&progress(total, succeeded, failed), |_| asked), expected);
        }

        /// Whatever the policy, a batch whose items all end is complete, and stays so.
        #[test]
        fn every_batch_ends(policy in policies(), outcomes in proptest::collection::vec(any::<bool>(), 0..30)) {
            let mut now = progress(outcomes.len(), 0, 0);
            let mut decided = policy.decide(&now, never);
            for good in outcomes {
                if decided.is_some() {
                    break;
                }
                if good { now.succeeded += 1 } else { now.failed += 1 }
                decided = policy.decide(&now, never);
            }
            prop_assert!(decided.is_some());
        }
    }
}
