//! The log of a bootstrap process that has set up none of its own.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use super::environment::Lookup;
use crate::{JsonLog, ReplayFilter};

/// What a process logs when it has no subscriber of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Logging {
    /// JSON lines, and nothing that workflow code has logged before.
    Quiet,
    /// JSON lines, also while workflow code replays.
    Replays,
    /// Nothing.
    Off,
}

impl Logging {
    /// Sets up the log, unless there is one.
    pub(super) fn install(self, environment: &Lookup) {
        if self == Self::Off || tracing::dispatcher::has_been_set() {
            return;
        }
        let wanted = wanted(environment);
        // Spans are never left out: they carry the execution and the operation that a line belongs to.
        let enough = filter_fn(move |metadata| {
            metadata.is_span() || wanted.would_enable(metadata.target(), metadata.level())
        });
        let replay_filter = (self == Self::Quiet).then(ReplayFilter::new);
        // Somebody else may have been faster.
        let _ = tracing_subscriber::registry()
            .with(enough)
            .with(replay_filter.map(Layer::boxed))
            .with(JsonLog::new())
            .try_init();
    }
}

/// `RUST_LOG` as far as levels and targets go, else the level that is set for the function in Lambda, else INFO.
fn wanted(environment: &Lookup) -> Targets {
    let directives = environment("RUST_LOG").and_then(|text| text.parse().ok());
    directives.unwrap_or_else(|| {
        let level = environment("AWS_LAMBDA_LOG_LEVEL");
        let level = level.map_or(LevelFilter::INFO, |level| match level.as_str() {
            "FATAL" => LevelFilter::ERROR,
            level => level.parse().unwrap_or(LevelFilter::INFO),
        });
        Targets::new().with_default(level)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tracing::Level;

    use super::*;

    fn enabled(variables: &'static [(&str, &str)], target: &str, level: Level) -> bool {
        let lookup: Lookup = Arc::new(move |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        wanted(&lookup).would_enable(target, &level)
    }

    #[test]
    fn the_level_is_info_unless_said_otherwise() {
        assert!(enabled(&[], "shop", Level::INFO));
        assert!(!enabled(&[], "shop", Level::DEBUG));
        assert!(enabled(
            &[("RUST_LOG", "nonsense=nonsense=")],
            "shop",
            Level::INFO
        ));
    }

    #[test]
    fn lambdas_own_setting_counts_and_rust_log_more() {
        const FATAL: &[(&str, &str)] = &[("AWS_LAMBDA_LOG_LEVEL", "FATAL")];
        assert!(enabled(FATAL, "shop", Level::ERROR));
        assert!(!enabled(FATAL, "shop", Level::WARN));
        assert!(enabled(
            &[("AWS_LAMBDA_LOG_LEVEL", "DEBUG")],
            "shop",
            Level::DEBUG
        ));
        const BOTH: &[(&str, &str)] = &[
            ("AWS_LAMBDA_LOG_LEVEL", "DEBUG"),
            ("RUST_LOG", "warn,shop=trace"),
        ];
        assert!(enabled(BOTH, "shop::orders", Level::TRACE));
        assert!(!enabled(BOTH, "hyper", Level::INFO));
    }
}
