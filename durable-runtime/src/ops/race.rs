//! `race!`: several branches, and the result of whichever returns first.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::task::Poll;

use super::combine::{Branch, Combinator};
use crate::durable::{Durable, Tuning};
use crate::site::Site;

/// `race!(…)`: the first branch to return; the others are abandoned.
#[doc(hidden)]
#[must_use = "durable operations do nothing unless a workflow awaits them"]
#[derive(Debug)]
pub struct Race<T>(T);

/// Called by generated code only.
#[doc(hidden)]
pub fn race<T>(branches: T) -> Race<T> {
    Race(branches)
}

macro_rules! race {
    ($race:ident, $words:literal: $($name:ident $variant:ident $number:literal),+) => {
        #[doc = concat!("Which of ", $words, " branches of a `race!` returned first, and what it returned.")]
        ///
        /// A `match` directly on a `race!` with labels may use the labels as patterns instead of the variants.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $race<$($name),+> {
            $(
                #[doc = concat!("Branch number ", stringify!($number), ", counted from 0 in source order.")]
                $variant($name),
            )+
        }

        #[diagnostic::do_not_recommend]
        impl<$($name: Durable<Output: Send> + Send),+> Durable for Race<($(Branch<$name>,)+)> {
            type Output = $race<$($name::Output),+>;
            type __Kind = crate::locked::Race;

            #[expect(non_snake_case, reason = "one name for a branch's type, future and value")]
            async fn __operation(self, site: &'static Site, tuning: Tuning) -> Self::Output {
                let at = Combinator::reach(site, tuning).await;
                let Self(($($name,)+)) = self;
                let keys = [$($name.key),+];
                let chosen = at.chosen_branch(&keys).await;
                $(let mut $name = pin!($name.lane(&at, $number));)+
                let mut first = None;
                let first = poll_fn(|cx| {
                    if first.is_none() {
                        $(
                            if first.is_none()
                                && chosen.is_none_or(|chosen| chosen == $number)
                                && $name.as_mut().poll(cx)
                            {
                                first = Some($number);
                            }
                        )+
                        if first.is_some() {
                            at.make_ghosts(&[$($name.running()),+]);
                        }
                    }
                    let ghosts = match chosen {
                        Some(_) => at.has_ghosts(),
                        None => first.is_some() && at.lags(),
                    };
                    if ghosts {
                        $(
                            if first != Some($number) && chosen != Some($number) {
                                $name.as_mut().poll(cx);
                            }
                        )+
                    }
                    match first {
                        Some(first) if at.is_settled(cx) => Poll::Ready(first),
                        _ => Poll::Pending,
                    }
                })
                .await;
                $($name.as_mut().abandon();)+
                if chosen.is_none() {
                    at.decide(&keys, first).await;
                }
                $(
                    if first == $number && let Some(value) = $name.as_mut().take() {
                        return $race::$variant(value);
                    }
                )+
                pending().await
            }
        }
    };
}

race!(Race1, "one": A First 0);
race!(Race2, "two": A First 0, B Second 1);
race!(Race3, "three": A First 0, B Second 1, C Third 2);
race!(Race4, "four": A First 0, B Second 1, C Third 2, D Fourth 3);
race!(Race5, "five": A First 0, B Second 1, C Third 2, D Fourth 3, E Fifth 4);
race!(Race6, "six": A First 0, B Second 1, C Third 2, D Fourth 3, E Fifth 4, F Sixth 5);
race!(Race7, "seven": A First 0, B Second 1, C Third 2, D Fourth 3, E Fifth 4, F Sixth 5, G Seventh 6);
race!(Race8, "eight": A First 0, B Second 1, C Third 2, D Fourth 3, E Fifth 4, F Sixth 5, G Seventh 6, H Eighth 7);
race!(Race9, "nine": A First 0, B Second 1, C Third 2, D Fourth 3, E Fifth 4, F Sixth 5, G Seventh 6, H Eighth 7, I Ninth 8);
race!(Race10, "ten": A First 0, B Second 1, C Third 2, D Fourth 3, E Fifth 4, F Sixth 5, G Seventh 6, H Eighth 7, I Ninth 8, J Tenth 9);
race!(Race11, "eleven": A First 0, B Second 1, C Third 2, D Fourth 3, E Fifth 4, F Sixth 5, G Seventh 6, H Eighth 7, I Ninth 8, J Tenth 9, K Eleventh 10);
race!(Race12, "twelve": A First 0, B Second 1, C Third 2, D Fourth 3, E Fifth 4, F Sixth 5, G Seventh 6, H Eighth 7, I Ninth 8, J Tenth 9, K Eleventh 10, L Twelfth 11);
