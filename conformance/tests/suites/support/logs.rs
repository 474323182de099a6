//! What handlers log, replays included.

use std::cell::Cell;
use std::fmt::{Debug, Write};
use std::sync::{Mutex, OnceLock};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
static INSTALLED: OnceLock<()> = OnceLock::new();

/// One recorder for all tests of this binary: tell them apart by what they log.
pub(super) fn record() {
    INSTALLED.get_or_init(|| {
        let subscriber = tracing_subscriber::registry().with(Recorder);
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

thread_local! {
    static HELD: Cell<bool> = const { Cell::new(false) };
}

/// Recording goes on when this goes.
pub(super) struct Held;

/// Records nothing that this test logs, if `hold`. A test with its engine is one thread.
pub(super) fn hold(hold: bool) -> Held {
    HELD.set(hold);
    Held
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.set(false);
    }
}

/// How many events with this text a handler has logged.
pub(crate) fn logged(text: &str) -> usize {
    let lines = LINES.lock().unwrap();
    lines.iter().filter(|line| line.contains(text)).count()
}

struct Recorder;

impl<S: Subscriber> Layer<S> for Recorder {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("conformance") && !HELD.get() {
            let mut message = Message::default();
            event.record(&mut message);
            LINES.lock().unwrap().push(message.0);
        }
    }
}

#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            write!(self.0, "{value:?}").unwrap();
        }
    }
}
