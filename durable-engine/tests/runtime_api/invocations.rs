//! What a function is handed, and what comes back.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::{ARN, bootstrap, invoke, invoke_with, request};

#[tokio::test]
async fn an_event_goes_in_and_the_answer_comes_out() {
    let function = bootstrap("serve").start().unwrap();
    let event = json!({"do": "echo", "order": {"id": "ö-42"}});
    assert_eq!(invoke(&function, event.clone()).await, Ok(event));
}

#[tokio::test]
async fn the_context_tells_the_function_who_asks_and_until_when() {
    let function = bootstrap("serve")
        .timeout(Duration::from_secs(7))
        .start()
        .unwrap();
    let mut request = request(&json!({"do": "context"}));
    request.tenant_id = Some("tenant-1".to_owned());
    request.trace_header = Some("Root=1-5759e988-bd862e3fe1be46a994272793".to_owned());
    // {"custom":{"colour":"blue"}}
    request.client_context = Some("eyJjdXN0b20iOnsiY29sb3VyIjoiYmx1ZSJ9fQ==".to_owned());
    let id = request.request_id.clone();

    let seen = invoke_with(&function, request).await.unwrap();

    let now = u64::try_from(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_millis(),
    )
    .unwrap();
    let left = seen["deadline"].as_u64().unwrap() - now;
    assert!((5_000..=7_000).contains(&left), "{left} ms left");
    assert_eq!(seen["request_id"], id);
    assert_eq!(seen["arn"], ARN);
    assert_eq!(seen["tenant"], "tenant-1");
    assert_eq!(seen["trace"], "Root=1-5759e988-bd862e3fe1be46a994272793");
    assert_eq!(seen["client"], json!({"colour": "blue"}));
}

#[tokio::test]
async fn the_environment_is_lambdas() {
    let function = bootstrap("serve")
        .endpoint_url("http://127.0.0.1:9001")
        .handler("app.handler")
        .region("eu-west-1")
        .memory_mb(512)
        .env("TABLE", "orders")
        .env("AWS_SESSION_TOKEN", "given")
        .start()
        .unwrap();
    for (name, value) in [
        ("AWS_ENDPOINT_URL_LAMBDA", json!("http://127.0.0.1:9001")),
        ("AWS_LAMBDA_FUNCTION_NAME", json!("orders")),
        ("AWS_LAMBDA_FUNCTION_VERSION", json!("$LATEST")),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", json!("512")),
        ("_HANDLER", json!("app.handler")),
        ("AWS_REGION", json!("eu-west-1")),
        ("AWS_ACCESS_KEY_ID", json!("local")),
        ("AWS_SESSION_TOKEN", json!("given")),
        ("AWS_PROFILE", Value::Null),
        ("TABLE", json!("orders")),
        ("LAMBDA_TASK_ROOT", json!(std::env::current_dir().unwrap())),
    ] {
        let seen = invoke(&function, json!({"do": "env", "name": name})).await;
        assert_eq!(seen, Ok(value), "{name}");
    }
}

#[tokio::test]
async fn it_runs_in_its_own_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(
        std::env::current_exe().unwrap(),
        folder.path().join("bootstrap"),
    )
    .unwrap();
    let function = durable_engine::runtime_api::Bootstrap::new(
        "orders",
        [
            "./bootstrap",
            "bootstrap::bootstrap_process",
            "--exact",
            "--nocapture",
        ],
    )
    .env(crate::bootstrap::MODE, "serve")
    .current_dir(folder.path())
    .log_file(folder.path().join("orders.log"))
    .start()
    .unwrap();
    let seen = invoke(&function, json!({"do": "env", "name": "LAMBDA_TASK_ROOT"})).await;
    assert_eq!(seen, Ok(json!(folder.path())));
}
