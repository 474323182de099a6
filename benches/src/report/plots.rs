//! The plots: bars with their spread, and the cost of an operation by the execution's length, as SVG that reads on a light and on a dark page.

use std::error::Error;
use std::fs;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::lengths::LENGTHS;
use super::values::{Values, median, number};

/// Contrast enough on white and on black.
const OURS: RGBColor = RGBColor(47, 129, 247);
const THEIRS: RGBColor = RGBColor(139, 148, 158);
const LINES: [RGBColor; 5] = [
    OURS,
    RGBColor(219, 109, 40),
    RGBColor(46, 160, 67),
    RGBColor(163, 113, 247),
    RGBColor(219, 97, 162),
];
/// Black text, which this turns into the page's own ink. The background stays the page's.
const STYLE: &str = "<style>text{fill:#1f2328;font-family:system-ui,sans-serif}@media(prefers-color-scheme:dark){text{fill:#e6edf3}}</style>";

const WIDTH: u32 = 860;
const BAR: i32 = 30;
const TITLE: i32 = 34;
/// Where the bars begin, and where the longest ends: its value stands after it.
const LEFT: i32 = 330;
const RIGHT: i32 = 640;

type Drawn = Result<(), Box<dyn Error>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Bars with a title of their own: metric, and subjects with their labels.
struct Bars {
    title: &'static str,
    metric: &'static str,
    subjects: &'static [(&'static str, &'static str)],
}

const REPLAY: [Bars; 1] = [Bars {
    title: "Replay of a recorded step, ns of CPU (less is better)",
    metric: "replay.ns",
    subjects: &[
        ("ours", "ours, a step in a loop"),
        ("ours-straight", "ours, each step its own site"),
        ("official", "aws-durable-execution-sdk 0.1.0"),
        ("lambda-core", "durable-lambda-core 1.2.0"),
    ],
}];

const LIVE: [Bars; 1] = [Bars {
    title: "Live step through the AWS SDK to a stub connection, ns of CPU (less is better)",
    metric: "live.ns",
    subjects: &[
        ("ours-lambda", "ours"),
        ("official", "aws-durable-execution-sdk 0.1.0"),
        ("lambda-core", "durable-lambda-core 1.2.0"),
        ("bare-call", "one bare call, the floor"),
    ],
}];

const SUSPENSIONS: [Bars; 1] = [Bars {
    title: "1,000 suspensions of one execution, CPU ms (less is better)",
    metric: "suspend.ms",
    subjects: &[
        ("engine-resident", "ours on the engine, resident"),
        ("engine-replaying", "ours on the engine, replaying"),
        ("ours", "ours, as a Lambda function"),
        ("official", "aws-durable-execution-sdk 0.1.0"),
        ("lambda-core", "durable-lambda-core 1.2.0"),
    ],
}];

const ENGINES: &[(&str, &str)] = &[
    ("ours", "ours, WAL + FULL"),
    ("durare-durable", "durare 0.5.0, WAL + FULL"),
    ("durare-default", "durare 0.5.0, NORMAL"),
    ("duroxide-durable", "duroxide 0.1.32, WAL + FULL, 1 ms"),
    ("duroxide-tuned", "duroxide 0.1.32, NORMAL, 1 ms"),
    ("duroxide-default", "duroxide 0.1.32 as it comes"),
];

const ENGINE: [Bars; 3] = [
    Bars {
        title: "Engine, one short execution at a time, steps/s (more is better)",
        metric: "engine.short",
        subjects: ENGINES,
    },
    Bars {
        title: "Engine, one long execution, steps/s",
        metric: "engine.long",
        subjects: ENGINES,
    },
    Bars {
        title: "Engine, 1,000 executions at once, steps/s",
        metric: "engine.many",
        subjects: ENGINES,
    },
];

/// Writes all of them. A plot without values is left out.
pub(super) fn write(values: &Values, folder: &Path) -> Drawn {
    for (file, groups) in [
        ("replay.svg", REPLAY.as_slice()),
        ("live.svg", &LIVE),
        ("suspensions.svg", &SUSPENSIONS),
        ("engine.svg", &ENGINE),
    ] {
        bars(values, &folder.join(file), groups)?;
    }
    lines(values, &folder.join("scaling.svg"))
}

/// The median, the least and the greatest.
struct Bar {
    label: &'static str,
    ours: bool,
    middle: f64,
    least: f64,
    greatest: f64,
}

fn measured(values: &Values, group: &Bars) -> Vec<Bar> {
    let bar = |(subject, label): &(&str, &'static str)| {
        let all = values.of(group.metric, subject)?;
        Some(Bar {
            label,
            ours: label.starts_with("ours"),
            middle: median(all),
            least: all.iter().copied().fold(f64::MAX, f64::min),
            greatest: all.iter().copied().fold(f64::MIN, f64::max),
        })
    };
    group.subjects.iter().filter_map(bar).collect()
}

fn bars(values: &Values, file: &Path, groups: &[Bars]) -> Drawn {
    let groups: Vec<_> = groups
        .iter()
        .map(|group| (group.title, measured(values, group)))
        .filter(|(_, bars)| !bars.is_empty())
        .collect();
    if groups.is_empty() {
        return Ok(());
    }
    let rows: usize = groups.iter().map(|(_, bars)| bars.len()).sum();
    let height = BAR * i32::try_from(rows)? + (TITLE + 8) * i32::try_from(groups.len())?;
    draw(file, u32::try_from(height)?, |area| {
        let mut top = 0;
        for (title, bars) in &groups {
            text(area, title, (8, top + 10), 17)?;
            top += TITLE;
            let longest = bars.iter().map(|bar| bar.greatest).fold(0.0, f64::max);
            for bar in bars {
                one(area, bar, top, longest)?;
                top += BAR;
            }
            top += 8;
        }
        Ok(())
    })
}

fn one(area: &Area<'_>, bar: &Bar, top: i32, longest: f64) -> Drawn {
    #[expect(clippy::cast_possible_truncation, reason = "a share of 310 pixels")]
    let at = |value: f64| LEFT + (value / longest * f64::from(RIGHT - LEFT)).round() as i32;
    let colour = if bar.ours { OURS } else { THEIRS };
    text(area, bar.label, (8, top + 6), 14)?;
    let corners = [
        (LEFT, top + 4),
        (at(bar.middle).max(LEFT + 1), top + BAR - 6),
    ];
    area.draw(&Rectangle::new(corners, colour.filled()))?;
    let (from, to, middle) = (at(bar.least), at(bar.greatest), top + BAR / 2 - 1);
    for points in [
        vec![(from, middle), (to, middle)],
        vec![(from, middle - 4), (from, middle + 4)],
        vec![(to, middle - 4), (to, middle + 4)],
    ] {
        // Red, which stands out from both colours of bars and both pages.
        area.draw(&PathElement::new(
            points,
            RGBColor(207, 34, 46).stroke_width(2),
        ))?;
    }
    let written = format!(
        "{} ({}–{})",
        number(bar.middle),
        number(bar.least),
        number(bar.greatest)
    );
    text(area, &written, (to.max(at(bar.middle)) + 10, top + 6), 14)
}

fn lines(values: &Values, file: &Path) -> Drawn {
    let mut series = Vec::new();
    for (metric, label) in [
        ("scale.replay.ns", "replay of a step"),
        ("scale.live.ns", "live step in memory"),
        ("scale.resident.ns", "sleep on the engine, resident"),
        ("scale.engine.ns", "step on the engine with SQLite"),
        (
            "scale.replaying.ns",
            "sleep on the engine, replayed each time",
        ),
    ] {
        let mut points = Vec::new();
        for length in LENGTHS {
            if let Some(nanos) = values.middle(metric, length) {
                points.push((length.parse::<f64>()?, nanos));
            }
        }
        if points.len() > 1 {
            series.push((label, points));
        }
    }
    let all = || series.iter().flat_map(|(_, points)| points);
    let least = all().map(|(_, nanos)| *nanos).fold(f64::MAX, f64::min);
    let greatest = all().map(|(_, nanos)| *nanos).fold(f64::MIN, f64::max);
    if series.is_empty() {
        return Ok(());
    }
    draw(file, 460, |area| {
        text(
            area,
            "CPU per operation, ns, by the execution's length (flat is good)",
            (8, 10),
            17,
        )?;
        let (_, below) = area.split_vertically(TITLE);
        let mut chart = ChartBuilder::on(&below)
            .margin_right(24)
            .margin_top(110)
            .x_label_area_size(40)
            .y_label_area_size(90)
            .build_cartesian_2d(
                (90.0..120_000.0).log_scale(),
                (least / 1.5..greatest * 1.5).log_scale(),
            )?;
        let written = |value: &f64| number(*value);
        chart
            .configure_mesh()
            .bold_line_style(THEIRS.mix(0.35))
            .light_line_style(TRANSPARENT)
            .axis_style(THEIRS)
            .label_style(("sans-serif", 14))
            .x_labels(4)
            .y_labels(8)
            .x_label_formatter(&written)
            .y_label_formatter(&written)
            .x_desc("operations in the execution")
            .draw()?;
        for (at, ((label, points), colour)) in series.iter().zip(LINES).enumerate() {
            chart.draw_series(LineSeries::new(
                points.iter().copied(),
                colour.stroke_width(3),
            ))?;
            let dots = points
                .iter()
                .map(|point| Circle::new(*point, 4, colour.filled()));
            chart.draw_series(dots)?;
            let row = TITLE + 4 + 20 * i32::try_from(at)?;
            let swatch = [(8, row + 6), (30, row + 10)];
            area.draw(&Rectangle::new(swatch, colour.filled()))?;
            text(area, label, (38, row), 14)?;
        }
        Ok(())
    })
}

fn text(area: &Area<'_>, written: &str, at: (i32, i32), size: i32) -> Drawn {
    Ok(area.draw(&Text::new(written.to_owned(), at, ("sans-serif", size)))?)
}

/// Draws in memory, and writes the file with a style that follows the page.
fn draw(file: &Path, height: u32, paint: impl FnOnce(&Area<'_>) -> Drawn) -> Drawn {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        paint(&area)?;
        area.present()?;
    }
    let opened = svg.find('>').ok_or("the drawing is no SVG")?;
    svg.insert_str(opened + 1, STYLE);
    fs::write(file, svg)?;
    Ok(())
}
