use super::*;

fn site(key: &str) -> Site {
    Site {
        key: key.into(),
        ..Site::default()
    }
}

fn node(key: &str) -> Node {
    Node::Site(site(key))
}

fn arm(key: &str) -> Arm {
    Arm {
        label: "then".into(),
        body: vec![node(key)],
    }
}

fn manifest(item: Item) -> Manifest {
    Manifest {
        version: VERSION,
        package: "shop".into(),
        package_dir: "/shop".into(),
        krate: "shop".into(),
        file: "src/lib.rs".into(),
        line: 7,
        function: "fulfil".into(),
        item,
        exceptions: Vec::new(),
    }
}

fn workflow(body: Vec<Node>) -> Manifest {
    let name = "orders".into();
    manifest(Item::Workflow { name, body })
}

fn helper(is_async: bool) -> Manifest {
    manifest(Item::Helper {
        name: "pay".into(),
        body: vec![node("charge")],
        is_async,
    })
}

#[test]
fn what_is_written_is_read_again_and_another_version_is_refused() {
    let written = workflow(vec![node("charge")]);
    let text = serde_json::to_string(&written).unwrap();
    assert_eq!(Manifest::parse(&text), Ok(written));
    let newer = text.replace("\"version\":1", "\"version\":2");
    let error = Manifest::parse(&newer).unwrap_err();
    assert!(error.contains("has version 2"), "{error}");
    let error = Manifest::parse("{\"version\":1}").unwrap_err();
    assert!(error.contains("no manifest"), "{error}");
}

#[test]
fn each_kind_of_function_has_its_own_parts() {
    let body = [node("charge")];
    let order = workflow(body.to_vec());
    assert_eq!(order.workflow(), Some(("orders", &body[..])));
    assert_eq!((order.path(), order.body()), (Some("orders"), &body[..]));
    let asynchronous = helper(true);
    assert_eq!(asynchronous.workflow(), None);
    assert_eq!(
        (asynchronous.path(), asynchronous.body()),
        (Some("pay"), &body[..])
    );
    assert_eq!(helper(false).path(), None);
    let step = manifest(Item::Step);
    assert_eq!(
        (step.workflow(), step.path(), step.body()),
        (None, None, &[][..])
    );
}

#[test]
fn a_file_is_named_after_its_function_and_no_two_are_the_same() {
    let first = workflow(Vec::new());
    let name = first.file_name();
    assert!(
        name.starts_with("fulfil.") && name.ends_with(".json"),
        "{name}"
    );
    assert_eq!(name, workflow(vec![node("charge")]).file_name());
    let line = Manifest {
        line: 8,
        ..first.clone()
    };
    let krate = Manifest {
        krate: "tool".into(),
        ..first.clone()
    };
    for other in [line, krate, helper(true)] {
        assert_ne!(name, other.file_name());
    }
    let odd = Manifest {
        function: "r#größe".into(),
        ..first
    };
    assert!(odd.file_name().starts_with("r-gr--e."));
}

#[test]
fn what_an_operation_is_not_is_left_out() {
    assert_eq!(
        serde_json::to_string(&site("charge")).unwrap(),
        r#"{"key":"charge","kind":"operation","callee":"","line":0}"#
    );
    let keyed = Site {
        keyed: true,
        ..site("charge")
    };
    let text = serde_json::to_string(&keyed).unwrap();
    assert_eq!(serde_json::from_str::<Site>(&text).unwrap(), keyed);
}

#[test]
fn every_operation_is_found_wherever_it_stands() {
    let combinator = Site {
        branches: vec![arm("left"), arm("right")],
        body: vec![node("inside")],
        ..site("join")
    };
    let body = [
        Node::Site(combinator),
        Node::Decision {
            head: "paid".into(),
            line: 1,
            arms: vec![arm("ship"), arm("remind")],
        },
        Node::Loop {
            head: "loop".into(),
            line: 2,
            body: vec![node("poll")],
        },
        Node::Later {
            name: None,
            line: 3,
            body: vec![node("later")],
        },
        Node::End {
            how: "return".into(),
            line: 4,
        },
    ];
    let keys: Vec<_> = sites(&body).into_iter().map(|site| &*site.key).collect();
    assert_eq!(
        keys,
        [
            "join", "left", "right", "inside", "ship", "remind", "poll", "later"
        ]
    );
}
