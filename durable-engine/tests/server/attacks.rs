//! Requests that must be refused, each with the words that its refusal must have. The tables are in `attacks.json`.

use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::held::{callback, execution};
use crate::http::{Request, escaped};
use crate::model::method;

type Words = Vec<String>;

#[derive(Deserialize)]
struct Tables {
    /// What an execution that is attacked has behind it: finished, running and waiting operations, an open and a closed context.
    prelude: Value,
    /// Updates that the state after the prelude doesn't allow.
    illegal: Vec<(Value, Words)>,
    /// Members of an update that break a rule of the model, whatever the update is, and the rule.
    members: Vec<(String, Value, String)>,
    /// Bodies of a checkpoint.
    checkpoints: Vec<(Value, Words)>,
    /// Operations, with path and body.
    requests: Vec<(String, String, String, Words)>,
}

static TABLES: LazyLock<Tables> =
    LazyLock::new(|| serde_json::from_str(include_str!("attacks.json")).unwrap());

pub(crate) fn prelude() -> Value {
    TABLES.prelude.clone()
}

/// What requests are made for: an execution whose invocation runs. In the tables it is written in capitals.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// `EXECUTION`: its path. `NOBODY`: that of one that isn't there.
    pub(crate) arn: String,
    /// `GOOD`
    pub(crate) token: String,
    /// `USED`
    pub(crate) used_token: String,
    /// `CALLBACK`: the path of an open one.
    pub(crate) callback_id: String,
}

impl Target {
    /// `LONG` is a character more than a reason may have, `LARGE` a byte more than any member but a result may.
    fn fill(&self, text: &str) -> String {
        let nobody = self.arn.replace(":orders:", ":nobody:");
        text.replace("EXECUTION/", &format!("{}/", execution(&self.arn)))
            .replace("EXECUTION?", &format!("{}?", execution(&self.arn)))
            .replace("NOBODY", &execution(&nobody))
            .replace("GOOD", &escaped(&self.token))
            .replace("USED", &escaped(&self.used_token))
            .replace("CALLBACK/", &format!("{}/", callback(&self.callback_id)))
            .replace("LONG", &"x".repeat(1025))
            .replace("LARGE", &"x".repeat(1_048_577))
    }

    fn fill_json(&self, value: &mut Value) {
        match value {
            Value::String(text) => match text.as_str() {
                "GOOD" => text.clone_from(&self.token),
                "USED" => text.clone_from(&self.used_token),
                "LARGE" => *text = "x".repeat(1_048_577),
                _ => {}
            },
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill_json(item)),
            Value::Object(members) => members.values_mut().for_each(|it| self.fill_json(it)),
            _ => {}
        }
    }
}

/// A request to be refused, and what for.
#[derive(Debug)]
pub(crate) struct Attack {
    pub(crate) operation: Option<String>,
    pub(crate) request: Request,
    pub(crate) words: Words,
}

/// A way to make an attack on whatever execution is there.
#[derive(Debug, Clone)]
pub(crate) enum Plan {
    /// Legal updates, and among them one that breaks a rule of the state machine.
    Illegal(usize, usize, (Value, Words)),
    /// Legal updates, one of them with a member that is wrong.
    Member(usize, usize, (String, Value, String)),
    /// A checkpoint that is wrong as such.
    Checkpoint((Value, Words)),
    /// JSON of any shape, which no token is in.
    AnyJson(Value),
    /// Bytes.
    AnyBytes(Vec<u8>),
    /// Any other operation.
    Other((String, String, String, Words)),
    /// A path that the service doesn't have.
    Nowhere(String),
}

/// Any of them.
pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    let illegal = (0..4_usize, 0..8_usize, select(&*TABLES.illegal));
    let member = (1..4_usize, 0..8_usize, select(&*TABLES.members));
    prop_oneof![
        6 => illegal.prop_map(|(fresh, place, bad)| Plan::Illegal(fresh, place, bad)),
        6 => member.prop_map(|(fresh, place, bad)| Plan::Member(fresh, place, bad)),
        3 => select(&*TABLES.checkpoints).prop_map(Plan::Checkpoint),
        2 => any_json().prop_map(Plan::AnyJson),
        1 => vec(any::<u8>(), 1..64).prop_map(Plan::AnyBytes),
        6 => select(&*TABLES.requests).prop_map(Plan::Other),
        1 => "/[A-Za-z0-9/%_.~:@!$&'()*+,;=-]{0,40}".prop_map(Plan::Nowhere),
    ]
}

/// Every row of the tables once.
pub(crate) fn all() -> Vec<Plan> {
    let tables = &*TABLES;
    let mut plans = Vec::new();
    for (n, row) in tables.illegal.iter().enumerate() {
        plans.push(Plan::Illegal(n % 3, n, row.clone()));
    }
    for (n, row) in tables.members.iter().enumerate() {
        plans.push(Plan::Member(n % 3 + 1, n, row.clone()));
    }
    plans.extend(tables.checkpoints.iter().cloned().map(Plan::Checkpoint));
    plans.extend(tables.requests.iter().cloned().map(Plan::Other));
    plans
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let known = select(vec![
            "CheckpointToken",
            "Updates",
            "Id",
            "Type",
            "ClientToken",
        ]);
        let name = prop_oneof![3 => known.prop_map(str::to_owned), 1 => ".{0,6}"];
        let object = vec((name, inner.clone()), 0..5);
        prop_oneof![
            vec(inner, 0..4).prop_map(Value::from),
            object.prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

/// Updates that begin steps nobody has begun.
fn fresh(count: usize) -> Vec<Value> {
    let step = |n| json!({"Id": format!("fresh-{n}"), "Type": "STEP", "Action": "START"});
    (0..count).map(step).collect()
}

/// Gives the update the member at this path.
fn put(update: &mut Value, path: &str, value: Value) {
    match path.split_once('.') {
        Some((first, rest)) => put(&mut update[first], rest, value),
        None => match path.strip_suffix("[0]") {
            Some(list) => update[list] = json!([value]),
            None => update[path] = value,
        },
    }
}

impl Plan {
    /// The attack on this execution.
    pub(crate) fn on(&self, target: &Target) -> Attack {
        let (body, words) = match self {
            Plan::Illegal(count, place, (bad, words)) => {
                let mut updates = fresh(*count);
                let mut words = words.clone();
                if bad["Type"] == "EXECUTION" {
                    // The end of an execution is refused where it is not the last: by what comes after it.
                    updates.insert(0, bad.clone());
                    updates.extend(fresh(8).pop());
                    words.push(format!(" of {} ", updates.len()));
                } else {
                    let place = place % (updates.len() + 1);
                    updates.insert(place, bad.clone());
                    words.push(format!("update {} of {}", place + 1, updates.len()));
                }
                (
                    json!({"CheckpointToken": "GOOD", "Updates": updates}),
                    words,
                )
            }
            Plan::Member(count, place, (name, value, rule)) => {
                let mut updates = fresh(*count);
                let place = place % updates.len();
                put(&mut updates[place], name, value.clone());
                let words = vec![format!("at 'Updates[{place}].{name}'"), rule.clone()];
                (
                    json!({"CheckpointToken": "GOOD", "Updates": updates}),
                    words,
                )
            }
            Plan::Checkpoint((body, words)) => (body.clone(), words.clone()),
            Plan::AnyJson(body) => (body.clone(), Words::new()),
            Plan::AnyBytes(bytes) => {
                let mut attack = checkpoint(target, Value::Null, Words::new());
                attack.request.body.clone_from(bytes);
                return attack;
            }
            Plan::Other((operation, path, body, words)) => {
                let request = Request::new(method(operation), target.fill(path));
                return Attack {
                    operation: Some(operation.clone()),
                    request: request.body(target.fill(body)),
                    words: words.clone(),
                };
            }
            Plan::Nowhere(path) => {
                return Attack {
                    operation: None,
                    request: Request::new("PUT", path),
                    words: vec!["no operation PUT".to_owned()],
                };
            }
        };
        checkpoint(target, body, words)
    }
}

fn checkpoint(target: &Target, mut body: Value, words: Words) -> Attack {
    target.fill_json(&mut body);
    let path = format!("{}/checkpoint", execution(&target.arn));
    Attack {
        operation: Some("CheckpointDurableExecution".to_owned()),
        request: Request::new("POST", path).body(body.to_string()),
        words,
    }
}
