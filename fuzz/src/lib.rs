//! What the fuzz targets share; the targets themselves are in `targets/`, and how they are run is in `README.md`.

pub mod answers;
pub mod life;
pub mod mutate;
pub mod workflow;
