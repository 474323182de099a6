mod fixtures;
mod look;
mod output;
mod text;
pub(super) mod trees;
