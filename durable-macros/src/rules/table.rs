//! What replay can't repeat, by its full name.

use crate::diag::Rule;

/// One family of names.
pub(super) struct Entry {
    pub(super) rule: Rule,
    pub(super) roots: &'static [&'static str],
    pub(super) what: Names,
    /// The methods and macros that do something with the value. Until one of them is called it is harmless; with none
    /// listed here it never is.
    pub(super) until: &'static [&'static str],
}

/// Which names below the crates.
pub(super) enum Names {
    /// Whatever ends like this: `SystemTime::now`. A type's function is known by these two names also where nobody can
    /// see what the type is, unless its name is one that many types have.
    Ends(&'static [&'static str]),
    /// The same for names that many types have: it takes the full path.
    EndsCommon(&'static [&'static str]),
    /// A function of this name in any module of the crate. A type's function of that name is another: what
    /// `Rng::random(&mut rng)` gives follows from `rng`.
    Function(&'static str),
    /// Exactly this, at the top of the crate.
    Exactly(&'static [&'static str]),
    /// Everything in this module of the crate; in the whole crate if it is empty.
    In(&'static [&'static str]),
}

use Names::{Ends, EndsCommon, Exactly, Function, In};

const fn entry(rule: Rule, roots: &'static [&'static str], what: Names) -> Entry {
    waiting(rule, roots, what, &[])
}

const fn waiting(
    rule: Rule,
    roots: &'static [&'static str],
    what: Names,
    until: &'static [&'static str],
) -> Entry {
    Entry {
        rule,
        roots,
        what,
        until,
    }
}

const STD: &[&str] = &["std", "core"];
const STD_TOKIO: &[&str] = &["std", "tokio"];
const TOKIO: &[&str] = &["tokio"];
const RAND: &[&str] = &["rand", "rand_core"];
const FUTURES: &[&str] = &["futures", "futures_util"];

const SPAWN: &[&str] = &[
    "spawn",
    "spawn_on",
    "spawn_local",
    "spawn_local_on",
    "spawn_blocking",
    "spawn_blocking_on",
    "spawn_scoped",
];
const OPEN: &[&str] = &["open", "open_receiver", "open_sender"];
const RUN: &[&str] = &["spawn", "output", "status", "exec"];
const SEND: &[&str] = &["send", "execute"];
const WRITE: &[&str] = &["write", "write_all", "write_fmt", "writeln"];

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
    entry(Rule::RandomId, TOKIO, EndsCommon(&["task", "id"])),
    entry(Rule::RandomId, &["std"], EndsCommon(&["process", "id"])),
    entry(Rule::Random, &["rand"], Function("random")),
    entry(Rule::Random, &["rand"], Function("random_bool")),
    entry(Rule::Random, &["rand"], Function("random_iter")),
    entry(Rule::Random, &["rand"], Function("random_range")),
    entry(Rule::Random, &["rand"], Function("random_ratio")),
    entry(Rule::Random, &["rand"], Function("rng")),
    entry(Rule::Random, &["rand"], Function("thread_rng")),
    entry(Rule::Random, RAND, EndsCommon(&["OsRng"])),
    entry(Rule::Random, RAND, EndsCommon(&["from_os_rng"])),
    entry(Rule::Random, RAND, EndsCommon(&["from_entropy"])),
    entry(Rule::Random, &["getrandom"], In(&[])),
    entry(Rule::Random, STD, Ends(&["RandomState", "new"])),
    entry(Rule::Spawn, TOKIO, EndsCommon(&["spawn"])),
    entry(Rule::Spawn, TOKIO, EndsCommon(&["spawn_blocking"])),
    entry(Rule::Spawn, TOKIO, EndsCommon(&["spawn_local"])),
    entry(Rule::Spawn, TOKIO, Ends(&["JoinSet", "new"])),
    waiting(Rule::Spawn, TOKIO, Ends(&["LocalSet", "new"]), SPAWN),
    waiting(Rule::Spawn, TOKIO, EndsCommon(&["Runtime", "new"]), SPAWN),
    waiting(
        Rule::Spawn,
        TOKIO,
        EndsCommon(&["Handle", "current"]),
        SPAWN,
    ),
    entry(Rule::Spawn, STD, Ends(&["thread", "spawn"])),
    entry(Rule::Spawn, STD, Ends(&["thread", "scope"])),
    waiting(
        Rule::Spawn,
        STD,
        EndsCommon(&["thread", "Builder", "new"]),
        SPAWN,
    ),
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
    entry(Rule::Environment, &["std"], Ends(&["env", "home_dir"])),
    entry(Rule::Environment, &["std"], Ends(&["env", "temp_dir"])),
    entry(Rule::SharedState, &["std"], Ends(&["env", "set_var"])),
    entry(Rule::SharedState, &["std"], Ends(&["env", "remove_var"])),
    entry(
        Rule::SharedState,
        &["std"],
        Ends(&["env", "set_current_dir"]),
    ),
    entry(Rule::Environment, &["dotenv", "dotenvy"], In(&[])),
    waiting(
        Rule::Outside,
        STD_TOKIO,
        EndsCommon(&["OpenOptions", "new"]),
        OPEN,
    ),
    waiting(
        Rule::Outside,
        STD_TOKIO,
        EndsCommon(&["File", "options"]),
        OPEN,
    ),
    waiting(
        Rule::Outside,
        STD_TOKIO,
        EndsCommon(&["DirBuilder", "new"]),
        &["create"],
    ),
    entry(Rule::Outside, STD_TOKIO, In(&["fs"])),
    entry(Rule::Outside, STD_TOKIO, Ends(&["TcpStream", "connect"])),
    entry(Rule::Outside, STD_TOKIO, Ends(&["TcpListener", "bind"])),
    entry(Rule::Outside, STD_TOKIO, Ends(&["UdpSocket", "bind"])),
    entry(Rule::Outside, STD_TOKIO, Ends(&["UnixStream", "connect"])),
    entry(Rule::Outside, STD_TOKIO, Ends(&["UnixListener", "bind"])),
    entry(Rule::Outside, STD_TOKIO, Ends(&["UnixDatagram", "bind"])),
    entry(Rule::Outside, TOKIO, EndsCommon(&["lookup_host"])),
    waiting(
        Rule::Outside,
        STD_TOKIO,
        EndsCommon(&["Command", "new"]),
        RUN,
    ),
    entry(Rule::Outside, STD_TOKIO, EndsCommon(&["io", "stdin"])),
    waiting(Rule::Print, STD_TOKIO, EndsCommon(&["io", "stdout"]), WRITE),
    waiting(Rule::Print, STD_TOKIO, EndsCommon(&["io", "stderr"]), WRITE),
    entry(Rule::Outside, &["reqwest"], Exactly(&["get"])),
    waiting(
        Rule::Outside,
        &["reqwest"],
        EndsCommon(&["Client", "new"]),
        SEND,
    ),
    waiting(
        Rule::Outside,
        &["reqwest"],
        EndsCommon(&["Client", "builder"]),
        SEND,
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

/// What stands in these modules and crates and touches nothing outside: descriptions, errors, and the handle of what is open
/// already.
const HARMLESS: &[&[&str]] = &[
    &["Permissions"],
    &["FileTimes"],
    &["OpenOptions"],
    &["DirBuilder"],
    &["Error"],
    &["TryLockError"],
    &["File", "options"],
    &["File", "from"],
    &["File", "from_std"],
    &["File", "from_raw_fd"],
    &["File", "from_raw_handle"],
    &["blocking", "Body"],
    &["blocking", "Client"],
    &["blocking", "ClientBuilder"],
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
            Function(name) => {
                let mut ends = rest.iter().rev();
                let named = ends.next().is_some_and(|last| last == name);
                named && !ends.next().is_some_and(|owner| is_type(owner))
            }
            Exactly(names) => rest == names,
            In(module) => {
                let inside =
                    rest.len() > module.len() && rest.iter().zip(module).all(|(a, b)| a == b);
                inside && !HARMLESS.iter().any(|harmless| holds(rest, harmless))
            }
        }
    }

    /// Whether names that nobody can resolve can hardly be anything else.
    pub(super) fn is_likely(&self, path: &[String]) -> bool {
        match self.what {
            Ends(end) => path.len() == end.len() && ends_with(path, end),
            EndsCommon(_) | Function(_) | Exactly(_) | In(_) => false,
        }
    }
}

fn ends_with(path: &[String], end: &[&str]) -> bool {
    path.len() >= end.len() && path.iter().rev().zip(end.iter().rev()).all(|(a, b)| a == b)
}

fn holds(path: &[String], names: &[&str]) -> bool {
    path.windows(names.len()).any(|part| part == names)
}

fn is_type(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
}
