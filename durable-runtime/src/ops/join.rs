//! `join!` and `try_join!`: several branches at once.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::task::Poll;

use super::combine::{Branch, Combinator};
use crate::durable::{Durable, Tuning};
use crate::site::Site;

/// `join!(…)`: all branches, to the end.
#[doc(hidden)]
#[must_use = "durable operations do nothing unless a workflow awaits them"]
#[derive(Debug)]
pub struct Join<T>(T);

/// `try_join!(…)`: all branches, or the first error.
#[doc(hidden)]
#[must_use = "durable operations do nothing unless a workflow awaits them"]
#[derive(Debug)]
pub struct TryJoin<T>(T);

/// Called by generated code only.
#[doc(hidden)]
pub fn join<T>(branches: T) -> Join<T> {
    Join(branches)
}

/// Called by generated code only.
#[doc(hidden)]
pub fn try_join<T>(branches: T) -> TryJoin<T> {
    TryJoin(branches)
}

macro_rules! joins {
    ($($name:ident $value:ident $number:literal),+) => {
        #[diagnostic::do_not_recommend]
        impl<$($name: Durable<Output: Send> + Send),+> Durable for Join<($(Branch<$name>,)+)> {
            type Output = ($($name::Output,)+);
            type __Kind = crate::locked::Join;

            #[expect(non_snake_case, reason = "one name for a branch's type, future and value")]
            async fn __operation(self, site: &'static Site, tuning: Tuning) -> Self::Output {
                let at = Combinator::reach(site, tuning).await;
                if at.chosen().is_some() {
                    at.diverged("a `join!` records none").await;
                }
                let Self(($($name,)+)) = self;
                $(let mut $name = pin!($name.lane(&at, $number));)+
                poll_fn(|cx| {
                    let mut finished = true;
                    $(finished &= $name.as_mut().poll(cx);)+
                    if finished { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
                match ($($name.as_mut().take(),)+) {
                    ($(Some($name),)+) => ($($name,)+),
                    _ => pending().await,
                }
            }
        }

        #[diagnostic::do_not_recommend]
        impl<Error: Send, $($name, $value: Send),+> Durable for TryJoin<($(Branch<$name>,)+)>
        where
            $($name: Durable<Output = Result<$value, Error>> + Send),+
        {
            type Output = Result<($($value,)+), Error>;
            type __Kind = crate::locked::TryJoin;

            #[expect(non_snake_case, reason = "one name for a branch's type, future and value")]
            async fn __operation(self, site: &'static Site, tuning: Tuning) -> Self::Output {
                let at = Combinator::reach(site, tuning).await;
                let Self(($($name,)+)) = self;
                let keys = [$($name.key),+];
                let chosen = at.chosen_branch(&keys).await;
                $(let mut $name = pin!($name.lane(&at, $number));)+
                let mut abandoned = false;
                let failed = poll_fn(|cx| {
                    let mut finished = true;
                    let mut failed = None;
                    $(
                        if chosen.is_none_or(|chosen| chosen == $number) {
                            finished &= $name.as_mut().poll(cx);
                            if failed.is_none() && $name.as_mut().output().is_some_and(Result::is_err) {
                                failed = Some($number);
                            }
                        } else if at.has_ghosts() {
                            $name.as_mut().poll(cx);
                        }
                    )+
                    if failed.is_some() && !finished && !std::mem::replace(&mut abandoned, true) {
                        at.make_ghosts(&[$($name.running()),+]);
                    }
                    match failed {
                        Some(branch) if at.is_settled(cx) => Poll::Ready(Some((branch, finished))),
                        None if finished && at.is_settled(cx) => Poll::Ready(None),
                        _ => Poll::Pending,
                    }
                })
                .await;
                if let Some((branch, finished)) = failed {
                    $($name.as_mut().abandon();)+
                    if !finished {
                        at.decide(&keys, branch).await;
                    }
                    $(
                        if branch == $number && let Some(Err(error)) = $name.as_mut().take() {
                            return Err(error);
                        }
                    )+
                }
                if chosen.is_some() {
                    at.diverged("the branch that is recorded as the one that failed succeeds").await;
                }
                match ($($name.as_mut().take(),)+) {
                    ($(Some(Ok($name)),)+) => Ok(($($name,)+)),
                    _ => pending().await,
                }
            }
        }
    };
}

joins!(A AV 0);
joins!(A AV 0, B BV 1);
joins!(A AV 0, B BV 1, C CV 2);
joins!(A AV 0, B BV 1, C CV 2, D DV 3);
joins!(A AV 0, B BV 1, C CV 2, D DV 3, E EV 4);
joins!(A AV 0, B BV 1, C CV 2, D DV 3, E EV 4, F FV 5);
joins!(A AV 0, B BV 1, C CV 2, D DV 3, E EV 4, F FV 5, G GV 6);
joins!(A AV 0, B BV 1, C CV 2, D DV 3, E EV 4, F FV 5, G GV 6, H HV 7);
joins!(A AV 0, B BV 1, C CV 2, D DV 3, E EV 4, F FV 5, G GV 6, H HV 7, I IV 8);
joins!(A AV 0, B BV 1, C CV 2, D DV 3, E EV 4, F FV 5, G GV 6, H HV 7, I IV 8, J JV 9);
joins!(A AV 0, B BV 1, C CV 2, D DV 3, E EV 4, F FV 5, G GV 6, H HV 7, I IV 8, J JV 9, K KV 10);
joins!(A AV 0, B BV 1, C CV 2, D DV 3, E EV 4, F FV 5, G GV 6, H HV 7, I IV 8, J JV 9, K KV 10, L LV 11);
