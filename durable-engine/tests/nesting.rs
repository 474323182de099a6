//! Blocks in blocks: what they hold grows with their number, and not with its power.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

use durable_engine::TestEngine;
use durable_runtime::prelude::*;

#[step]
async fn number(number: u32) -> u32 {
    number
}

#[durable_workflow]
async fn deep() -> Result<u32> {
    #[id("level 10")]
    let joined = join!(inner => async {
            #[id("level 9")]
            let joined = join!(inner => async {
                #[id("level 8")]
                let joined = join!(inner => async {
                    #[id("level 7")]
                    let joined = join!(inner => async {
                        #[id("level 6")]
                        let joined = join!(inner => async {
                            #[id("level 5")]
                            let joined = join!(inner => async {
                                #[id("level 4")]
                                let joined = join!(inner => async {
                                    #[id("level 3")]
                                    let joined = join!(inner => async {
                                        #[id("level 2")]
                                        let joined = join!(inner => async {
                                            #[id("level 1")]
                                            let joined = join!(inner => number(0), beside => number(1).named("1"));
                                            joined.0
                                        }, beside => number(2).named("2"));
                                        joined.0
                                    }, beside => number(3).named("3"));
                                    joined.0
                                }, beside => number(4).named("4"));
                                joined.0
                            }, beside => number(5).named("5"));
                            joined.0
                        }, beside => number(6).named("6"));
                        joined.0
                    }, beside => number(7).named("7"));
                    joined.0
                }, beside => number(8).named("8"));
                joined.0
            }, beside => number(9).named("9"));
            joined.0
        }, beside => number(10).named("10"));
    Ok(joined.0)
}

#[tokio::test]
async fn combinators_in_combinators_fit_on_the_stack() {
    let engine = TestEngine::builder().register(deep).start().await.unwrap();
    let run = engine.start(deep, ()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 0);
}
