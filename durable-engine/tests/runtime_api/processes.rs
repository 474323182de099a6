//! When processes start, and when they end.

use std::time::Duration;

use durable_engine::Function;
use durable_engine::runtime_api::Endpoint;
use serde_json::json;

use crate::support::{bootstrap, eventually, invoke, invoke_with, pid, request, runs};

#[tokio::test]
async fn a_process_that_has_answered_serves_the_next_invocation() {
    let function = bootstrap("serve").start().unwrap();
    assert_eq!(function.processes(), 0, "started when needed");
    let first = pid(&function).await;
    for _ in 0..5 {
        assert_eq!(pid(&function).await, first);
    }
    assert_eq!(function.processes(), 1);
}

#[tokio::test]
async fn invocations_at_the_same_time_run_in_processes_of_their_own() {
    let function = bootstrap("serve").start().unwrap();
    let nap = || invoke(&function, json!({"do": "sleep", "ms": 1_000}));
    let (a, b, c) = tokio::join!(nap(), nap(), nap());
    let (a, b, c) = (a.unwrap(), b.unwrap(), c.unwrap());
    assert!(a != b && b != c && a != c, "{a} {b} {c}");
    assert_eq!(function.processes(), 3);
}

#[tokio::test]
async fn what_is_over_the_limit_waits_for_a_process() {
    let function = bootstrap("serve").concurrency(1).start().unwrap();
    let nap = || invoke(&function, json!({"do": "sleep", "ms": 50}));
    let (a, b, c) = tokio::join!(nap(), nap(), nap());
    assert_eq!(a, b);
    assert_eq!(b, c);
    assert_eq!(function.processes(), 1);
}

#[tokio::test]
async fn tenants_share_no_process() {
    let function = bootstrap("serve").start().unwrap();
    let of = async |tenant: &str| {
        let mut request = request(&json!({"do": "pid"}));
        request.tenant_id = Some(tenant.to_owned());
        invoke_with(&function, request).await.unwrap()
    };
    let (red, blue) = (of("red").await, of("blue").await);
    assert_ne!(red, blue);
    assert_eq!((of("red").await, of("blue").await), (red, blue));
}

#[tokio::test]
async fn an_invocation_that_nobody_waits_for_ends_with_its_process() {
    let function = bootstrap("serve").start().unwrap();
    let pid = pid(&function).await;
    let abandoned = function.invoke(request(&json!({"do": "sleep", "ms": 60_000})));
    let given_up = tokio::time::timeout(Duration::from_millis(100), abandoned).await;
    assert!(given_up.is_err());
    eventually("the process is gone", || !runs(pid)).await;
}

#[tokio::test]
async fn a_process_without_work_is_ended_after_a_while() {
    let function = bootstrap("serve")
        .idle_timeout(Duration::from_millis(200))
        .start()
        .unwrap();
    let first = pid(&function).await;
    eventually("it is gone", || !runs(first)).await;
    assert_ne!(pid(&function).await, first);
}

#[tokio::test]
async fn stopping_ends_all_of_them_and_the_invocations_that_run() {
    let function = bootstrap("serve").start().unwrap();
    let idle = pid(&function).await;
    let also = function.clone();
    let busy =
        tokio::spawn(async move { invoke(&also, json!({"do": "sleep", "ms": 60_000})).await });
    // The one that was idle is at work now.
    tokio::time::sleep(Duration::from_millis(100)).await;

    function.stop().await;

    assert!(!runs(idle));
    assert_eq!(function.processes(), 0);
    assert!(busy.await.unwrap().is_err());
    assert!(invoke(&function, json!({"do": "pid"})).await.is_err());
}

#[tokio::test]
async fn dropping_the_function_ends_its_processes() {
    let function = bootstrap("serve").start().unwrap();
    let pid = pid(&function).await;
    drop(function);
    eventually("it is gone", || !runs(pid)).await;
}

#[cfg(target_os = "linux")] // Elsewhere one that nobody has collected yet looks alive.
#[test]
fn the_end_of_the_runtime_ends_its_processes() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let function = bootstrap("serve").start().unwrap();
    let pid = runtime.block_on(pid(&function));
    drop(runtime);
    for _ in 0..1_000 {
        if !runs(pid) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("process {pid} still runs");
}

#[tokio::test]
async fn processes_wait_until_the_service_is_there() {
    let endpoint = Endpoint::later();
    let function = bootstrap("serve")
        .endpoint_url(endpoint.clone())
        .start()
        .unwrap();
    let asked = json!({"do": "env", "name": "AWS_ENDPOINT_URL_LAMBDA"});
    let early = invoke(&function, asked.clone());
    assert!(
        tokio::time::timeout(Duration::from_millis(100), early)
            .await
            .is_err()
    );
    assert_eq!(function.processes(), 0);

    endpoint.set("http://127.0.0.1:9001");

    assert_eq!(
        invoke(&function, asked).await,
        Ok(json!("http://127.0.0.1:9001"))
    );
}
