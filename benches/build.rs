//! Writes workflows of many different steps: identities that were hashed when the program was compiled, unlike a loop's.

use std::fmt::Write as _;
use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut code = String::new();
    for steps in [125, 250] {
        let _ = writeln!(
            code,
            "#[durable_workflow]\npub async fn straight_{steps}(_steps: usize) -> Result<usize> {{\n    let mut total = 0;"
        );
        for step in 0..steps {
            let _ = writeln!(
                code,
                "    total += work().named(\"work{step}\").await?.len();"
            );
        }
        code.push_str("    Ok(total)\n}\n");
    }
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    fs::write(Path::new(&out).join("straight.rs"), code)
}
