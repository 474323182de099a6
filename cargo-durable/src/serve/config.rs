//! `functions.toml`.

use std::collections::{BTreeMap, HashSet};
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::time::Duration;

use durable_engine::{DurableConfig, FunctionConfig};
use serde::Deserialize;
use toml::Spanned;

use super::place::Mistake;
use super::value::{Argv, Length};
use crate::failure::Failure;

/// What the service allows.
const TIMEOUT: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_mins(15);
const EXECUTION_TIMEOUT: RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_hours(24 * 366);
const RETENTION_DAYS: RangeInclusive<u32> = 1..=90;
const NAME_MAX: usize = 64;

/// What the host sets, and a function could not run with another value of.
const NOT_YOURS: &str = "AWS_LAMBDA_RUNTIME_API";

/// A function that makes sense.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) command: Vec<String>,
    pub(super) env: BTreeMap<String, String>,
    pub(super) handler: Option<String>,
    /// The folder it runs in.
    pub(super) folder: PathBuf,
    pub(super) timeout: Duration,
    pub(super) memory: u32,
    pub(super) concurrency: usize,
    pub(super) tenant_isolation: bool,
    pub(super) durable: Option<DurableConfig>,
}

impl Function {
    pub(super) fn in_engine(&self) -> FunctionConfig {
        let mut config = FunctionConfig::new(&self.name);
        if let Some(durable) = self.durable {
            config = config.durable(durable);
        }
        if self.tenant_isolation {
            config = config.tenant_isolation();
        }
        config
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default)]
    function: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Spanned<String>,
    command: Spanned<Argv>,
    #[serde(default)]
    env: BTreeMap<Spanned<String>, String>,
    handler: Option<String>,
    cwd: Option<Spanned<PathBuf>>,
    timeout: Option<Spanned<Length>>,
    memory: Option<Spanned<u32>>,
    concurrency: Option<Spanned<usize>>,
    #[serde(default)]
    tenant_isolation: bool,
    durable: Option<Durable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Durable {
    execution_timeout: Option<Spanned<Length>>,
    retention_days: Option<Spanned<u32>>,
}

pub(super) fn read(path: &Path) -> Result<Vec<Function>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::Config {
        file: path.display().to_string(),
        error,
    })?;
    Ok(parse(path, &text)?)
}

fn parse(path: &Path, text: &str) -> Result<Vec<Function>, Mistake> {
    let file = File { path, text };
    let config: Config =
        toml::from_str(text).map_err(|error| file.mistake(error.span(), error.message()))?;
    if config.function.is_empty() {
        return Err(file.mistake(None, "there is no [[function]] in it"));
    }
    let mut names = HashSet::new();
    let mut functions = Vec::with_capacity(config.function.len());
    for entry in config.function {
        let span = entry.name.span();
        let function = file.function(entry)?;
        if !names.insert(function.name.clone()) {
            let message = format!("there are two functions named `{}`", function.name);
            return Err(file.mistake(Some(span), message));
        }
        functions.push(function);
    }
    Ok(functions)
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl File<'_> {
    fn mistake(&self, span: Option<Range<usize>>, message: impl std::fmt::Display) -> Mistake {
        Mistake::new(self.path, self.text, span, message)
    }

    fn function(&self, entry: Entry) -> Result<Function, Mistake> {
        let name = self.name(entry.name)?;
        let command_span = entry.command.span();
        let Argv(command) = entry.command.into_inner();
        if command.first().is_none_or(String::is_empty) {
            let message = "`command` names no program; for example [\"target/debug/orders\"]";
            return Err(self.mistake(Some(command_span), message));
        }
        let mut env = BTreeMap::new();
        for (key, value) in entry.env {
            let span = key.span();
            let key = key.into_inner();
            if key == NOT_YOURS || key.is_empty() || key.contains(['=', '\0']) {
                let message = format!("`env` can't set `{key}`");
                return Err(self.mistake(Some(span), message));
            }
            env.insert(key, value);
        }
        let timeout = self.length("timeout", entry.timeout, &TIMEOUT)?;
        let memory = self.number("memory", entry.memory, 1..=10_240)?;
        let concurrency = self.number("concurrency", entry.concurrency, 1..=1_000)?;
        let durable = entry
            .durable
            .map(|durable| self.durable(durable))
            .transpose()?;
        Ok(Function {
            name,
            command,
            env,
            handler: entry.handler,
            folder: self.folder(entry.cwd)?,
            timeout: timeout.unwrap_or(Duration::from_mins(1)),
            memory: memory.unwrap_or(128),
            concurrency: concurrency.unwrap_or(10),
            tenant_isolation: entry.tenant_isolation,
            durable,
        })
    }

    fn name(&self, name: Spanned<String>) -> Result<String, Mistake> {
        let span = name.span();
        let name = name.into_inner();
        let fits = (1..=NAME_MAX).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if fits {
            Ok(name)
        } else {
            let message =
                format!("{name:?} is no function name: use 1 to {NAME_MAX} of A-Z a-z 0-9 - _");
            Err(self.mistake(Some(span), message))
        }
    }

    /// Relative to the configuration, so that it doesn't matter where the tool is started.
    fn folder(&self, cwd: Option<Spanned<PathBuf>>) -> Result<PathBuf, Mistake> {
        let beside = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let Some(cwd) = cwd else {
            return Ok(beside.to_owned());
        };
        let folder = beside.join(cwd.get_ref());
        if folder.is_dir() {
            Ok(folder)
        } else {
            let message = format!("`cwd` is no folder: {}", folder.display());
            Err(self.mistake(Some(cwd.span()), message))
        }
    }

    fn durable(&self, durable: Durable) -> Result<DurableConfig, Mistake> {
        let mut config = DurableConfig::default();
        if let Some(timeout) = self.length(
            "execution_timeout",
            durable.execution_timeout,
            &EXECUTION_TIMEOUT,
        )? {
            config.execution_timeout = timeout;
        }
        if let Some(days) = self.number("retention_days", durable.retention_days, RETENTION_DAYS)? {
            config.retention_days = days;
        }
        Ok(config)
    }

    fn length(
        &self,
        key: &str,
        value: Option<Spanned<Length>>,
        range: &RangeInclusive<Duration>,
    ) -> Result<Option<Duration>, Mistake> {
        let Some(value) = value else { return Ok(None) };
        let Length(length) = *value.get_ref();
        if range.contains(&length) {
            return Ok(Some(length));
        }
        let from = humantime::format_duration(*range.start());
        let to = humantime::format_duration(*range.end());
        let message = format!("`{key}` is from {from} to {to}");
        Err(self.mistake(Some(value.span()), message))
    }

    fn number<N: PartialOrd + Copy + std::fmt::Display>(
        &self,
        key: &str,
        value: Option<Spanned<N>>,
        range: RangeInclusive<N>,
    ) -> Result<Option<N>, Mistake> {
        let Some(value) = value else { return Ok(None) };
        if range.contains(value.get_ref()) {
            return Ok(Some(*value.get_ref()));
        }
        let message = format!("`{key}` is from {} to {}", range.start(), range.end());
        Err(self.mistake(Some(value.span()), message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Vec<Function>, String> {
        parse(Path::new("functions.toml"), text).map_err(|mistake| mistake.to_string())
    }

    #[test]
    fn a_name_and_a_command_are_enough() {
        let functions = parsed("[[function]]\nname = \"a\"\ncommand = \"./a\"\n").unwrap();
        let [function] = &functions[..] else {
            panic!("{functions:?}")
        };
        assert_eq!(function.command, ["./a"]);
        assert_eq!(function.folder, Path::new("."));
        assert_eq!(function.timeout, Duration::from_mins(1));
        assert_eq!(function.durable, None);
    }

    #[test]
    fn everything_can_be_said() {
        let functions = parsed(
            r#"
            [[function]]
            name = "orders"
            command = ["python3", "-m", "awslambdaric", "app.handler"]
            cwd = "src"
            env = { TABLE = "orders", STAGE = "dev" }
            handler = "app.handler"
            timeout = "2m 30s"
            memory = 512
            concurrency = 3
            tenant_isolation = true
            durable = { execution_timeout = "7 days", retention_days = 30 }

            [[function]]
            name = "echo"
            command = ["./echo"]
            timeout = 5
            durable = {}
            "#,
        )
        .unwrap();
        assert_eq!(functions[0].command.len(), 4);
        assert_eq!(functions[0].env["STAGE"], "dev");
        assert_eq!(functions[0].timeout, Duration::from_secs(150));
        assert_eq!((functions[0].memory, functions[0].concurrency), (512, 3));
        assert!(functions[0].in_engine().tenant_isolation);
        let durable = functions[0].durable.unwrap();
        assert_eq!(durable.execution_timeout, Duration::from_hours(24 * 7));
        assert_eq!(durable.retention_days, 30);
        assert_eq!(functions[1].timeout, Duration::from_secs(5));
        assert_eq!(functions[1].durable, Some(DurableConfig::default()));
    }

    #[test]
    fn every_mistake_names_its_line_and_what_would_be_right() {
        let with = |line: &str| format!("[[function]]\nname = \"a\"\ncommand = \"./a\"\n{line}\n");
        for (text, place, message) in [
            (String::new(), "functions.toml: ", "no [[function]]"),
            ("[[function]\n".to_owned(), ":1:", "|"),
            (
                "[[function]]\nname = \"a\"\n".to_owned(),
                ":1:",
                "`command`",
            ),
            (with("timout = 3"), ":4:", "`timout`"),
            (with("timeout = \"soon\""), ":4:11: ", "\"7 days\""),
            (with("timeout = -1"), ":4:11: ", "not negative"),
            (with("timeout = true"), ":4:11: ", "\"30s\""),
            (
                with("timeout = \"16m\""),
                ":4:11: ",
                "`timeout` is from 1s to 15m",
            ),
            (with("memory = 0"), ":4:10: ", "`memory` is from 1 to 10240"),
            (
                with("concurrency = 0"),
                ":4:15: ",
                "`concurrency` is from 1",
            ),
            (with("cwd = \"nowhere\""), ":4:7: ", "no folder: ./nowhere"),
            (
                with("env = { AWS_LAMBDA_RUNTIME_API = \"x\" }"),
                ":4:9: ",
                "can't set `AWS_LAMBDA_RUNTIME_API`",
            ),
            (with("env = { A = 1 }"), ":4:", "string"),
            (
                with("durable = { retention_days = 91 }"),
                ":4:30: ",
                "`retention_days` is from 1 to 90",
            ),
            (
                with("durable = { execution_timeout = \"2 years\" }"),
                ":4:33: ",
                "`execution_timeout` is from 1s to ",
            ),
            (with("durable = { days = 1 }"), ":4:", "`days`"),
            (
                "[[function]]\nname = \"a b\"\ncommand = \"./a\"\n".to_owned(),
                ":2:8: ",
                "A-Z a-z 0-9 - _",
            ),
            (
                "[[function]]\nname = \"a\"\ncommand = []\n".to_owned(),
                ":3:11: ",
                "names no program",
            ),
            (
                with("[[function]]\nname = \"a\"\ncommand = \"./b\""),
                ":5:8: ",
                "two functions named `a`",
            ),
        ] {
            let said = parsed(&text).unwrap_err();
            assert!(said.starts_with("functions.toml:"), "{said}");
            assert!(
                said.contains(place) && said.contains(message),
                "{text}\n{said}"
            );
        }
    }
}
