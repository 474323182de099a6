//! What waits for an execution that restarts.

use std::time::Duration;

use durable_engine::service::{InvokeRequest, ListQuery};
use durable_engine::{TestEngine, TestEngineBuilder};
use durable_runtime::prelude::*;

use crate::dying::Dying;

#[durable_workflow]
async fn countdown(left: u32) -> Result<String> {
    sleep(Duration::from_secs(1)).await;
    if left > 0 {
        return restart(left - 1).await;
    }
    Ok("lift-off".to_owned())
}

#[durable_workflow]
async fn launch() -> Result<String> {
    let said = invoke::<String>("countdown", &3).await?;
    Ok(said)
}

#[tokio::test]
async fn a_target_that_restarts_ends_for_its_caller_where_its_last_successor_does() {
    let mut writes = 1;
    loop {
        let store = Dying::after(writes);
        let build = |builder: TestEngineBuilder| builder.register(launch).register(countdown);
        let engine = build(TestEngine::on(store.clone())).start().await.unwrap();
        let started = engine.start(launch, ()).id("one").await;
        let survived = match &started {
            Err(_) => false,
            Ok(run) => tokio::select! {
                result = run.result() => result.is_ok(),
                () = store.died() => false,
            },
        };
        drop(started);
        let crashed = engine.crash();
        store.revive();
        let engine = build(crashed).start().await.unwrap();
        let run = engine.start(launch, ()).id("one").await.unwrap();
        assert_eq!(
            run.result().await.unwrap(),
            "lift-off",
            "after {writes} writes"
        );
        let service = engine.service();
        let page = service.list("countdown", ListQuery::default());
        assert_eq!(
            page.await.unwrap().executions.len(),
            4,
            "after {writes} writes"
        );
        if survived {
            break;
        }
        writes += 1;
    }
    let engine = TestEngine::builder()
        .register(countdown)
        .start()
        .await
        .unwrap();
    let service = engine.service();
    let answer = service.invoke(InvokeRequest::new("countdown", "2")).await;
    assert_eq!(answer.unwrap().payload, "\"lift-off\"");
}
