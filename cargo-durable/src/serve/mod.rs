//! `cargo durable serve`: the service on this machine, with functions as child processes.

mod config;
mod credentials;
mod place;
mod value;

use std::future::Future;
use std::io::Write;
use std::pin::Pin;
use std::time::Duration;

use durable_engine::runtime_api::{Bootstrap, Endpoint};
use durable_engine::server::{AccessKey, Credentials, Server, ServerError};
use durable_engine::{Engine, EngineBuilder};
use tokio::sync::oneshot;

pub(crate) use self::credentials::CredentialsFailure;
pub(crate) use self::place::Mistake;

use self::config::Function;
use crate::cli::Serve;
use crate::failure::Failure;
use crate::text;

/// How long running invocations have to come to rest after Ctrl-C. What has not by then is invoked again by the next `serve`.
const GRACE: Duration = Duration::from_secs(3);

pub(crate) fn run(arguments: &Serve, out: &mut impl Write) -> Result<(), Failure> {
    let functions = config::read(&arguments.config)?;
    let credentials = credentials::read(arguments.credentials.as_deref(), credentials::variable)?;
    // What the engine has to say: a database that can't be written, a log on a full disk.
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .init();
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::Threads)?
        .block_on(serve(arguments, &functions, credentials, out))
}

async fn serve(
    arguments: &Serve,
    functions: &[Function],
    credentials: Option<Credentials>,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let asks = credentials.is_some();
    // Functions call the server too. They get a key of their own, since what they have in their environment they may print.
    let own = AccessKey::random();
    let ends = signals()?;
    let endpoint = Endpoint::later();
    let mut processes = Vec::with_capacity(functions.len());
    let mut engine = builder(arguments)?.region(&arguments.region);
    for function in functions {
        let started = bootstrap(function, arguments, &endpoint, asks.then_some(&own))
            .start()
            .map_err(Failure::Log)?;
        processes.push(started.clone());
        engine = engine.function(function.in_engine(), started);
    }
    let engine = engine.start().await?;
    let mut server = Server::new(engine.service());
    if let Some(credentials) = credentials {
        server = server.authenticate(credentials.access_key(own));
    }
    let server = server
        .bind(&*arguments.listen)
        .await
        .map_err(|error| match error {
            ServerError::Remote { address } => Failure::Remote { address },
            error => Failure::Listen {
                address: arguments.listen.clone(),
                error,
            },
        })?;
    let url = reachable(server.local_addr());
    endpoint.set(&*url);
    announce(arguments, functions, &url, asks, out)?;

    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve_until(async move {
        // Gone is as good as said.
        let _ = stopped.await;
    }));
    let ended = until_end(serving, ends, &engine, stop, out).await;
    // Before the processes: an invocation that the engine sees fail counts as failed, and one that ends with the engine is just made again.
    drop(engine);
    for function in &processes {
        function.stop().await;
    }
    ended
}

fn builder(arguments: &Serve) -> Result<EngineBuilder, Failure> {
    Ok(if arguments.in_memory {
        Engine::in_memory()
    } else {
        Engine::open(&arguments.db)?
    })
}

fn bootstrap(
    function: &Function,
    arguments: &Serve,
    endpoint: &Endpoint,
    key: Option<&AccessKey>,
) -> Bootstrap {
    let mut bootstrap = Bootstrap::new(&function.name, &function.command)
        .current_dir(&function.folder)
        .region(&arguments.region)
        .memory_mb(function.memory)
        .timeout(function.timeout)
        .concurrency(function.concurrency)
        .endpoint_url(endpoint.clone());
    if let Some(key) = key {
        bootstrap = bootstrap
            .env("AWS_ACCESS_KEY_ID", key.id())
            .env("AWS_SECRET_ACCESS_KEY", key.secret());
    }
    // After the key: a function with one of its own signs with that.
    for (name, value) in &function.env {
        bootstrap = bootstrap.env(name, value);
    }
    if let Some(handler) = &function.handler {
        bootstrap = bootstrap.handler(handler);
    }
    if let Some(folder) = &arguments.log_dir {
        bootstrap = bootstrap.log_file(folder.join(format!("{}.log", function.name)));
    }
    bootstrap
}

/// Where a client on this machine reaches it: an address for all interfaces is none to connect to.
fn reachable(address: std::net::SocketAddr) -> String {
    match address.ip() {
        ip if !ip.is_unspecified() => format!("http://{address}"),
        std::net::IpAddr::V4(_) => format!("http://127.0.0.1:{}", address.port()),
        std::net::IpAddr::V6(_) => format!("http://[::1]:{}", address.port()),
    }
}

fn announce(
    arguments: &Serve,
    functions: &[Function],
    url: &str,
    asks: bool,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let kept = if arguments.in_memory {
        "in memory: gone when this ends".to_owned()
    } else {
        format!("in {}", arguments.db.display())
    };
    writeln!(out, "Serving on {url}, executions {kept}.\n")?;
    let kind = |function: &Function| {
        function.durable.map_or_else(
            || "plain".to_owned(),
            |durable| {
                format!(
                    "durable, at most {}",
                    text::length(durable.execution_timeout)
                )
            },
        )
    };
    let longest = |of: &dyn Fn(&Function) -> usize| functions.iter().map(of).max().unwrap_or(0);
    let (name_width, kind_width) = (
        longest(&|function| function.name.len()),
        longest(&|function| kind(function).len()),
    );
    for function in functions {
        writeln!(
            out,
            "  {:name_width$}  {:kind_width$}  {}",
            function.name,
            kind(function),
            function.command.join(" ")
        )?;
    }
    let first = functions.first().map_or("NAME", |function| &function.name);
    let region = &arguments.region;
    let (which, key) = if asks {
        (
            "the credentials that this was given",
            "AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…",
        )
    } else {
        (
            "any credentials",
            "AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local",
        )
    };
    writeln!(
        out,
        "
Point a client at it, with {which}:
  export AWS_ENDPOINT_URL_LAMBDA={url} AWS_REGION={region} AWS_DEFAULT_REGION={region} {key}
  aws lambda invoke --function-name '{first}:$LATEST' --cli-binary-format raw-in-base64-out --payload '{{}}' /dev/stdout
  boto3.client(\"lambda\", endpoint_url=\"{url}\", region_name=\"{region}\")

Ctrl-C ends it{}.",
        if arguments.in_memory {
            ""
        } else {
            "; the same command goes on where it was"
        }
    )?;
    Ok(out.flush()?)
}

type Signals = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Ctrl-C, and what a process manager sends. Caught from the first moment.
fn signals() -> Result<Signals, Failure> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::Threads)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(Failure::Threads)?;
        Ok(Box::pin(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }))
    }
    #[cfg(not(unix))]
    Ok(Box::pin(async {
        // A console that can't be listened to ends the process by itself.
        let _ = tokio::signal::ctrl_c().await;
    }))
}

async fn until_end(
    mut serving: tokio::task::JoinHandle<std::io::Result<()>>,
    ends: Signals,
    engine: &Engine,
    stop: oneshot::Sender<()>,
    out: &mut impl Write,
) -> Result<(), Failure> {
    tokio::select! {
        served = &mut serving => return served.map_or(Ok(()), |served| served.map_err(Failure::Served)),
        () = ends => {}
    }
    writeln!(
        out,
        "\nEnding; what runs has {} s to come to rest.",
        GRACE.as_secs()
    )?;
    out.flush()?;
    // Functions may go on checkpointing meanwhile.
    let _ = tokio::time::timeout(GRACE, engine.shutdown()).await;
    drop(stop);
    serving
        .await
        .map_or(Ok(()), |served| served.map_err(Failure::Served))
}
