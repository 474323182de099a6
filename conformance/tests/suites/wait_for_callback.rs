use conformance::handlers::wait_for_callback::*;

use crate::support::{Act, fails, fails_when, succeeds, succeeds_when};

fn name() -> String {
    "tXmWpq".to_owned()
}

const ANSWER: Act = Act::Succeed("*", r#""vGsYqe""#);
const REFUSAL: Act = Act::Refuse("*");
const RESULT: &str = r#""vGsYqe""#;

const ANSWERED: &str = r#"
    Wfcb>w name=tXmWpq
    Cb>c@w
    Step>s@w
    Step+s@w
    INV
    Cb+c@w payload="vGsYqe"
    Wfcb+w name=tXmWpq
    INV
"#;

const REFUSED: &str = "
    Wfcb>w name=tXmWpq
    Cb>c@w
    Step>s@w
    Step+s@w
    INV
    Cb-c@w error=RejectedError
    Wfcb-w name=tXmWpq error=RejectedError
    INV
";

const TIMED_OUT: &str = "
    Wfcb>w name=tXmWpq
    Cb>c@w timeout=3
    Step>s@w
    Step+s@w
    INV
    Cb!c@w error=Callback.Timeout
    Wfcb-w name=tXmWpq error=Callback.Timeout
    INV
";

#[tokio::test]
async fn wait_for_callback_7_1() {
    succeeds_when(&[ANSWER], approval_basic, name, ANSWERED, RESULT).await;
}

#[tokio::test]
async fn wait_for_callback_7_2() {
    let history = r#"
        Wfcb>w name=approval
        Cb>c@w
        Step>s@w
        Step+s@w
        INV
        Cb+c@w payload="vGsYqe"
        Wfcb+w name=approval
        INV
    "#;
    succeeds_when(&[ANSWER], approval_with_name, || (), history, RESULT).await;
}

#[tokio::test]
async fn wait_for_callback_7_3() {
    let history = r#"
        Wfcb>w
        Cb>c@w
        Step>s@w
        Step+s@w
        INV
        Cb+c@w payload="vGsYqe"
        Wfcb+w
        INV
    "#;
    succeeds_when(&[ANSWER], approval_without_name, || (), history, RESULT).await;
}

#[tokio::test]
async fn wait_for_callback_7_4() {
    fails_when(&[REFUSAL], approval_refused, name, REFUSED).await;
}

#[tokio::test]
async fn wait_for_callback_7_5() {
    fails(approval_times_out, name, TIMED_OUT).await;
}

#[tokio::test]
async fn wait_for_callback_7_6() {
    let result = r#""recovered""#;
    succeeds_when(&[REFUSAL], refusal_handled, name, REFUSED, result).await;
}

#[tokio::test]
async fn wait_for_callback_7_7() {
    let history = "
        Wfcb>w name=tXmWpq
        Cb>c@w
        Step>s@w
        Step-s@w delay=1
        INV
        Step>s@w
        Step-s@w attempt=2
        Wfcb-w name=tXmWpq
        INV
    ";
    fails(submitter_fails, name, history).await;
}

#[tokio::test]
async fn wait_for_callback_7_8() {
    let history = r#"
        Child>o name=wrapper
        Wfcb>w@o name=tXmWpq
        Cb>c@w
        Step>s@w
        Step+s@w
        INV
        Cb+c@w payload="vGsYqe"
        Wfcb+w@o name=tXmWpq
        Child+o name=wrapper
        INV
    "#;
    succeeds_when(&[ANSWER], approval_in_child, name, history, RESULT).await;
}

#[tokio::test]
async fn wait_for_callback_7_9() {
    let history = r#"
        Wfcb>v name=first
        Cb>a@v
        Step>r@v
        Step+r@v
        INV
        Cb+a@v payload="one"
        Wfcb+v name=first
        Wfcb>w name=second
        Cb>b@w
        Step>s@w
        Step+s@w
        INV
        Cb+b@w payload="two"
        Wfcb+w name=second
        INV
    "#;
    let acts = [Act::Succeed("*", r#""one""#), Act::Succeed("*", r#""two""#)];
    succeeds_when(&acts, approvals_in_turn, || (), history, r#""two""#).await;
}

#[tokio::test]
async fn wait_for_callback_7_10() {
    let history = r#"
        Wait>v duration=1
        INV
        Wait+v duration=1
        Step>t
        Step+t payload="prepared"
        Wfcb>w name=tXmWpq
        Cb>c@w
        Step>s@w
        Step+s@w
        INV
        Cb+c@w payload="vGsYqe"
        Wfcb+w name=tXmWpq
        INV
    "#;
    let acts = [Act::Pass(1), ANSWER];
    succeeds_when(&acts, approval_among_others, name, history, RESULT).await;
}

#[tokio::test]
async fn wait_for_callback_7_11() {
    let history = r#"
        Wfcb>w name=tXmWpq
        Cb>c@w
        Step>s@w
        Step+s@w
        INV
        Cb+c@w payload={"status": "approved"}
        Wfcb+w name=tXmWpq
        INV
    "#;
    let acts = [Act::Succeed("*", r#"{"status": "approved"}"#)];
    let result = r#""approved""#;
    succeeds_when(&acts, approval_as_object, name, history, result).await;
}

#[tokio::test]
async fn wait_for_callback_7_12() {
    let history = "
        Wfcb>w name=tXmWpq
        Cb>c@w heartbeat=5
        Step>s@w
        Step+s@w
        INV
        Cb!c@w error=Callback.Heartbeat
        Wfcb-w name=tXmWpq error=Callback.Heartbeat
        INV
    ";
    fails(approval_without_heartbeat, name, history).await;
}

#[tokio::test]
async fn wait_for_callback_7_13() {
    let acts = [Act::Pass(8), Act::Heartbeat("*"), Act::Pass(8), ANSWER];
    let history = ANSWERED.replace("Cb>c@w", "Cb>c@w heartbeat=10");
    succeeds_when(&acts, approval_with_heartbeat, name, &history, RESULT).await;
}

#[tokio::test]
async fn wait_for_callback_7_14() {
    let result = r#""timed-out-handled""#;
    succeeds(approval_timeout_handled, name, TIMED_OUT, result).await;
}

#[tokio::test]
async fn wait_for_callback_7_15() {
    let history = "
        Wfcb>w name=tXmWpq
        Cb>c@w
        Step>s@w
        Step+s@w
        INV
        Cb+c@w
        Wfcb+w name=tXmWpq
        INV
    ";
    let acts = [Act::SucceedWithNothing("*")];
    succeeds_when(&acts, approval_without_payload, name, history, "null").await;
}
