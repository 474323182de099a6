//! Helpers of every shape, without a warning.

use durable_runtime::prelude::*;

/// Not one that could be written down.
struct Quote<'a> {
    of: &'a str,
    cents: u64,
}

#[step]
async fn price(item: &str) -> Result<u64> {
    Ok(item.len() as u64)
}

#[durable_helper]
const fn with_tax(cents: u64) -> u64 {
    cents + cents / 5
}

struct Basket(Vec<String>);

impl Basket {
    /// A method, if it is plain.
    #[durable_helper]
    fn len(&self) -> usize {
        #[allow_durable(DW019, reason = "for whoever reads the log of a test")]
        println!("{}", self.0.len());
        self.0.len()
    }
}

#[durable_helper]
async fn quote<'a, T: AsRef<str> + Send + Sync>(of: &'a T, log: &mut Vec<String>) -> Result<Quote<'a>> {
    let cents = with_tax(price(of.as_ref()).await?);
    log.push(format!("{} costs {cents}", of.as_ref()));
    Ok(Quote {
        of: of.as_ref(),
        cents,
    })
}

#[durable_helper(name = "count down")]
async fn count_down(n: u32) -> u32 {
    if n == 0 {
        return 0;
    }
    Box::pin(count_down(n - 1)).await
}

#[durable_workflow]
async fn shop(items: Vec<String>) -> Result<u64> {
    let mut log = Vec::new();
    let mut total = 0;
    for item in &items {
        let quote = quote(item, &mut log).keyed(item).await?;
        total += quote.cents + quote.of.len() as u64;
    }
    let (a, b) = join!(count_down(3), count_down(4).named("again"));
    Ok(total + u64::from(a + b) + Basket(items).len() as u64)
}

fn main() {
    let _ = shop;
}
