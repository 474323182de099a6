//! [`Group`]: a process with all its descendants, as far as they stay in its group; a launcher such as `npx` has some.

use tokio::process::{Child, Command};

/// Ends the whole group when dropped.
#[derive(Debug)]
pub(super) struct Group {
    leader: Option<u32>,
}

impl Group {
    /// To be called before the command is spawned.
    pub(super) fn prepare(command: &mut Command) {
        command.kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
    }

    pub(super) fn of(child: &Child) -> Self {
        Self { leader: child.id() }
    }
}

impl Drop for Group {
    #[cfg(unix)]
    fn drop(&mut self) {
        let leader = self
            .leader
            .take()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(rustix::process::Pid::from_raw);
        if let Some(leader) = leader {
            // Nobody is left in it: as good.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }

    #[cfg(not(unix))]
    fn drop(&mut self) {
        // The child itself is killed when its handle is dropped.
        let _ = self.leader.take();
    }
}
