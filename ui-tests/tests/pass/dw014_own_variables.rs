//! A closure may change what it declares itself, and a user's own `step` may do what it likes.
use durable_runtime::prelude::*;

mod own {
    pub fn step(_: &str, mut change: impl FnMut()) {
        change();
    }
}

#[durable_workflow]
async fn count(names: Vec<String>) -> Result<usize> {
    let mut total = 0;
    own::step("not an operation", || total += 1);
    total += step("count", || async {
        let mut total = 0;
        for name in &names {
            total += name.len();
        }
        let longest = &mut total;
        *longest += 1;
        total
    })
    .await;
    Ok(total)
}

/// What is moved into a block is a copy, and its change is nobody else's.
#[durable_workflow]
async fn copies(items: Vec<u32>) -> Result<Vec<u32>> {
    let mut seed = 7_u32;
    let all = map(items, |item| async move {
        seed ^= item;
        seed
    })
    .await;
    Ok(all)
}

/// A block's result may be known only from what is done with it.
#[durable_workflow]
async fn collected(texts: Vec<String>) -> Result<usize> {
    let parse = |text: &String| text.parse::<u32>().map_err(Error::from);
    let (all, _) = try_join!(
        all => async { texts.iter().map(parse).collect() },
        one => async { Ok::<u32, Error>(1) },
    )?;
    let all: Vec<u32> = all;
    Ok(all.len())
}

fn main() {
    let _ = (count, copies, collected);
}
