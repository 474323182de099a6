//! Behind `?`, and in a chain of them.
use durable_runtime::prelude::*;

struct Page {
    id: u32,
}

async fn fetch(id: u32) -> std::io::Result<Page> {
    Ok(Page { id })
}

async fn render(page: Page) -> std::io::Result<String> {
    Ok(page.id.to_string())
}

#[durable_workflow]
async fn report(id: u32) -> Result<String> {
    Ok(render(fetch(id).await?).await?.trim().to_owned())
}

fn main() {}
