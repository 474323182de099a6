//! The report: what the bench programs printed, as tables and plots.

mod lengths;
mod plots;
mod summary;
mod tables;
pub mod values;

use std::path::Path;

use values::Values;

/// What there is to report.
pub struct Report {
    values: Values,
    /// How many steps the long execution of the engines had.
    long: String,
}

impl Report {
    /// Of the lines that the bench programs and `benches/run` wrote.
    #[must_use]
    pub fn of(text: &str, long: String) -> Self {
        let values = Values::parse(text);
        Self { values, long }
    }

    /// Prints the tables as Markdown.
    pub fn print(&self) {
        self.summary();
        self.paths();
        self.round_trips();
        self.suspensions();
        self.lengths();
        self.engine();
        if !self.values.notes.is_empty() {
            println!("Settings, as the run read them back:\n");
            for note in &self.values.notes {
                println!("* {note}");
            }
        }
    }

    /// Writes the plots as SVG files into this folder.
    ///
    /// # Errors
    /// When a file can't be written or a plot can't be drawn.
    pub fn plot(&self, folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
        std::fs::create_dir_all(folder)?;
        plots::write(&self.values, folder)
    }
}
