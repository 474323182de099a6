//! A function in another language, on nothing but its standard library. Passes over in silence where there is no Python.

use durable_engine::runtime_api::Bootstrap;
use serde_json::json;

use crate::support::{invoke, parts};

const LOOP: &str = r#"
import json, os, sys, urllib.request

api = "http://%s/2018-06-01/runtime/invocation/" % os.environ["AWS_LAMBDA_RUNTIME_API"]

def handler(event):
    print("handling", event["name"])
    if event["name"] == "nobody":
        raise ValueError("nobody is no name")
    return {"greeting": "Hello, %s!" % event["name"], "handler": os.environ["_HANDLER"]}

def post(request, kind, body):
    data = json.dumps(body).encode()
    urllib.request.urlopen(urllib.request.Request(api + request + "/" + kind, data=data)).read()

while True:
    with urllib.request.urlopen(api + "next") as answer:
        request = answer.headers["Lambda-Runtime-Aws-Request-Id"]
        event = json.loads(answer.read())
    try:
        post(request, "response", handler(event))
    except Exception as error:
        post(request, "error", {"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": []})
"#;

#[tokio::test]
async fn a_python_function_is_a_function() {
    let has_python = std::process::Command::new("python3")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    if !has_python {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app.py"), LOOP).unwrap();
    let log = folder.path().join("greet.log");
    let function = Bootstrap::new("greet", ["python3", "app.py"])
        .current_dir(folder.path())
        .handler("app.handler")
        .log_file(&log)
        .start()
        .unwrap();

    let greeting = invoke(&function, json!({"name": "Ada"})).await;
    let error = invoke(&function, json!({"name": "nobody"}))
        .await
        .unwrap_err();

    assert_eq!(
        greeting,
        Ok(json!({"greeting": "Hello, Ada!", "handler": "app.handler"}))
    );
    assert_eq!(
        parts(error.into_object()),
        ("ValueError".to_owned(), "nobody is no name".to_owned())
    );
    assert_eq!(
        std::fs::read_to_string(&log).unwrap(),
        "handling Ada\nhandling nobody\n"
    );
}
