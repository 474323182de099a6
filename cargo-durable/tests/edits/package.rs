//! A real package in a temporary folder, which is edited, locked, compiled, run and killed.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// What every version of the package has: steps that write down what they do, and a program that runs the workflow once.
const FRAME: &str = r#"
use durable_runtime::prelude::*;

fn did(what: &str) {
    use std::io::Write as _;
    let path = std::env::var("LEDGER").expect("a ledger");
    let mut file = std::fs::File::options().create(true).append(true).open(path).expect("a ledger");
    writeln!(file, "{what}").expect("a line");
}

#[step]
async fn charge(cents: u32) -> Result<String> {
    did("charge");
    Ok(format!("receipt for {cents}"))
}

#[step]
async fn stamp() -> Result<u32> {
    did("stamp");
    Ok(7)
}

/// Where the old program is killed.
#[step]
async fn hold() -> Result<()> {
    if std::env::var("HOLD").is_ok() {
        println!("holding");
        std::future::pending::<()>().await;
    }
    Ok(())
}

#[step]
async fn ship(receipt: &str) -> Result<String> {
    did("ship");
    Ok(format!("shipped against {receipt}"))
}

#[step]
async fn notify() -> Result<()> {
    did("notify");
    Ok(())
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let db = std::env::var("DB")?;
    let engine = durable_engine::Engine::open(db)?.register(fulfil).start().await?;
    let run = engine.start(fulfil, 500).id("order-1").await?;
    match run.result().await {
        Ok(result) => println!("result: {result}"),
        Err(error) => println!("failed: {error}"),
    }
    Ok(())
}
"#;

/// The workflow that executions were started with.
pub(crate) const OLD: &str = r#"
#[durable_workflow]
async fn fulfil(cents: u32) -> Result<String> {
    let receipt = charge(cents).await?;
    let number = stamp().await?;
    hold().await?;
    let shipped = ship(&receipt).await?;
    Ok(format!("{shipped}, number {number}"))
}
"#;

/// The package, in a folder of its test's own.
pub(crate) struct Package {
    /// Cargo tells packages of different workspaces apart by name only.
    name: String,
    folder: PathBuf,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) succeeded: bool,
    pub(crate) code: Option<i32>,
    /// Both streams.
    pub(crate) said: String,
}

impl Done {
    fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            succeeded: output.status.success(),
            code: output.status.code(),
            said: text(&output.stdout) + &text(&output.stderr),
        }
    }

    #[track_caller]
    pub(crate) fn well(self) -> String {
        assert!(self.succeeded, "{}", self.said);
        self.said
    }
}

const LOCK: &str = "durable.lock";

/// The lock file of [`OLD`].
fn locked() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let package = Package::new(OLD);
        package.lock(&[]).well();
        package.lock_file()
    })
}

/// What a killed execution of [`OLD`] leaves behind, and the lock file.
fn killed() -> &'static [(String, Vec<u8>)] {
    static FILES: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    FILES.get_or_init(|| {
        let package = Package::locked();
        package.start_and_kill();
        let files = fs::read_dir(&package.folder).unwrap().map(Result::unwrap);
        files
            .map(|file| (file.file_name().into_string().unwrap(), file.path()))
            .filter(|(name, _)| {
                name.starts_with("fulfil.db") || [LOCK, "ledger"].contains(&&**name)
            })
            .map(|(name, path)| (name, fs::read(path).unwrap()))
            .collect()
    })
}

/// What Cargo compiles the packages into: one folder for all, so that the libraries are compiled once.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("edits")
}

impl Package {
    /// With this code beside the frame, and no lock file.
    pub(crate) fn new(code: &str) -> Self {
        let test = std::thread::current();
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number}", test.name().unwrap().replace("::", "-"));
        let folder = target().join("packages").join(&name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let package = Self { name, folder };
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let dependency = |name: &str| {
            let path = workspace.join(name);
            format!("{name} = {{ path = {:?} }}", path.to_str().unwrap())
        };
        let toml = format!(
            "[package]\nname = \"{}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n{}\n{}\ntokio = {{ version = \"1\", features = [\"rt-multi-thread\", \"macros\"] }}\n\n[workspace]\n\n[profile.dev]\ndebug = false\n",
            package.name,
            dependency("durable-runtime"),
            dependency("durable-engine"),
        );
        fs::create_dir(package.path("src")).unwrap();
        fs::write(package.path("Cargo.toml"), toml).unwrap();
        // The same versions as everywhere: nothing is fetched.
        fs::copy(workspace.join("Cargo.lock"), package.path("Cargo.lock")).unwrap();
        package.edit(code);
        package
    }

    /// With [`OLD`], locked, and an execution of it, which was killed at its `hold`.
    pub(crate) fn in_flight() -> Self {
        let package = Self::new(OLD);
        for (name, content) in killed() {
            fs::write(package.path(name), content).unwrap();
        }
        package
    }

    /// With [`OLD`], locked.
    pub(crate) fn locked() -> Self {
        let package = Self::new(OLD);
        fs::write(package.path(LOCK), locked()).unwrap();
        package
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Replaces the code beside the frame.
    pub(crate) fn edit(&self, code: &str) {
        fs::write(self.path("src/main.rs"), format!("{FRAME}\n{code}")).unwrap();
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO"));
        command
            .args(arguments)
            .args(["--offline", "--quiet"])
            .current_dir(&self.folder);
        self.surroundings(&mut command);
        command
    }

    fn surroundings(&self, command: &mut Command) {
        command
            .env("CARGO_TARGET_DIR", target())
            .env("CARGO_TERM_COLOR", "never")
            // It is this test's, and says that what compiles is a test.
            .env_remove("CARGO_TARGET_TMPDIR")
            .env("DB", self.path("fulfil.db"))
            .env("LEDGER", self.path("ledger"))
            .env("CARGO_NET_OFFLINE", "true");
    }

    /// `cargo durable lock` with these arguments.
    pub(crate) fn lock(&self, arguments: &[&str]) -> Done {
        self.durable(&[&["lock"], arguments].concat())
    }

    /// `cargo durable` with these arguments.
    pub(crate) fn durable(&self, arguments: &[&str]) -> Done {
        Done::new(&self.tool(arguments).output().unwrap())
    }

    /// The same with a folder in front of the path.
    pub(crate) fn durable_with_path(&self, arguments: &[&str], folder: &Path) -> Done {
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        Done::new(&self.tool(arguments).env("PATH", path).output().unwrap())
    }

    fn tool(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-durable"));
        command
            .arg("durable")
            .args(arguments)
            .stdin(Stdio::null())
            .current_dir(&self.folder)
            .env("CARGO", env!("CARGO"));
        self.surroundings(&mut command);
        command
    }

    /// `cargo check`.
    pub(crate) fn check(&self) -> Done {
        Done::new(&self.cargo(&["check"]).output().unwrap())
    }

    /// Builds the program, and copies it to where the next build doesn't replace it.
    fn build(&self) -> PathBuf {
        Done::new(&self.cargo(&["build"]).output().unwrap()).well();
        let program = self.path("program");
        fs::copy(target().join("debug").join(&self.name), &program).unwrap();
        program
    }

    /// Starts the program as it is now, and kills it where it holds.
    pub(crate) fn start_and_kill(&self) {
        let mut command = Command::new(self.build());
        self.surroundings(&mut command);
        command.env("HOLD", "1").stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        assert_eq!(line, "holding\n");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Runs the program as it is now to its end.
    pub(crate) fn resume(&self) -> String {
        let mut command = Command::new(self.build());
        self.surroundings(&mut command);
        Done::new(&command.output().unwrap()).well()
    }

    /// What the steps did, in order.
    pub(crate) fn ledger(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("ledger")).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// The lock file's text.
    pub(crate) fn lock_file(&self) -> String {
        fs::read_to_string(self.path(LOCK)).unwrap()
    }
}
