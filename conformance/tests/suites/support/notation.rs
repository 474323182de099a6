//! The notation of expected histories: a line per event.
//!
//! ```text
//! Child>c name=outer          c: any id, the same wherever `c` stands, another than every other letter's
//! Step>s@c                    @c: its parent is c; without, it has none
//! Step-s@c attempt=1 delay=0..5 error=TransientError
//! INV                         INVerr: of an invocation that gave no answer
//! Step>s@c
//! Step+s@c attempt=2 payload="the rest of the line"
//! Child+c
//! INV
//! ```
//!
//! `>` started, `+` succeeded, `-` failed, `!` timed out. `attempt` is 1 where nothing is said, and without `delay` there must be none. `name` and `payload` are checked
//! where they are given. A payload is raw text to the end of the line.

/// An expected event.
#[derive(Debug, Default)]
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    pub(super) event_type: String,
    pub(super) sub_type: Option<&'static str>,
    pub(super) id: Option<&'a str>,
    pub(super) parent: Option<&'a str>,
    pub(super) name: Option<&'a str>,
    pub(super) payload: Option<&'a str>,
    pub(super) attempt: Option<u64>,
    pub(super) delay: Option<(u64, u64)>,
    pub(super) duration: Option<u64>,
    pub(super) timeout: Option<u64>,
    pub(super) heartbeat: Option<u64>,
    pub(super) tenant: Option<&'a str>,
    pub(super) error: Option<&'a str>,
}

pub(super) fn parse(expected: &str) -> Vec<Line<'_>> {
    expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|text| {
            line(text).unwrap_or_else(|| panic!("`{text}` is no line of an expected history"))
        })
        .collect()
}

fn line(text: &str) -> Option<Line<'_>> {
    let (symbol, mut rest) = text.split_once(' ').unwrap_or((text, ""));
    let mut line = Line {
        text,
        ..Line::default()
    };
    if symbol.starts_with("INV") {
        line.event_type = "InvocationCompleted".to_owned();
        line.error = match symbol {
            "INV" => None,
            "INVerr" => Some(""),
            _ => return None,
        };
    } else {
        let at = symbol.find(['>', '+', '-', '!'])?;
        let (kind, ids) = symbol.split_at(at);
        let (what, sub_type) = match kind {
            "Step" => ("Step", "Step"),
            "Poll" => ("Step", "WaitForCondition"),
            "Wait" => ("Wait", "Wait"),
            "Cb" => ("Callback", "Callback"),
            "Chain" => ("ChainedInvoke", "ChainedInvoke"),
            "Child" => ("Context", "RunInChildContext"),
            "Wfcb" => ("Context", "WaitForCallback"),
            "Parallel" => ("Context", "Parallel"),
            "Branch" => ("Context", "ParallelBranch"),
            "Map" => ("Context", "Map"),
            "Iter" => ("Context", "MapIteration"),
            _ => return None,
        };
        let (ending, ids) = ids.split_at(1);
        let ending = match ending {
            ">" => "Started",
            "+" => "Succeeded",
            "-" => "Failed",
            _ => "TimedOut",
        };
        if matches!(ending, "Failed" | "TimedOut") {
            line.error = Some("");
        }
        line.event_type = format!("{what}{ending}");
        line.sub_type = Some(sub_type);
        let (id, parent) = match ids.split_once('@') {
            Some((id, parent)) => (id, Some(parent)),
            None => (ids, None),
        };
        (line.id, line.parent) = (Some(id), parent);
    }
    while !rest.trim().is_empty() {
        let (key, value) = rest.trim_start().split_once('=')?;
        let (value, behind) = match key {
            "payload" => (value, ""),
            _ => value.split_once(' ').unwrap_or((value, "")),
        };
        rest = behind;
        match key {
            "name" => line.name = Some(value),
            "payload" => line.payload = Some(value),
            "error" => line.error = Some(value),
            "attempt" => line.attempt = Some(value.parse().ok()?),
            "duration" => line.duration = Some(value.parse().ok()?),
            "timeout" => line.timeout = Some(value.parse().ok()?),
            "heartbeat" => line.heartbeat = Some(value.parse().ok()?),
            "tenant" => line.tenant = Some(value),
            "delay" => {
                let (least, most) = value.split_once("..").unwrap_or((value, value));
                line.delay = Some((least.parse().ok()?, most.parse().ok()?));
            }
            _ => return None,
        }
    }
    Some(line)
}
