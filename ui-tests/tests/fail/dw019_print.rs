use durable_runtime::prelude::*;

#[durable_workflow]
async fn greet(name: String) -> Result<()> {
    println!("hello, {name}");
    std::eprintln!("and again");
    let _ = dbg!(name.len());
    Ok(())
}

fn main() {}
