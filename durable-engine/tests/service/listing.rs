//! Listing the executions of a function.

use bytes::Bytes;
use durable_engine::service::{InvokeRequest, ListQuery};
use durable_engine::{ExecutionStatus, TestEngine};
use futures_util::FutureExt as _;

use crate::durable;
use crate::remote::Closure;

#[tokio::test]
async fn executions_are_listed_page_by_page() {
    let done = Closure(|_| async { Ok(Bytes::from_static(br#"{"Status":"SUCCEEDED"}"#)) }.boxed());
    let engine = TestEngine::builder()
        .function(durable("done"), done)
        .start()
        .await
        .unwrap();
    let service = engine.service();
    for n in 0..5 {
        let mut request = InvokeRequest::new(format!("done:{}", n % 2), n.to_string());
        request.execution_name = Some(format!("n{n}"));
        let answer = service.invoke(request).await.unwrap();
        assert_eq!(answer.executed_version, (n % 2).to_string());
    }
    let names = async |query: ListQuery| {
        let page = service.list("done", query).await.unwrap();
        let names: Vec<_> = page
            .executions
            .iter()
            .map(|it| it.name.to_string())
            .collect();
        (names.join(" "), page.next_marker)
    };

    let mut query = ListQuery {
        max_items: Some(2),
        ..ListQuery::default()
    };
    let mut pages = Vec::new();
    loop {
        let (page, marker) = names(query.clone()).await;
        pages.push(page);
        query.marker = marker;
        if query.marker.is_none() {
            break;
        }
    }
    assert_eq!(pages, ["n4 n3", "n2 n1", "n0"]);

    let odd = ListQuery {
        qualifier: Some("1".into()),
        reverse: true,
        ..ListQuery::default()
    };
    assert_eq!(names(odd).await.0, "n1 n3");
    let none = ListQuery {
        statuses: vec![ExecutionStatus::Failed],
        ..ListQuery::default()
    };
    assert_eq!(names(none).await.0, "");
    let one = ListQuery {
        name: Some("n3".into()),
        statuses: vec![ExecutionStatus::Failed, ExecutionStatus::Succeeded],
        ..ListQuery::default()
    };
    assert_eq!(names(one).await.0, "n3");
}
