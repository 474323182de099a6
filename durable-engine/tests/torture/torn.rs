//! What a kill left, torn: the log cut and flipped, the database cut, files gone.

use crate::seed::Seed;
use crate::torn_copies::{FRAME, How, Killed, LOG_HEADER, Made};

/// Frames at the end of the log that are looked at closely.
const LAST: usize = 30;

#[track_caller]
fn opened(made: Made) -> usize {
    match made {
        Made::Opened(commits) => commits,
        other => panic!("{other:?}"),
    }
}

#[test]
fn files_as_a_kill_left_them_have_every_commit() {
    for how in [How::Log, How::Both, How::Over, How::Large] {
        let killed = Killed::after(how);
        assert_eq!(opened(killed.copy().open()), how.commits(), "{how:?}");
        let mut copy = killed.copy();
        copy.index = None;
        assert_eq!(opened(copy.open()), how.commits(), "{how:?}: without -shm");
    }
}

#[test]
fn a_log_cut_anywhere_gives_the_first_commits() {
    let mut seed = Seed::from_environment();
    for how in [How::Log, How::Both, How::Over] {
        let killed = Killed::after(how);
        let frames = killed.frames();
        assert!(frames > LAST, "{how:?}: {frames} frames");
        let mut before = 0;
        let last = frames - LAST;
        for frame in (0..last).step_by(5).chain(last..=frames) {
            let end = LOG_HEADER + frame * FRAME;
            let commits = opened(killed.with_log(|log| log.truncate(end)).open());
            assert!(commits >= before, "{how:?}: {commits} after {before}");
            before = commits;
            // Half a frame is none.
            if (last..frames).contains(&frame) {
                for end in [
                    end + 1,
                    end + 24,
                    end + 1 + seed.below(FRAME as u64 - 1) as usize,
                ] {
                    let half = opened(killed.with_log(|log| log.truncate(end)).open());
                    assert_eq!(half, commits, "{how:?}: cut at {end}");
                }
            }
        }
        assert_eq!(before, how.commits(), "{how:?}");
        let in_database = opened(killed.with_log(|log| log.truncate(LOG_HEADER)).open());
        for end in [0, 1, LOG_HEADER / 2, LOG_HEADER - 1] {
            let commits = opened(killed.with_log(|log| log.truncate(end)).open());
            assert_eq!(commits, in_database, "{how:?}: cut at {end}");
        }
        let mut gone = killed.copy();
        gone.log = None;
        assert_eq!(opened(gone.open()), in_database, "{how:?}: without -wal");
        let half = how.commits() / 2;
        assert_eq!(
            in_database,
            if how == How::Log { 0 } else { half },
            "{how:?}"
        );
    }
}

#[test]
fn a_flipped_bit_in_the_log_gives_the_commits_before_it() {
    let mut seed = Seed::from_environment();
    for how in [How::Log, How::Both] {
        let killed = Killed::after(how);
        let mut before = 0;
        for frame in killed.frames() - LAST..killed.frames() {
            let start = LOG_HEADER + frame * FRAME;
            let whole = opened(killed.with_log(|log| log.truncate(start)).open());
            for at in [seed.below(24), 24 + seed.below(4096)] {
                let (at, bit) = (start + at as usize, 1 << seed.below(8));
                let commits = opened(killed.with_log(|log| log[at] ^= bit).open());
                assert_eq!(commits, whole, "{how:?}: bit {bit} of byte {at}");
            }
            assert!(whole >= before && whole < how.commits(), "{how:?}");
            before = whole;
        }
        for at in [0, 5, 12, 17, 25, 31] {
            let made = killed.with_log(|log| log[at] ^= 1).open();
            match made {
                Made::Opened(commits) => assert!(commits < how.commits(), "{how:?}: {at}"),
                // A version of the format that nobody knows.
                Made::Refused(_) => {}
                Made::Damaged(error) => panic!("{error}"),
            }
        }
    }
}

#[test]
fn a_database_cut_short_is_refused_or_whole() {
    let mut seed = Seed::from_environment();
    for how in [How::Log, How::Both, How::Over] {
        let killed = Killed::after(how);
        let pages = killed.database.len() / 4096;
        let mut refused = 0;
        for page in pages.saturating_sub(2 * LAST).max(1)..pages {
            let half = page * 4096 + 1 + seed.below(4095) as usize;
            for (cut, with_log) in [page * 4096, half]
                .into_iter()
                .flat_map(|cut| [(cut, true), (cut, false)])
            {
                let mut copy = killed.copy();
                copy.database.as_mut().unwrap().truncate(cut);
                if !with_log {
                    (copy.log, copy.index) = (None, None);
                }
                match copy.open() {
                    // All the pages that are gone are in the log too.
                    Made::Opened(commits) if with_log => {
                        assert_eq!(commits, how.commits(), "{how:?}: cut at {cut}");
                    }
                    // Half of the last page is gone, and there was nothing on it.
                    Made::Opened(commits) => {
                        assert!(cut > (pages - 1) * 4096, "{how:?}: cut at {cut}");
                        assert_eq!(commits, how.in_database(), "{how:?}: cut at {cut}");
                    }
                    Made::Refused(_) => refused += 1,
                    Made::Damaged(error) => panic!("{how:?}: cut at {cut}: {error}"),
                }
            }
        }
        assert!(
            refused > pages.min(2 * LAST),
            "{how:?}: {refused} of {pages} pages"
        );
    }
}

#[test]
fn a_log_without_its_database_is_not_thrown_away() {
    let killed = Killed::after(How::Log);
    for database in [None, Some(Vec::new())] {
        let mut copy = killed.copy();
        copy.database = database;
        let Made::Refused(said) = copy.open() else {
            panic!("the log was taken for nothing");
        };
        assert!(
            said.contains("put the database back beside its log"),
            "{said}"
        );
        assert!(said.contains("torn.db-wal is, with commits"), "{said}");
        (copy.log, copy.index) = (None, None);
        assert_eq!(opened(copy.open()), 0, "a new database");
    }
}

#[test]
fn of_a_large_database_cut_short_no_read_gives_anything_wrong() {
    let killed = Killed::after(How::Large);
    let pages = killed.database.len() / 4096;
    assert!(killed.database.len() > 10 * 1024 * 1024);
    let mut seed = Seed::from_environment();
    let mut noticed = 0;
    for _ in 0..6 {
        let page = pages - 1 - seed.below(200) as usize;
        for with_log in [true, false] {
            let mut copy = killed.copy();
            copy.database.as_mut().unwrap().truncate(page * 4096);
            if !with_log {
                (copy.log, copy.index) = (None, None);
            }
            match copy.open() {
                Made::Opened(commits) => assert!(with_log && commits == How::Large.commits()),
                Made::Refused(_) | Made::Damaged(_) => noticed += 1,
            }
        }
    }
    assert!(noticed >= 6, "{noticed}");
}
