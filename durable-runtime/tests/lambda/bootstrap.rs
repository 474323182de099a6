//! A bootstrap that somebody starts by hand.

use durable_runtime::lambda;
use durable_runtime::prelude::*;

#[durable_workflow]
async fn nothing() {}

#[tokio::test]
async fn outside_of_lambda_it_says_where_it_runs() {
    // A runtime with one worker, so this goes the way of a runtime of its own too.
    let error = lambda::run(nothing).await.unwrap_err();
    assert!(matches!(error, lambda::Error::NotOnLambda { .. }));
    let printed = format!("{error:?}");
    assert!(
        printed.contains("`AWS_LAMBDA_RUNTIME_API`") && printed.contains("cargo durable serve"),
        "{printed}"
    );
}

#[test]
fn a_main_without_async_gets_the_same_answer() {
    let error = lambda::run_blocking(nothing).unwrap_err();
    assert!(matches!(error, lambda::Error::NotOnLambda { .. }));
}
