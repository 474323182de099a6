//! Workflows to draw: the three examples as the macro describes them, and one with everything in it.

use crate::Kind;
use crate::manifest::{Arm, Item, Manifest, Node, Site, VERSION};

pub(super) fn workflow(name: &str, file: &str, line: u32, body: Vec<Node>) -> Manifest {
    Manifest {
        version: VERSION,
        package: "examples".to_owned(),
        package_dir: "/work/examples".into(),
        krate: "examples".to_owned(),
        file: file.to_owned(),
        line,
        function: name.to_owned(),
        item: Item::Workflow {
            name: name.to_owned(),
            body,
        },
        exceptions: Vec::new(),
    }
}

pub(super) fn site(kind: Kind, key: &str, line: u32) -> Site {
    let callee = match kind {
        Kind::Step | Kind::Child | Kind::Operation => key,
        kind => kind.name(),
    };
    Site {
        key: key.to_owned(),
        kind,
        callee: callee.to_owned(),
        line,
        ..Site::default()
    }
}

/// A step with a `?` behind it.
pub(super) fn step(key: &str, line: u32) -> Node {
    Node::Site(Site {
        can_end: true,
        ..site(Kind::Step, key, line)
    })
}

pub(super) fn plain_step(key: &str, line: u32) -> Node {
    Node::Site(site(Kind::Step, key, line))
}

pub(super) fn sleep(key: &str, waits: &str, line: u32) -> Site {
    Site {
        waits: Some(waits.to_owned()),
        ..site(Kind::Sleep, key, line)
    }
}

pub(super) fn end(how: &str, line: u32) -> Node {
    Node::End {
        how: how.to_owned(),
        line,
    }
}

pub(super) fn arm(label: &str, body: Vec<Node>) -> Arm {
    Arm {
        label: label.to_owned(),
        body,
    }
}

pub(super) fn decision(head: &str, line: u32, arms: Vec<Arm>) -> Node {
    Node::Decision {
        head: head.to_owned(),
        line,
        arms,
    }
}

pub(super) fn repeated(head: &str, line: u32, body: Vec<Node>) -> Node {
    Node::Loop {
        head: head.to_owned(),
        line,
        body,
    }
}

/// A combinator. A branch's operations are recorded in it.
pub(super) fn combinator(kind: Kind, line: u32, mut branches: Vec<Arm>) -> Site {
    for branch in &mut branches {
        for node in &mut branch.body {
            if let Node::Site(site) = node {
                site.scope = vec![format!("{kind}.{}", branch.label)];
            }
        }
    }
    Site {
        branches,
        ..site(kind, kind.name(), line)
    }
}

pub(super) fn fulfil() -> Manifest {
    let both = combinator(
        Kind::TryJoin,
        33,
        vec![
            arm("reserve_stock", vec![plain_step("reserve_stock", 33)]),
            arm("print_label", vec![plain_step("print_label", 33)]),
        ],
    );
    let arms = vec![
        arm("Ok(receipt)", vec![]),
        arm(
            "Err(ChargeError::Declined { card, deposit })",
            vec![step("refund", 24), end("return", 25)],
        ),
        arm("Err(error)", vec![end("return", 30)]),
    ];
    let body = vec![
        step("validate", 19),
        plain_step("charge", 21),
        decision("match charge(&ledger, &order, total).await", 21, arms),
        Node::Site(Site {
            can_end: true,
            ..both
        }),
        Node::Site(sleep(
            "sleep",
            "Duration::from_secs(order.wait_seconds)",
            35,
        )),
        step("ship", 37),
        step("notify", 38),
    ];
    workflow("fulfil", "examples/src/fulfilment.rs", 18, body)
}

pub(super) fn approval() -> Manifest {
    let late = sleep("sleep", "Duration::from_secs(request.timeout_seconds)", 24);
    let race = combinator(
        Kind::Race,
        22,
        vec![
            arm("answered", vec![plain_step("look_for_answer", 23)]),
            arm("late", vec![Node::Site(late)]),
        ],
    );
    let head = "match race!(answered => look_for_answer(&inbox, &request.id), late => sleep(Duration::from_secs(request.timeout_seconds)),)";
    let arms = vec![
        arm("answered(answer)", vec![]),
        arm("late(())", vec![step("withdraw", 28)]),
    ];
    let body = vec![step("ask", 20), Node::Site(race), decision(head, 22, arms)];
    workflow("approval", "examples/src/approval_timeout.rs", 19, body)
}

pub(super) fn nightly_report() -> Manifest {
    let keyed = |site: Site| {
        Node::Site(Site {
            keyed: true,
            repeats: true,
            ..site
        })
    };
    let body = vec![
        repeated(
            "for customer in &night.customers",
            19,
            vec![
                keyed(site(Kind::Child, "statement", 20)),
                keyed(sleep(
                    "sleep",
                    "Duration::from_secs(night.pause_seconds)",
                    28,
                )),
            ],
        ),
        step("publish", 32),
    ];
    workflow("nightly_report", "examples/src/nightly_report.rs", 17, body)
}

/// One of every kind, and the nestings that are hard to draw.
pub(super) fn everything() -> Manifest {
    let with_body = |kind, key, line, body| {
        Node::Site(Site {
            body,
            can_end: true,
            ..site(kind, key, line)
        })
    };
    let waiting = |kind, key, waits: Option<&str>, line| {
        Node::Site(Site {
            waits: waits.map(ToOwned::to_owned),
            can_end: true,
            ..site(kind, key, line)
        })
    };
    let inner = combinator(
        Kind::TryJoin,
        14,
        vec![
            arm("tax", vec![plain_step("tax", 15)]),
            arm("customs", vec![step("customs", 16), step("stamp", 17)]),
        ],
    );
    let outer = combinator(
        Kind::TryJoin,
        12,
        vec![
            arm("paperwork", vec![Node::Site(inner)]),
            arm("parcel", vec![step("pack", 19), plain_step("weigh", 20)]),
            arm("slip", vec![plain_step("slip", 21)]),
        ],
    );
    let race = combinator(
        Kind::Race,
        30,
        vec![
            arm(
                "approved",
                vec![waiting(Kind::CallbackResult, "approval.result", None, 31)],
            ),
            arm(
                "late",
                vec![
                    Node::Site(sleep("sleep", "Duration::from_days(3)", 33)),
                    plain_step("remind", 34),
                ],
            ),
        ],
    );
    let tries = repeated(
        "while attempts < 3",
        44,
        vec![
            step("ask_again", 45),
            decision(
                "if answer.is_final()",
                46,
                vec![arm("then", vec![end("break", 47)]), arm("else", vec![])],
            ),
            Node::Site(sleep("sleep#2", "Duration::from_mins(1)", 49)),
        ],
    );
    let per_item = vec![
        plain_step("quote", 41),
        decision(
            "match quote(item).await",
            42,
            vec![
                arm("Quote::Final(price)", vec![end("return", 43)]),
                arm("Quote::Asks { question, .. }", vec![tries]),
                arm("Quote::Refused", vec![plain_step("strike", 52)]),
            ],
        ),
    ];
    let body = vec![
        Node::Site(Site {
            callee: "charge_card".to_owned(),
            can_end: true,
            ..site(Kind::Step, "first_payment", 10)
        }),
        Node::Site(Site {
            can_end: true,
            ..outer
        }),
        waiting(
            Kind::Callback,
            "approval",
            Some("Duration::from_days(7)"),
            28,
        ),
        Node::Site(race),
        Node::Later {
            name: Some("each".to_owned()),
            line: 38,
            body: vec![step("price", 38)],
        },
        with_body(Kind::Map, "quotes", 40, per_item),
        with_body(
            Kind::RetryBlock,
            "booking",
            55,
            vec![step("book_flight", 56), step("book_hotel", 57)],
        ),
        with_body(
            Kind::Child,
            "audit",
            60,
            vec![step("collect", 61), step("file", 62)],
        ),
        waiting(Kind::Invoke, "invoke", Some("Duration::from_mins(15)"), 65),
        waiting(Kind::Poll, "poll_until", Some("hours(2)"), 66),
        waiting(
            Kind::WaitForCallback,
            "legal",
            Some("Duration::from_weeks(1)"),
            67,
        ),
        waiting(Kind::Parallel, "parallel", None, 68),
        Node::Site(site(Kind::Value, "uuid", 69)),
        Node::Site(site(Kind::Helper, "tidy_up", 70)),
        Node::Site(site(Kind::Operation, "client.fetch", 71)),
        decision(
            "if left.is_empty()",
            73,
            vec![
                arm("then", vec![]),
                arm(
                    "else",
                    vec![
                        Node::Site(site(Kind::Restart, "restart", 76)),
                        end("return", 76),
                    ],
                ),
            ],
        ),
        decision(
            "if broken",
            78,
            vec![arm("then", vec![end("bail!", 79)]), arm("else", vec![])],
        ),
    ];
    workflow("everything", "src/everything.rs", 9, body)
}
