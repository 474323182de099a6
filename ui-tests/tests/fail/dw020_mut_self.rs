//! A step can run again, so it can not change or use up its receiver.
use durable_runtime::prelude::*;

struct Shop(u32);

impl Shop {
    #[step]
    async fn charge(&mut self, cents: u32) -> Result<u32> {
        self.0 += cents;
        Ok(self.0)
    }

    #[step]
    async fn close(self) -> Result<u32> {
        Ok(self.0)
    }

    #[step]
    async fn give(self: Box<Self>) -> Result<u32> {
        Ok(self.0)
    }
}

fn main() {}
