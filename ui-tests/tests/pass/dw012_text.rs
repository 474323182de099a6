use std::env as mine;
use std::net::Ipv4Addr;
use std::path::Path;

use durable_runtime::prelude::*;

mod fs {
    pub fn read(path: &str) -> usize {
        path.len()
    }
}

#[step]
async fn load(path: String) -> Result<Vec<u8>> {
    let _ = mine::var("HOME");
    Ok(std::fs::read(path)?)
}

#[durable_workflow]
async fn archive(path: String) -> Result<usize> {
    let name = Path::new(&path).file_name().map_or(0, |name| name.len());
    let local = Ipv4Addr::new(127, 0, 0, 1).is_loopback();
    let bytes = load(path.clone()).await?.len();
    Ok(name + bytes + usize::from(local) + fs::read(&path) + env!("CARGO_PKG_NAME").len())
}

fn main() {
    let _ = archive;
}
