//! A branch of a combinator must be durable.
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

async fn fetch(id: u32) -> u32 {
    id
}

async fn load(id: u32) -> Result<u32> {
    Ok(id)
}

async fn wait(id: u32) -> u32 {
    id
}

#[durable_workflow]
async fn both(id: u32) -> Result<u32> {
    let (charged, fetched) = join!(charge(id), fetch(id));
    let (again, loaded) = try_join!(charge(id).named("again"), load(id))?;
    match race!(done => charge(id).named("raced"), late => wait(id)) {
        done(first) => Ok(first? + charged? + fetched + again + loaded),
        late(second) => Ok(second),
    }
}

fn main() {}
