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

fn main() {
    let _ = count;
}
