//! The service's model, and what can be asked of it.

use std::{collections::BTreeSet, sync::LazyLock};

use serde_json::{Value, json};

pub(crate) const COPY: &str = include_str!("../data/lambda-durable-api.json");

pub(crate) static MODEL: LazyLock<Model> = LazyLock::new(Model::load);

pub(crate) struct Model(Value);

impl Model {
    fn load() -> Self {
        Self(serde_json::from_str(COPY).expect("the copy is JSON"))
    }

    pub(crate) fn shape(&self, name: &str) -> &Value {
        &self.0["shapes"][name]
    }

    /// The members of a structure that travel in the JSON body, with their shapes.
    pub(crate) fn members(&self, name: &str) -> Vec<(&str, &str)> {
        let members = self.shape(name)["members"]
            .as_object()
            .expect("a structure");
        let in_body = members
            .iter()
            .filter(|(_, member)| member.get("location").is_none());
        in_body
            .map(|(key, member)| (key.as_str(), member["shape"].as_str().unwrap()))
            .collect()
    }

    pub(crate) fn required(&self, name: &str) -> BTreeSet<&str> {
        let required = self.shape(name)["required"].as_array();
        required
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    /// A value of the shape with every member there is.
    pub(crate) fn full(&self, name: &str) -> Value {
        let shape = self.shape(name);
        match shape["type"].as_str().unwrap() {
            "structure" => {
                let members = self.members(name).into_iter();
                members
                    .map(|(key, shape)| (key.to_owned(), self.full(shape)))
                    .collect()
            }
            "list" => json!([self.full(shape["member"]["shape"].as_str().unwrap())]),
            "timestamp" => json!(1_767_225_600.25),
            "integer" => shape.get("max").cloned().unwrap_or(json!(7)),
            "boolean" => json!(true),
            "string" => match shape["enum"].as_array() {
                Some(values) => values[0].clone(),
                None => json!(format!("a {name}")),
            },
            other => panic!("no value for a {other}"),
        }
    }
}
