//! [`Terminal`]: progress on stderr, the result on stdout.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use durable_runtime::ReplayFilter;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;

use super::Failure;

/// Progress on stderr, the result on stdout.
///
/// What workflows and steps log appears as plain lines; workflow code that replays stays quiet. Waits are a bar where stderr is a terminal, and lines where it
/// is a file or a pipe.
#[derive(Clone, Debug)]
pub struct Terminal {
    bar: ProgressBar,
    draws: bool,
}

impl Terminal {
    /// Starts to show what is logged.
    #[must_use]
    pub fn start() -> Self {
        let draws = io::stderr().is_terminal();
        let bar = ProgressBar::hidden();
        if let Ok(style) = ProgressStyle::with_template("  {bar:30} {msg}") {
            bar.set_style(style.progress_chars("━╸─"));
        }
        let terminal = Self { bar, draws };
        let lines = tracing_subscriber::fmt::layer()
            .event_format(Plain)
            .with_writer(BesideBar(terminal.bar.clone()));
        tracing_subscriber::registry()
            .with(LevelFilter::INFO)
            .with(ReplayFilter::new())
            .with(lines)
            .init();
        terminal
    }

    /// Whether there is a bar to draw, on a terminal.
    pub(super) fn draws(&self) -> bool {
        self.draws
    }

    /// Shows how much of a wait is over.
    pub(super) fn show_wait(&self, text: String, millis_gone: u64, millis: u64) {
        self.bar.set_length(millis);
        self.bar.set_position(millis_gone.min(millis));
        self.bar.set_message(text);
        if self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.tick();
    }

    /// Takes the bar away. It is hidden, or every line that is logged would draw it again.
    pub(super) fn hide_wait(&self) {
        if self.draws && !self.bar.is_hidden() {
            self.bar.finish_and_clear();
            self.bar.set_draw_target(ProgressDrawTarget::hidden());
            self.bar.reset();
        }
    }

    /// Ends the program. The last line of stdout is the result as JSON; a failure goes to stderr.
    #[must_use]
    pub fn finish(self, result: Result<serde_json::Value, Failure>) -> ExitCode {
        self.hide_wait();
        match result {
            // A reader that went away is no failure of the workflow, whose result is recorded.
            Ok(result) => {
                let _ = writeln!(io::stdout(), "{result}");
                ExitCode::SUCCESS
            }
            Err(failure) => {
                let word = if matches!(failure, Failure::Interrupted { .. }) {
                    ""
                } else {
                    "error: "
                };
                let _ = writeln!(io::stderr(), "{word}{failure}");
                failure.exit_code()
            }
        }
    }
}

/// Writes lines without tearing the bar.
#[derive(Clone, Debug)]
struct BesideBar(ProgressBar);

impl Write for BesideBar {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

impl<'a> MakeWriter<'a> for BesideBar {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The message and nothing around it: who reads this watches one program, not a log.
#[derive(Clone, Copy, Debug)]
struct Plain;

impl<S, N> FormatEvent<S, N> for Plain
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Line::default();
        event.record(&mut line);
        let word = match *event.metadata().level() {
            Level::ERROR => "error: ",
            Level::WARN => "warning: ",
            _ => "",
        };
        writeln!(writer, "{word}{}{}", line.message, line.rest)
    }
}

#[derive(Default)]
struct Line {
    message: String,
    rest: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.rest.push_str(&format!(" {}={value:?}", field.name()));
        }
    }
}
