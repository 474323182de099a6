//! Texts that mean something elsewhere: in a path, in SQL, in JSON, as a callback's id.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::held::{Held, callback, execution};
use crate::http::{Answer, Request, escaped};
use crate::model::{assert_answered, assert_refused};

/// Nothing in a path is resolved or decoded twice: what isn't an ARN letter for letter is none.
#[tokio::test]
async fn paths_lead_nowhere_else() {
    let held = Held::start().await;
    let invocation = held.invocation().await;
    let arn = &invocation.input.durable_execution_arn;
    let whole = execution(arn);
    held.get("GetDurableExecution", &whole).await;
    let last = arn.rsplit('/').next().unwrap();
    let (front, _) = whole.rsplit_once(last).unwrap();
    for path in [
        format!("{front}x%2F..%2F{last}"),
        format!("{front}../{last}"),
        format!("{front}%2e%2e%2f{last}"),
        format!("{front}%252e%252e%252f{last}"),
        format!("{front}.%2F{last}"),
        format!("{front}%2F{last}"),
        format!("{front}{last}%2F"),
        format!("{front}{last}%2F.."),
        format!("{front}{last}%00"),
        format!("{front}{last}%00.json"),
        format!("{front}%00{last}"),
        format!("{front}{last}%0a"),
        format!("{front}{last}%20"),
        format!("{front}{last};x=1"),
        format!("{front}{last}%23"),
        // Overlong forms of `/` and `.`, a surrogate, a byte that begins nothing.
        format!("{front}%c0%af{last}"),
        format!("{front}%c0%ae%c0%ae/{last}"),
        format!("{front}%ed%a0%80{last}"),
        format!("{front}%ff{last}"),
        format!("{front}%{last}"),
        format!("{front}%2{last}"),
        format!("{front}%u002f{last}"),
        whole.replace('%', "%25"),
        whole.replace("%3A", "%ef%bc%9a"),
        whole.replace("arn", "ARN"),
        format!("/../etc{whole}"),
        format!("/%2e%2e{whole}"),
        format!("//{}", whole.trim_start_matches('/')),
        format!("{whole}/../../functions/echo/invocations"),
    ] {
        let answer = Request::new("GET", &path).send(held.address).await;
        let operation =
            (answer.exception() != "UnknownOperationException").then_some("GetDurableExecution");
        assert_refused(operation, &answer);
        assert!([400, 404].contains(&answer.status), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn statements_in_names_are_names() {
    let held = Held::start().await;
    let invocation = held.invocation().await;
    let path = execution(&invocation.input.durable_execution_arn);
    for sql in [
        "' OR '1'='1",
        "n-0'--",
        "x'; DROP TABLE executions; --",
        "\\' OR 1=1 --",
        "n-0\" OR \"\"=\"",
        "%",
        "n-_",
        "n-0' UNION SELECT 1",
    ] {
        let sql = escaped(sql);
        for path in [
            format!("/2025-12-01/functions/orders/durable-executions?DurableExecutionName={sql}"),
            format!("/2025-12-01/functions/{sql}/durable-executions"),
            format!("/2025-12-01/functions/orders/durable-executions?Statuses={sql}"),
            format!("/2025-12-01/functions/orders/durable-executions?Marker={sql}"),
            format!("{path}/history?Marker={sql}"),
            format!("{path}{sql}"),
        ] {
            let answer = Request::new("GET", &path).send(held.address).await;
            if answer.status == 200 {
                // A name in the alphabet of names, such as `n-_`, that nothing is called by.
                assert_eq!(answer.json()["DurableExecutions"], json!([]), "{path}");
            } else {
                assert!([400, 404].contains(&answer.status), "{path}: {answer:?}");
            }
        }
    }
    let all = held
        .get(
            "ListDurableExecutionsByFunction",
            "/2025-12-01/functions/orders/durable-executions",
        )
        .await;
    assert_eq!(all.json()["DurableExecutions"].as_array().unwrap().len(), 1);
}

async fn checkpoint(held: &Held, path: &str, body: impl Into<Vec<u8>>) -> Answer {
    let path = format!("{path}/checkpoint");
    Request::new("POST", path)
        .body(body)
        .send(held.address)
        .await
}

#[tokio::test]
async fn json_that_explodes_is_refused_at_once() {
    let held = Held::start().await;
    let mut invocation = held.invocation().await;
    let path = execution(&invocation.input.durable_execution_arn);
    let deep = |open: &str, close: &str| open.repeat(300_000) + "1" + &close.repeat(300_000);
    let started = Instant::now();
    for bomb in [
        deep("[", "]"),
        deep("{\"a\":", "}"),
        "[".repeat(2_000_000),
        format!("{{\"Updates\": {}}}", deep("[", "]")),
        format!(
            "{{\"CheckpointToken\": \"x\", \"Updates\": [{}1]}}",
            "{},".repeat(500_000)
        ),
        "{\"CheckpointToken\": 1e999999999}".to_owned(),
        format!("{{\"CheckpointToken\": {}}}", "9".repeat(1_000_000)),
        format!("{{\"CheckpointToken\": 0.{}1}}", "0".repeat(1_000_000)),
        format!("{{{}\"a\": 1}}", "\"a\": 1,".repeat(300_000)),
        "{\"CheckpointToken\": NaN}".to_owned(),
        "{\"CheckpointToken\": \"\\ud800\"}".to_owned(),
        "\u{feff}{}".to_owned(),
        "{} {}".to_owned(),
    ] {
        let answer = checkpoint(&held, &path, bomb.clone()).await;
        assert_refused(Some("CheckpointDurableExecution"), &answer);
        assert!(
            answer.body.len() < 4096,
            "an answer of {} bytes",
            answer.body.len()
        );
        // A payload is bytes to the engine, and still no way to its stack.
        let invoke = Request::new("POST", "/2015-03-31/functions/echo/invocations").body(bomb);
        let answer = invoke.send(held.address).await;
        assert!([200, 400].contains(&answer.status), "{answer:?}");
    }
    assert!(
        started.elapsed() < Duration::from_secs(30),
        "{:?}",
        started.elapsed()
    );
    held.checkpoint(&mut invocation.input, json!([])).await;
}

/// Of a member that is there twice the last counts, everywhere: what is checked is what is done.
#[tokio::test]
async fn of_duplicate_members_one_is_checked_and_done() {
    let held = Held::start().await;
    let invocation = held.invocation().await;
    let path = execution(&invocation.input.durable_execution_arn);
    let token = &invocation.input.checkpoint_token;
    let step = |name: &str| format!(r#"[{{"Id": "{name}", "Type": "STEP", "Action": "START"}}]"#);
    let body = |updates: &str| {
        format!(r#"{{"CheckpointToken": "x", "Updates": {updates}, "CheckpointToken": "{token}"}}"#)
    };
    let bad = body(&format!(
        r#"{}, "Updates": {}"#,
        step("good"),
        step("not/an/id")
    ));
    let answer = checkpoint(&held, &path, bad).await;
    assert_refused(Some("CheckpointDurableExecution"), &answer);
    let good = body(&format!(
        r#"{}, "Updates": {}"#,
        step("not/an/id"),
        step("good")
    ));
    let answer = checkpoint(&held, &path, good).await;
    assert_answered("CheckpointDurableExecution", &answer);
    let operations = &answer.json()["NewExecutionState"]["Operations"];
    assert_eq!(operations[0]["Id"], "good", "{operations}");
}

/// A made-up id tells nothing: not whether its execution is there, not whether its callback is open, not how much of it is right.
#[tokio::test]
async fn a_wrong_callback_id_is_wrong_whatever_it_is_near() {
    let held = Held::start().await;
    let mut invocation = held.invocation().await;
    let open = |id: &str| json!({"Id": id, "Type": "CALLBACK", "Action": "START"});
    let opened = held
        .checkpoint(&mut invocation.input, json!([open("open"), open("done")]))
        .await;
    let id = |n: usize| {
        opened[n]["CallbackDetails"]["CallbackId"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (first, second) = (id(0), id(1));
    let succeed = |id: &str| Request::new("POST", format!("{}/succeed", callback(id))).body("1");
    let done = succeed(&second).send(held.address).await;
    assert_answered("SendDurableExecutionCallbackSuccess", &done);

    let text = String::from_utf8(BASE64_STANDARD.decode(&first).unwrap()).unwrap();
    let parts: Vec<&str> = text.split('\n').collect();
    let [arn, operation, proof] = parts[..] else {
        panic!("{text:?}")
    };
    let proof_bytes = BASE64_STANDARD.decode(proof).unwrap();
    assert_eq!(proof_bytes.len() * 8, 192, "bits");
    let with = |arn: &str, operation: &str, proof: &[u8]| {
        BASE64_STANDARD.encode(format!(
            "{arn}\n{operation}\n{}",
            BASE64_STANDARD.encode(proof)
        ))
    };
    assert_eq!(with(arn, operation, &proof_bytes), first);
    let flipped = |at: usize| {
        let mut bytes = proof_bytes.clone();
        bytes[at] ^= 1;
        bytes
    };
    let nobody = arn.replace(":orders:", ":nobody:");
    let guesses = [
        (
            "the first bit of an open one's",
            with(arn, operation, &flipped(0)),
        ),
        (
            "the last bit of an open one's",
            with(arn, operation, &flipped(23)),
        ),
        ("a completed one's", with(arn, "done", &proof_bytes)),
        (
            "an operation that isn't there",
            with(arn, "nothing", &proof_bytes),
        ),
        (
            "an execution that isn't there",
            with(&nobody, operation, &proof_bytes),
        ),
        ("no proof", with(arn, operation, &[])),
        ("no id", "bm9ib2R5".to_owned()),
    ];
    let mut answers = Vec::new();
    for (what, guess) in &guesses {
        let request = succeed(guess);
        let answer = request.send(held.address).await;
        assert_eq!(
            (answer.status, answer.exception()),
            (404, "ResourceNotFoundException"),
            "{what}"
        );
        answers.push(answer.message().replace(guess.as_str(), "ID"));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");

    // And the genuine one is still good.
    let answer = succeed(&first).send(held.address).await;
    assert_answered("SendDurableExecutionCallbackSuccess", &answer);
}

/// Control characters come back as JSON has them, escaped.
#[tokio::test]
async fn what_a_message_repeats_is_escaped() {
    let held = Held::start().await;
    for bad in [
        "\u{1b}[2J\u{1b}]0;owned\u{7}",
        "a\r\nx-injected: 1",
        "\u{0}\u{8}\u{7f}",
    ] {
        let path = format!("/2025-12-01/functions/{}/durable-executions", escaped(bad));
        let answer = Request::new("GET", path).send(held.address).await;
        assert_refused(Some("ListDurableExecutionsByFunction"), &answer);
        assert!(!answer.body.iter().any(|byte| *byte < b' '), "{answer:?}");
        assert_eq!(answer.header("x-injected"), None);
        let name = Request::new(
            "POST",
            "/2015-03-31/functions/orders/invocations?Qualifier=",
        )
        .header(
            "x-amz-durable-execution-name",
            &bad.replace(['\r', '\n', '\0'], "\u{9}"),
        );
        let answer = name.send(held.address).await;
        assert!(answer.status == 400, "{answer:?}");
        assert!(!answer.body.iter().any(|byte| *byte < b' '), "{answer:?}");
    }
}
