//! A loop around operations that nothing ends.
#![deny(deprecated)]
#![allow(while_true, reason = "the rule is about it too")]
use durable_runtime::prelude::*;

#[step]
async fn check(server: &str) -> Result<bool> {
    Ok(!server.is_empty())
}

#[durable_workflow]
async fn watch(server: String) -> Result<u32> {
    loop {
        check(&server).await?;
        sleep(Duration::from_secs(60)).await;
    }
}

#[durable_workflow]
async fn watch_while(server: String) -> Result<u32> {
    while true {
        check(&server).await?;
    }
    Ok(0)
}

#[durable_workflow]
async fn another_loops_break(server: String) -> Result<u32> {
    loop {
        for _ in 0..3 {
            if check(&server).await? {
                break;
            }
        }
        'tries: while check(&server).named("again").await? {
            loop {
                break 'tries;
            }
        }
        'block: {
            break 'block;
        }
    }
}

#[durable_workflow]
async fn a_closures_return(numbers: Vec<u32>) -> Result<u32> {
    'rounds: loop {
        let even = |number: &u32| return number % 2 == 0;
        sleep(Duration::from_secs(60)).await;
        if numbers.iter().any(even) {
            continue 'rounds;
        }
    }
}

#[durable_workflow]
async fn in_a_branch(server: String) -> Result<()> {
    join!(ping => async {
        loop {
            sleep(Duration::from_secs(1)).await;
        }
    });
    check(&server).await?;
    Ok(())
}

#[durable_workflow]
async fn one_in_another(server: String) -> Result<u32> {
    loop {
        loop {
            check(&server).await?;
        }
    }
}

fn main() {}
