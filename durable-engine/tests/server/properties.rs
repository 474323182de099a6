//! Whatever is sent: a refusal in the service's form that names what is wrong, and an execution that is exactly as it was.

use durable_runtime::wire::InvocationOutput;
use proptest::collection::vec;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::attacks::{Plan, Target, all, plan, prelude};
use crate::held::{Held, execution};
use crate::model::assert_refused;

/// Sends everything to one execution, and then lets it go on as if nothing had been.
async fn attack(held: &Held, plans: &[Plan]) {
    let mut invocation = held.invocation().await;
    let input = &mut invocation.input;
    let used_token = input.checkpoint_token.clone();
    let operations = held.checkpoint(input, prelude()).await;
    let call = operations
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["Id"] == "call");
    let target = Target {
        arn: input.durable_execution_arn.clone(),
        token: input.checkpoint_token.clone(),
        used_token,
        callback_id: call.unwrap()["CallbackDetails"]["CallbackId"]
            .as_str()
            .unwrap()
            .to_owned(),
    };

    let before = held.seen(input).await;
    for plan in plans {
        let attack = plan.on(&target);
        let answer = attack.request.send(held.address).await;
        assert_refused(attack.operation.as_deref(), &answer);
        let message = answer.message();
        for word in &attack.words {
            assert!(
                message.contains(word.as_str()),
                "{word:?} is not in {message:?} for {plan:?}"
            );
        }
    }
    let after = held.seen(input).await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(
            String::from_utf8_lossy(before),
            String::from_utf8_lossy(after),
            "{plans:?}"
        );
    }

    held.checkpoint(input, json!([
        {"Id": "runs", "Type": "STEP", "Name": "runs", "SubType": "Step", "Action": "SUCCEED", "Payload": "3"},
        {"Id": "wait", "Type": "WAIT", "Action": "CANCEL"},
        {"Id": "open", "Type": "CONTEXT", "Action": "SUCCEED", "Payload": "4"},
    ]))
    .await;
    let path = execution(&target.arn);
    invocation.answer(&InvocationOutput::succeeded("5"));
    loop {
        let got = held.get("GetDurableExecution", &path).await.json();
        match got["Status"].as_str() {
            Some("RUNNING") => tokio::task::yield_now().await,
            status => {
                assert_eq!((status, &got["Result"]), (Some("SUCCEEDED"), &json!("5")));
                return;
            }
        }
    }
}

#[test]
fn a_refused_request_changes_nothing() {
    let runtime = Runtime::new().unwrap();
    let held = runtime.block_on(Held::start());
    let config = Config {
        cases: 40,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&vec(plan(), 1..12), |plans| {
            runtime.block_on(attack(&held, &plans));
            Ok(())
        })
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_in_the_tables_is_refused_for_what_it_is() {
    let held = Held::start().await;
    attack(&held, &all()).await;
}
