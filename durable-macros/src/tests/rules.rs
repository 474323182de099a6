//! The rules about names: each fires under every name that the thing has, and is silent on what merely sounds alike.

use super::{body, in_file, reports, workflow};

/// A workflow in a file that begins with `head`.
fn under(head: &str, statements: &str) -> super::Expansion {
    in_file(&format!(
        "use durable_runtime::prelude::*;\n{head}\nasync fn w(input: Input) -> Result<()> {{ {statements} }}"
    ))
}

/// `rule` fires once on `statements` under `head`.
pub(super) fn fires(rule: &'static str, head: &str, statements: &str) {
    reports(&under(head, statements), &[(rule, "`")]);
}

pub(super) fn silent(head: &str, statements: &str) {
    under(head, statements).sound();
}

/// One thing: its rule, its full path, and how it is used.
const THINGS: &[(&str, &str, &str)] = &[
    ("DW003", "std::time::SystemTime", "X::now();"),
    ("DW003", "std::time::Instant", "X::now();"),
    ("DW003", "tokio::time::Instant", "X::now();"),
    ("DW003", "chrono::Utc", "X::now();"),
    ("DW003", "chrono::Local", "X::now();"),
    ("DW003", "time::OffsetDateTime", "X::now_utc();"),
    ("DW003", "jiff::Timestamp", "X::now();"),
    ("DW003", "jiff::Zoned", "X::now();"),
    ("DW004", "uuid::Uuid", "X::new_v4();"),
    ("DW004", "uuid::Uuid", "X::now_v7();"),
    ("DW004", "ulid::Ulid", "X::new();"),
    ("DW004", "tokio::task", "X::id();"),
    ("DW004", "std::process::id", "X();"),
    ("DW005", "rand::random", "X();"),
    ("DW005", "rand::rng", "X();"),
    ("DW005", "rand::thread_rng", "X();"),
    ("DW005", "rand::rngs::OsRng", "f(&mut X);"),
    ("DW005", "rand::rngs::StdRng", "X::from_os_rng();"),
    ("DW005", "fastrand::u32", "X(..);"),
    ("DW005", "getrandom::fill", "X(&mut bytes);"),
    (
        "DW005",
        "std::collections::hash_map::RandomState",
        "X::new();",
    ),
    ("DW007", "tokio::spawn", "X(work);"),
    ("DW007", "tokio::task::spawn_blocking", "X(work);"),
    ("DW007", "std::thread", "X::spawn(work);"),
    ("DW007", "tokio::task::JoinSet", "X::new().spawn(work);"),
    ("DW007", "tokio::task::LocalSet", "X::new().spawn_local(f);"),
    ("DW007", "rayon::join", "X(a, b);"),
    ("DW008", "futures::future::select", "X(a, b);"),
    ("DW009", "futures::future::join_all", "X(list);"),
    ("DW009", "futures_util::future::try_join_all", "X(list);"),
    ("DW010", "futures::stream::FuturesUnordered", "X::new();"),
    ("DW011", "std::env", "X::var(\"HOME\");"),
    ("DW011", "std::env::args", "X();"),
    ("DW011", "dotenvy::dotenv", "X();"),
    ("DW013", "std::env::set_var", "X(\"A\", \"b\");"),
    ("DW012", "std::fs", "X::read(path);"),
    ("DW012", "std::fs::OpenOptions", "X::new().open(path);"),
    ("DW012", "tokio::fs::File", "X::open(path);"),
    ("DW012", "std::net::TcpStream", "X::connect(to);"),
    ("DW012", "tokio::net::UnixListener", "X::bind(path);"),
    ("DW012", "tokio::io::stdin", "X();"),
    ("DW012", "reqwest::get", "X(url);"),
    ("DW012", "std::process::Command", "X::new(\"ls\").status();"),
];

#[test]
fn a_thing_is_known_by_its_full_path() {
    for (rule, path, usage) in THINGS {
        fires(rule, "", &usage.replace('X', path));
        fires(rule, "", &usage.replace('X', &format!("::{path}")));
    }
}

#[test]
fn a_thing_is_known_by_its_imported_name() {
    for (rule, path, usage) in THINGS {
        let name = path.rsplit("::").next().unwrap();
        fires(rule, &format!("use {path};"), &usage.replace('X', name));
        fires(
            rule,
            "",
            &format!("use {path}; {}", usage.replace('X', name)),
        );
    }
}

#[test]
fn a_thing_is_known_by_another_name() {
    for (rule, path, usage) in THINGS {
        fires(
            rule,
            &format!("use {path} as other;"),
            &usage.replace('X', "other"),
        );
    }
}

#[test]
fn the_users_own_may_have_any_name() {
    for (_, path, usage) in THINGS {
        let name = path.rsplit("::").next().unwrap();
        let usage = usage.replace('X', name);
        silent(&format!("use crate::mine::{name};"), &usage);
        silent(&format!("use mine::{name};"), &usage);
        silent(&format!("mod {name} {{}}"), &usage);
        silent(
            "",
            &format!("input.{}", usage.replace("::", ".").replace("&mut ", "")),
        );
    }
}

#[test]
fn nested_modules_and_groups_are_followed() {
    fires(
        "DW003",
        "use std::{fmt, time::{self, Duration as D}};",
        "time::Instant::now();",
    );
    fires(
        "DW003",
        "use std::time as t; use t::SystemTime as S;",
        "S::now();",
    );
    fires("DW003", "use chrono::prelude::*;", "Utc::now();");
    fires("DW005", "use rand::prelude::*;", "let x: u8 = random();");
    let nested = |head: &str| {
        in_file(&format!(
            "use std::time::SystemTime as S; mod inner {{ {head} async fn w() {{ S::now(); }} }}"
        ))
    };
    reports(&nested("use super::*;"), &[("DW003", "`S::now`")]);
    nested("").sound();
}

#[test]
fn a_workflow_in_a_function_sees_what_is_around_it() {
    let text = |head: &str, block: &str| {
        in_file(&format!(
            "{head} #[test] fn t() {{ {block} async fn w() {{ C::now(); }} assert!(true); }}"
        ))
    };
    let clock = "use std::time::SystemTime as C;";
    reports(&text(clock, ""), &[("DW003", "`C::now`")]);
    reports(&text("", clock), &[("DW003", "`C::now`")]);
    text("", "").sound();
    text(clock, "struct C;").sound();
    reports(&text("struct C;", clock), &[("DW003", "`C::now`")]);
    in_file(&format!(
        "{clock} fn t() {{ mod m {{ async fn w() {{ C::now(); }} }} }}"
    ))
    .sound();
}

#[test]
fn a_name_that_nobody_can_resolve_is_reported_only_where_it_is_hard_to_mistake() {
    let head = "use crate::prelude::*;";
    fires("DW003", head, "SystemTime::now();");
    fires("DW004", head, "Uuid::new_v4();");
    silent(
        head,
        "Clock::now(); Timestamp::now(); Local::now(); spawn(x); random(6); Client::new(); rng(3);",
    );
    reports(&body("Instant::now();"), &[("DW003", "`Instant::now`")]);
}

#[test]
fn a_variable_is_no_function() {
    silent("use rand::random;", "let random = || 4; random();");
}

#[test]
fn everything_that_the_workflow_executes_is_looked_at() {
    for place in [
        "if a { SystemTime::now(); }",
        "match a { _ if SystemTime::now() > b => 1, _ => 2 };",
        "let Some(x) = f(SystemTime::now()) else { return Ok(()) };",
        "let f = |x| SystemTime::now();",
        "let b = async { SystemTime::now() };",
        "x.unwrap_or_else(SystemTime::now);",
        "let t = SystemTime::now()?;",
        "info!(at = ?SystemTime::now(), \"x\");",
        "join!(a(SystemTime::now()), b());",
        "map(items, |i| async move { one(i, SystemTime::now()).await }).await?;",
        "child(\"c\", || async { one(SystemTime::now()).await }).await?;",
        "loop { SystemTime::now(); break; }",
    ] {
        fires("DW003", "use std::time::SystemTime;", place);
    }
}

#[test]
fn a_step_may_do_everything() {
    silent(
        "use std::time::SystemTime; use rand::random as r;",
        "step(\"a\", || async { SystemTime::now(); r::<u8>(); println!(\"x\"); tokio::spawn(f()); std::fs::read(p) }).await?;
         poll_until(0, |s| async move { SystemTime::now() }).until(|s| SystemTime::now() > *s).await?;
         wait_for_callback(|id| async move { std::env::var(\"X\") }).await?;
         fn helper() { SystemTime::now(); }",
    );
}

#[test]
fn what_is_made_of_what_is_known_is_silent() {
    silent(
        "use uuid::Uuid; use rand::{SeedableRng, rngs::StdRng}; use std::net::Ipv4Addr; use std::time::SystemTime;",
        "Uuid::new_v5(&ns, name); Uuid::parse_str(s); StdRng::seed_from_u64(7); Ipv4Addr::new(127, 0, 0, 1);
         SystemTime::UNIX_EPOCH; std::path::Path::new(p); reqwest::StatusCode::OK; fastrand::Rng::with_seed(4); env!(\"HOME\");",
    );
}

#[test]
fn macros_of_others_are_known_by_their_names() {
    fires("DW008", "", "tokio::select! { _ = a() => {} }");
    fires(
        "DW008",
        "use tokio::select;",
        "select! { _ = a().await => {} }",
    );
    fires(
        "DW008",
        "use futures::select_biased as pick;",
        "pick! { _ = a() => {} }",
    );
    fires("DW009", "use tokio::join;", "join!(a(), b());");
    fires(
        "DW009",
        "use futures::try_join as both;",
        "both!(a(), b());",
    );
    fires("DW004", "use nanoid::nanoid;", "nanoid!();");
    fires("DW019", "", "println!(\"{x}\");");
    fires("DW019", "", "std::eprintln!(\"{x}\");");
    silent("use crate::select;", "select!(a);");
    silent("macro_rules! println { () => {} }", "println!();");
    silent("use other::dbg;", "dbg!(x);");
}

#[test]
fn methods_are_known_by_their_traits() {
    let stream = "jobs.buffer_unordered(3);";
    fires("DW010", "use futures::StreamExt;", stream);
    fires(
        "DW010",
        "use futures::stream::{self, StreamExt as _};",
        stream,
    );
    silent("", stream);
    silent("use mine::StreamExt;", stream);
    fires("DW007", "use rayon::prelude::*;", "list.par_iter();");
    silent("", "list.par_iter();");
    fires(
        "DW025",
        "use futures::FutureExt;",
        "std::panic::AssertUnwindSafe(async { a().await }).catch_unwind();",
    );
    fires(
        "DW025",
        "",
        "std::panic::catch_unwind(|| async { a().await });",
    );
    silent("", "std::panic::catch_unwind(|| 1 + 1);");
}

#[test]
fn state_that_outlives_the_workflow_is_not_changed() {
    let atomics =
        "static COUNT: AtomicU64 = AtomicU64::new(0); static CELL: OnceLock<u8> = OnceLock::new();";
    fires("DW013", atomics, "COUNT.fetch_add(1, Ordering::Relaxed);");
    fires("DW013", atomics, "crate::COUNT.store(1, SeqCst);");
    fires("DW013", atomics, "CELL.set(1);");
    fires(
        "DW013",
        "static mut TOTAL: u8 = 0;",
        "unsafe { TOTAL += 1 };",
    );
    silent(
        atomics,
        "COUNT.load(Ordering::Relaxed); CATALOG.store(item); SHOP.set(1); let A = 1; count.store(1, Relaxed);",
    );
}

#[test]
fn a_rule_is_allowed_on_a_statement_with_a_reason() {
    silent(
        "use std::time::Instant;",
        "#[allow_durable(DW003, reason = \"a log line\")] let t = Instant::now();
         #[durable_runtime::allow_durable(DW019, reason = \"a demo\")] println!(\"x\");",
    );
    fires(
        "DW003",
        "use std::time::Instant;",
        "#[allow_durable(DW003, reason = \"a log line\")] let t = Instant::now(); Instant::now();",
    );
    fires(
        "DW003",
        "use std::time::Instant;",
        "#[allow_durable(DW004, reason = \"another rule\")] let t = Instant::now();",
    );
}

#[test]
fn a_rule_is_allowed_on_the_function() {
    let found = workflow(
        "#[allow_durable(DW003, DW019, reason = \"a demo\")] async fn w() { Instant::now(); println!(\"x\"); }",
    );
    assert!(!found.text().contains("allow_durable"));
}

#[test]
fn an_allow_says_what_and_why() {
    for (attribute, what) in [
        ("#[allow_durable(DW003)]", "gives no reason"),
        ("#[allow_durable(DW003, reason = \" \")]", "reason is empty"),
        ("#[allow_durable(reason = \"x\")]", "names no rule"),
        ("#[allow_durable]", "names no rule"),
        (
            "#[allow_durable(DW001, reason = \"x\")]",
            "`DW001` is no rule that can be allowed",
        ),
        (
            "#[allow_durable(DW999, reason = \"x\")]",
            "`DW999` is no rule that can be allowed",
        ),
        (
            "#[allow_durable(\"DW003\")]",
            "this is not an `#[allow_durable]`",
        ),
    ] {
        reports(
            &body(&format!("{attribute} let x = 1;")),
            &[("DW028", what)],
        );
    }
}

#[test]
fn a_rule_is_allowed_wherever_a_statement_stands() {
    let allowed =
        "#[allow_durable(DW003, reason = \"a log line\")] let t = std::time::Instant::now();";
    for place in [
        format!("join!(a(), b => async {{ {allowed} one().await }});"),
        format!("map(items, |item| async move {{ {allowed} one(item).await }}).await?;"),
        format!("if x {{ {allowed} }}"),
        format!("let text = format!(\"{{}}\", async {{ {allowed} one().await }});"),
    ] {
        let text = under("", &place).text();
        assert!(!text.contains("allow_durable"), "it is left over: {text}");
    }
}

#[test]
fn traits_without_a_name_are_all_seen() {
    fires(
        "DW010",
        "use futures::StreamExt as _; use other::Extension as _;",
        "jobs.buffer_unordered(3);",
    );
}

#[test]
fn a_function_of_a_crate_is_no_method_of_a_type_in_it() {
    silent(
        "use reqwest::header::HeaderMap;",
        "HeaderMap::get(&headers, key);",
    );
    fires("DW012", "use reqwest as http;", "http::get(url);");
}

#[test]
fn what_a_function_of_the_users_takes_is_left_alone() {
    let call = "let list = map(&items, |item| item + 1);";
    assert!(under("", call).text().contains("iterated"));
    for own in ["fn map() {}", "use crate::lists::map;", "use lists::map;"] {
        assert!(!under(own, call).text().contains("iterated"), "{own}");
    }
}

#[test]
fn a_variable_is_no_static() {
    silent(
        "",
        "let mut TOTAL = 1; TOTAL += 1; TOTAL.store(1, Relaxed);",
    );
}
