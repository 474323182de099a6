//! The handlers, a module per suite. A handler is named after what its requirement is about; its comment gives the requirement's id.

pub mod callback;
pub mod child;
pub mod codecs;
pub mod invoke;
pub mod map;
pub mod parallel;
pub mod plugin;
pub mod poll;
pub mod step;
pub mod summary;
pub mod wait;
pub mod wait_for_callback;
