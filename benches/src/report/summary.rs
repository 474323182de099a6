//! The summary: us, the peers, the floor and our targets in one table.

use super::Report;
use super::values::{median, number};

/// What the service call alone took where the target for a live step was set, and that target, in ns.
const LIVE_TARGET: (f64, f64) = (31_800.0, 36_000.0);

struct Row {
    figure: &'static str,
    ours: Option<f64>,
    /// The official SDK, durable-lambda-core, duroxide, durare.
    peers: [Option<f64>; 4],
    floor: Option<String>,
    /// At most this much, and how to say it.
    target: Option<(f64, String)>,
}

impl Report {
    pub(super) fn summary(&self) {
        println!("### Summary\n");
        println!(
            "| | ours | aws-durable-execution-sdk 0.1.0 | durable-lambda-core 1.2.0 | duroxide 0.1.32 | durare 0.5.0 | floor or limit | our target | met |"
        );
        println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        for row in self.rows() {
            let peers = row
                .peers
                .map(|value| value.map_or_else(|| "–".to_owned(), number));
            let (target, met) = match (&row.target, row.ours) {
                (Some((most, text)), Some(ours)) => {
                    (text.as_str(), if ours <= *most { "yes" } else { "**no**" })
                }
                (Some((_, text)), None) => (text.as_str(), "not measured"),
                (None, _) => ("–", "–"),
            };
            println!(
                "| {} | **{}** | {} | {} | {target} | {met} |",
                row.figure,
                row.ours.map_or_else(|| "n/a".to_owned(), number),
                peers.join(" | "),
                row.floor.unwrap_or_else(|| "–".to_owned()),
            );
        }
        println!();
    }

    fn rows(&self) -> Vec<Row> {
        let values = &self.values;
        let sdk = |figure, metric: &str, subject: &str, target: Option<f64>| Row {
            figure,
            ours: values.middle(metric, subject),
            peers: [
                values.middle(metric, "official"),
                values.middle(metric, "lambda-core"),
                None,
                None,
            ],
            floor: None,
            target: target.map(|most| (most, format!("≤ {}", number(most)))),
        };
        let mut rows = vec![
            sdk("replay of a step, ns of CPU", "replay.ns", "ours", None),
            sdk(
                "replay of a step, instructions",
                "replay.instr",
                "ours",
                None,
            ),
            sdk(
                "replay of a step, allocations",
                "replay.allocs",
                "ours",
                Some(3.0),
            ),
        ];
        let (bare, whole) = LIVE_TARGET;
        let mut live = sdk(
            "live step through the AWS SDK, ns of CPU",
            "live.ns",
            "ours-lambda",
            None,
        );
        live.floor = values
            .middle("live.ns", "bare-call")
            .map(|bare| format!("{} (the bare call)", number(bare)));
        rows.push(live);
        let beside = |subject| {
            let above = values.pairs("live.ns", subject, "bare-call", |it, bare| it - bare);
            above.as_deref().map(median)
        };
        rows.push(Row {
            figure: "the same, more than the bare call, ns",
            ours: beside("ours-lambda"),
            peers: [beside("official"), beside("lambda-core"), None, None],
            floor: None,
            target: Some((
                whole - bare,
                format!(
                    "≤ {} (≤ 36,000 where the bare call took 31,800)",
                    number(whole - bare)
                ),
            )),
        });
        let ratio = |subject| {
            let ratios = values.pairs("live.ns", subject, "bare-call", |it, bare| it / bare);
            ratios.as_deref().map(median)
        };
        rows.push(Row {
            figure: "the same, ratio to the bare call",
            ours: ratio("ours-lambda"),
            peers: [ratio("official"), ratio("lambda-core"), None, None],
            floor: Some("1".to_owned()),
            target: Some((whole / bare, format!("≤ {}", number(whole / bare)))),
        });
        rows.push(sdk(
            "`map` of 100 items, service calls",
            "trips.map.calls",
            "ours",
            Some(3.0),
        ));
        rows.push(sdk(
            "flat `map` of 100 items, service calls",
            "trips.map-flat.calls",
            "ours",
            Some(2.0),
        ));
        rows.push(sdk(
            "1,000 suspensions, replaying, CPU ms",
            "suspend.ms",
            "ours",
            Some(450.0),
        ));
        rows.push(Row {
            figure: "1,000 suspensions, resident, CPU ms",
            ours: values.middle("suspend.ms", "engine-resident"),
            peers: [None; 4],
            floor: None,
            target: Some((40.0, "≤ 40".to_owned())),
        });
        for (figure, metric) in [
            (
                "engine, one short execution at a time, steps/s",
                "engine.short",
            ),
            ("engine, one long execution, steps/s", "engine.long"),
            ("engine, 1,000 executions at once, steps/s", "engine.many"),
        ] {
            rows.push(Row {
                figure,
                ours: values.middle(metric, "ours"),
                peers: [
                    None,
                    None,
                    values.middle(metric, "duroxide-durable"),
                    values.middle(metric, "durare-durable"),
                ],
                floor: values
                    .middle(&format!("{metric}.disk"), "single-row commits")
                    .map(|limit| format!("{} single-row commits/s just before", number(limit))),
                target: None,
            });
        }
        for (figure, metric) in [
            (
                "replay, instructions per step, longest to 1,000",
                "scale.replay.instr",
            ),
            ("engine, CPU per step, longest to 1,000", "scale.engine.ns"),
            (
                "engine, CPU per resident sleep, longest to 1,000",
                "scale.resident.ns",
            ),
        ] {
            rows.push(Row {
                figure,
                ours: self.flatness(metric, "1000"),
                peers: [None; 4],
                floor: Some("1 (flat)".to_owned()),
                target: None,
            });
        }
        rows
    }
}
