//! What a closure of an operation changes outside itself, in every way that can be seen.
use durable_runtime::prelude::*;

struct Count {
    seen: u32,
}

#[durable_workflow]
async fn count(names: Vec<String>) -> Result<u32> {
    let mut total = 0;
    let mut last = String::new();
    let mut all = Count { seen: 0 };
    let mut slots = [0; 4];
    step("assign", || async { last = "x".to_owned() }).await;
    step("add", || async {
        if names.is_empty() {
            all.seen += 1;
        }
        slots[2] = 4;
    })
    .await;
    child("both", || async {
        (total, last) = (2, String::new());
        Ok::<(), Error>(())
    })
    .await?;
    durable_runtime::step("lend", || async { std::mem::take(&mut last) }).await;
    Ok(total + all.seen + slots[2])
}

fn main() {}
