//! Names of functions and executions: what callers write, and what ARNs say.

use super::ServiceError;

/// The version of a function that has no other.
pub(crate) const LATEST: &str = "$LATEST";

/// The longest name of a function, without an ARN around it. Documentation of `InvocationRequest.FunctionName`.
const NAME_MAX: usize = 64;

/// Where this engine's functions are, as far as ARNs say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    pub(crate) region: String,
    pub(crate) account: String,
}

impl Default for Home {
    /// An account and a region that do not exist.
    fn default() -> Self {
        Self {
            region: "xx-local-1".to_owned(),
            account: "000000000000".to_owned(),
        }
    }
}

impl Home {
    /// The ARN of a version of a function.
    pub(crate) fn function_arn(&self, function: &str, version: &str) -> String {
        let Self { region, account } = self;
        let function = in_arn(function);
        format!("arn:aws:lambda:{region}:{account}:function:{function}:{version}")
    }

    /// The ARN of an execution.
    pub(crate) fn execution_arn(
        &self,
        function: &str,
        version: &str,
        name: &str,
        unique: &str,
    ) -> String {
        let function = self.function_arn(function, version);
        format!("{function}/durable-execution/{name}/{unique}")
    }
}

/// The version that an execution's ARN shows.
pub(crate) fn version_in(execution_arn: &str) -> &str {
    execution_arn
        .split_once("/durable-execution/")
        .and_then(|(function, _)| function.rsplit_once(':'))
        .map_or(LATEST, |(_, version)| version)
}

/// A function as a caller names it: `name`, `name:qualifier`, `123456789012:function:name`, or a whole ARN with or without a qualifier.
///
/// Region and account are not looked at: one engine is one account in one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FunctionName {
    pub(crate) name: String,
    pub(crate) qualifier: Option<String>,
}

impl FunctionName {
    /// Reads a name; the separate qualifier, when there is one, must not contradict it.
    pub(crate) fn parse(text: &str, qualifier: Option<&str>) -> Result<Self, ServiceError> {
        let refused = |why: &str| {
            Err(ServiceError::InvalidParameterValue(format!(
                "`{text}` is not the name of a function: {why}; write `name`, `name:qualifier` or an ARN"
            )))
        };
        let rest = match text.rsplit_once("function:") {
            Some((before, rest)) if before.is_empty() || before.ends_with(':') => rest,
            _ => text,
        };
        let (name, own) = match rest.split_once(':') {
            Some((name, own)) => (name, Some(own)),
            None => (rest, None),
        };
        if name.is_empty() || (rest.len() == text.len() && name.len() > NAME_MAX) {
            return refused("a name has 1 to 64 characters");
        }
        if name
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == '/')
        {
            return refused("there is a character that no name has");
        }
        let qualifier = qualifier.filter(|qualifier| !qualifier.is_empty());
        if let (Some(own), Some(asked)) = (own, qualifier)
            && own != asked
        {
            return refused("it has another qualifier than the one given beside it");
        }
        let qualifier = own.or(qualifier);
        if let Some(qualifier) = qualifier
            && !is_qualifier(qualifier)
        {
            return Err(ServiceError::InvalidParameterValue(format!(
                "`{qualifier}` is not a qualifier; use $LATEST, a version number or an alias"
            )));
        }
        Ok(Self {
            name: name.to_owned(),
            qualifier: qualifier.map(str::to_owned),
        })
    }

    /// The version that the qualifier stands for. Every version is the same code here: a number stands for itself, an alias and no
    /// qualifier for the latest.
    pub(crate) fn version(&self) -> &str {
        match self.qualifier.as_deref() {
            Some(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => number,
            _ => LATEST,
        }
    }
}

fn is_qualifier(text: &str) -> bool {
    let word = text.strip_prefix('$').unwrap_or(text);
    (1..=128).contains(&text.len())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// The name as it stands in an ARN: what no function is called with becomes a dash.
pub(crate) fn in_arn(name: &str) -> String {
    let kept = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    name.chars()
        .map(|c| if kept(c) { c } else { '-' })
        .collect()
}

/// The function's ARN with its version, which an execution's ARN begins with.
pub(crate) fn function_arn(execution_arn: &str) -> &str {
    execution_arn
        .split_once("/durable-execution/")
        .map_or(execution_arn, |(function, _)| function)
}

/// The version of the function that an execution runs.
pub(crate) fn version(execution_arn: &str) -> &str {
    let (_, version) = function_arn(execution_arn)
        .rsplit_once(':')
        .unwrap_or_default();
    let number = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    if number { version } else { LATEST }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, qualifier: Option<&str>) -> (String, Option<String>) {
        let name = FunctionName::parse(text, qualifier).unwrap();
        (name.name, name.qualifier)
    }

    #[test]
    fn every_form_of_a_name_is_read() {
        let plain = ("ship".to_owned(), None);
        let latest = ("ship".to_owned(), Some("$LATEST".to_owned()));
        for text in [
            "ship",
            "function:ship",
            "123456789012:function:ship",
            "arn:aws:lambda:eu-west-1:123456789012:function:ship",
        ] {
            assert_eq!(parsed(text, None), plain, "{text}");
            assert_eq!(parsed(text, Some("$LATEST")), latest, "{text}");
            assert_eq!(parsed(&format!("{text}:$LATEST"), None), latest, "{text}");
            assert_eq!(
                parsed(&format!("{text}:$LATEST"), Some("$LATEST")),
                latest,
                "{text}"
            );
        }
        assert_eq!(
            parsed("my-function:v1", None),
            ("my-function".to_owned(), Some("v1".to_owned()))
        );
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let long = "x".repeat(65);
        for text in ["", ":1", "a b", "a/b", "ship:", "ship:no good", &long] {
            assert!(FunctionName::parse(text, None).is_err(), "{text}");
        }
        assert!(FunctionName::parse("ship:1", Some("2")).is_err());
    }

    #[test]
    fn a_number_is_a_version_and_all_else_the_latest() {
        let version = |text| {
            FunctionName::parse(text, None)
                .unwrap()
                .version()
                .to_owned()
        };
        assert_eq!(version("ship"), "$LATEST");
        assert_eq!(version("ship:12"), "12");
        assert_eq!(version("ship:live"), "$LATEST");
        let arn = "arn:aws:lambda:xx-local-1:000000000000:function:ship:12/durable-execution/a/b";
        assert_eq!(super::version(arn), "12");
        assert_eq!(
            function_arn(arn),
            "arn:aws:lambda:xx-local-1:000000000000:function:ship:12"
        );
    }
}
