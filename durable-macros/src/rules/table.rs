//! What replay can't repeat, by its full name.

use crate::diag::Rule;

/// One family of names.
pub(super) struct Entry {
    pub(super) rule: Rule,
    pub(super) roots: &'static [&'static str],
    pub(super) what: Names,
}

/// Which names below the crates.
pub(super) enum Names {
    /// Whatever ends like this: `SystemTime::now`. A type's function is known by these two names also where nobody can
    /// see what the type is, unless its name is one that many types have.
    Ends(&'static [&'static str]),
    /// The same for names that many types have: it takes the full path.
    EndsCommon(&'static [&'static str]),
    /// Exactly this, at the top of the crate.
    Exactly(&'static [&'static str]),
    /// Everything in this module of the crate; in the whole crate if it is empty.
    In(&'static [&'static str]),
}

use Names::{Ends, EndsCommon, Exactly, In};

const fn entry(rule: Rule, roots: &'static [&'static str], what: Names) -> Entry {
    Entry { rule, roots, what }
}

const STD: &[&str] = &["std", "core"];
const STD_TOKIO: &[&str] = &["std", "tokio"];
const TOKIO: &[&str] = &["tokio"];
const RAND: &[&str] = &["rand", "rand_core"];
const FUTURES: &[&str] = &["futures", "futures_util"];

/// Functions, constructors and values.
pub(super) const PATHS: &[Entry] = &[
    entry(Rule::Clock, STD, Ends(&["SystemTime", "now"])),
    entry(Rule::Clock, STD_TOKIO, Ends(&["Instant", "now"])),
    entry(Rule::Clock, &["chrono"], Ends(&["Utc", "now"])),
    entry(Rule::Clock, &["chrono"], EndsCommon(&["Local", "now"])),
    entry(Rule::Clock, &["time"], Ends(&["OffsetDateTime", "now_utc"])),
    entry(
        Rule::Clock,
        &["time"],
        Ends(&["OffsetDateTime", "now_local"]),
    ),
    entry(Rule::Clock, &["time"], Ends(&["UtcDateTime", "now"])),
    entry(Rule::Clock, &["jiff"], EndsCommon(&["Timestamp", "now"])),
    entry(Rule::Clock, &["jiff"], Ends(&["Zoned", "now"])),
    entry(Rule::RandomId, &["uuid"], Ends(&["Uuid", "new_v1"])),
    entry(Rule::RandomId, &["uuid"], Ends(&["Uuid", "new_v4"])),
    entry(Rule::RandomId, &["uuid"], Ends(&["Uuid", "new_v6"])),
    entry(Rule::RandomId, &["uuid"], Ends(&["Uuid", "new_v7"])),
    entry(Rule::RandomId, &["uuid"], Ends(&["Uuid", "now_v1"])),
    entry(Rule::RandomId, &["uuid"], Ends(&["Uuid", "now_v6"])),
    entry(Rule::RandomId, &["uuid"], Ends(&["Uuid", "now_v7"])),
    entry(Rule::RandomId, &["ulid"], Ends(&["Ulid", "new"])),
    entry(Rule::Random, &["rand"], EndsCommon(&["random"])),
    entry(Rule::Random, &["rand"], EndsCommon(&["random_bool"])),
    entry(Rule::Random, &["rand"], EndsCommon(&["random_iter"])),
    entry(Rule::Random, &["rand"], EndsCommon(&["random_range"])),
    entry(Rule::Random, &["rand"], EndsCommon(&["random_ratio"])),
    entry(Rule::Random, &["rand"], EndsCommon(&["rng"])),
    entry(Rule::Random, &["rand"], EndsCommon(&["thread_rng"])),
    entry(Rule::Random, RAND, EndsCommon(&["OsRng"])),
    entry(Rule::Random, RAND, EndsCommon(&["from_os_rng"])),
    entry(Rule::Random, RAND, EndsCommon(&["from_entropy"])),
    entry(Rule::Random, &["getrandom"], In(&[])),
    entry(Rule::Random, STD, Ends(&["RandomState", "new"])),
    entry(Rule::Spawn, TOKIO, EndsCommon(&["spawn"])),
    entry(Rule::Spawn, TOKIO, EndsCommon(&["spawn_blocking"])),
    entry(Rule::Spawn, TOKIO, EndsCommon(&["spawn_local"])),
    entry(Rule::Spawn, TOKIO, Ends(&["JoinSet", "new"])),
    entry(Rule::Spawn, STD, Ends(&["thread", "spawn"])),
    entry(Rule::Spawn, STD, Ends(&["thread", "scope"])),
    entry(Rule::Spawn, &["rayon"], EndsCommon(&["spawn"])),
    entry(Rule::Spawn, &["rayon"], EndsCommon(&["join"])),
    entry(Rule::Spawn, &["rayon"], EndsCommon(&["scope"])),
    entry(Rule::Spawn, &["async_std", "smol"], EndsCommon(&["spawn"])),
    entry(Rule::Select, FUTURES, Ends(&["future", "select"])),
    entry(Rule::Select, FUTURES, EndsCommon(&["select_all"])),
    entry(Rule::Select, FUTURES, EndsCommon(&["select_ok"])),
    entry(Rule::ForeignJoin, FUTURES, EndsCommon(&["join_all"])),
    entry(Rule::ForeignJoin, FUTURES, EndsCommon(&["try_join_all"])),
    entry(Rule::Unordered, FUTURES, Ends(&["FuturesUnordered", "new"])),
    entry(Rule::Environment, &["std"], Ends(&["env", "var"])),
    entry(Rule::Environment, &["std"], Ends(&["env", "var_os"])),
    entry(Rule::Environment, &["std"], Ends(&["env", "vars"])),
    entry(Rule::Environment, &["std"], Ends(&["env", "vars_os"])),
    entry(Rule::Environment, &["std"], Ends(&["env", "args"])),
    entry(Rule::Environment, &["std"], Ends(&["env", "args_os"])),
    entry(Rule::Environment, &["std"], Ends(&["env", "current_dir"])),
    entry(Rule::Environment, &["std"], Ends(&["env", "current_exe"])),
    entry(Rule::Environment, &["dotenv", "dotenvy"], In(&[])),
    entry(Rule::Outside, STD_TOKIO, In(&["fs"])),
    entry(Rule::Outside, STD_TOKIO, Ends(&["TcpStream", "connect"])),
    entry(Rule::Outside, STD_TOKIO, Ends(&["TcpListener", "bind"])),
    entry(Rule::Outside, STD_TOKIO, Ends(&["UdpSocket", "bind"])),
    entry(Rule::Outside, STD_TOKIO, Ends(&["UnixStream", "connect"])),
    entry(Rule::Outside, TOKIO, EndsCommon(&["lookup_host"])),
    entry(Rule::Outside, STD_TOKIO, EndsCommon(&["Command", "new"])),
    entry(Rule::Outside, &["std"], EndsCommon(&["io", "stdin"])),
    entry(Rule::Outside, &["reqwest"], Exactly(&["get"])),
    entry(Rule::Outside, &["reqwest"], EndsCommon(&["Client", "new"])),
    entry(
        Rule::Outside,
        &["reqwest"],
        EndsCommon(&["Client", "builder"]),
    ),
    entry(Rule::Outside, &["reqwest"], In(&["blocking"])),
    entry(Rule::Outside, &["ureq"], Exactly(&["get"])),
    entry(Rule::Outside, &["ureq"], Exactly(&["post"])),
    entry(Rule::Outside, &["tempfile"], EndsCommon(&["tempdir"])),
    entry(Rule::Outside, &["tempfile"], EndsCommon(&["tempfile"])),
    entry(Rule::Outside, &["tempfile"], Ends(&["TempDir", "new"])),
    entry(
        Rule::Outside,
        &["tempfile"],
        Ends(&["NamedTempFile", "new"]),
    ),
];

/// `fastrand`'s functions: all but the generator that is made from a seed.
pub(super) const FASTRAND: (&str, &[&str]) = ("fastrand", &["with_seed", "seed"]);

/// Macros.
pub(super) const MACROS: &[Entry] = &[
    entry(Rule::RandomId, &["nanoid"], EndsCommon(&["nanoid"])),
    entry(Rule::Select, TOKIO, EndsCommon(&["select"])),
    entry(Rule::Select, FUTURES, EndsCommon(&["select"])),
    entry(Rule::Select, FUTURES, EndsCommon(&["select_biased"])),
    entry(Rule::ForeignJoin, TOKIO, EndsCommon(&["join"])),
    entry(Rule::ForeignJoin, TOKIO, EndsCommon(&["try_join"])),
    entry(Rule::ForeignJoin, FUTURES, EndsCommon(&["join"])),
    entry(Rule::ForeignJoin, FUTURES, EndsCommon(&["try_join"])),
];

/// The macros of std that print, which need no `use`.
pub(super) const PRINTING: &[&str] = &["println", "print", "eprintln", "eprint", "dbg"];

/// Methods of streams that run several futures at a time, in the order in which they end.
pub(super) const STREAM_METHODS: &[&str] = &[
    "buffer_unordered",
    "for_each_concurrent",
    "try_buffer_unordered",
];
/// Methods that make an iterator of `rayon`.
pub(super) const RAYON_METHODS: &[&str] = &[
    "par_iter",
    "par_iter_mut",
    "into_par_iter",
    "par_bridge",
    "par_chunks",
];

impl Entry {
    /// Whether a full path is one of these.
    pub(super) fn is(&self, path: &[String]) -> bool {
        let Some((root, rest)) = path.split_first() else {
            return false;
        };
        if !self.roots.contains(&&**root) {
            return false;
        }
        match self.what {
            // The crate's own name may be a part of what is asked for.
            Ends(end) | EndsCommon(end) => ends_with(rest, end),
            Exactly(names) => rest == names,
            In(module) => rest.len() > module.len() && rest.iter().zip(module).all(|(a, b)| a == b),
        }
    }

    /// Whether names that nobody can resolve can hardly be anything else.
    pub(super) fn is_likely(&self, path: &[String]) -> bool {
        match self.what {
            Ends(end) => path.len() == end.len() && ends_with(path, end),
            EndsCommon(_) | Exactly(_) | In(_) => false,
        }
    }
}

fn ends_with(path: &[String], end: &[&str]) -> bool {
    path.len() >= end.len() && path.iter().rev().zip(end.iter().rev()).all(|(a, b)| a == b)
}
