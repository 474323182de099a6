//! `cargo durable graph`

use std::fs;
use std::io::Write;

use durable_lock::graph::{self, Format};
use durable_lock::manifest::Manifest;

use super::CodeFailure;
use super::manifests::gather;
use super::resolve::Kinds;
use crate::cli::code::{Graph, Picture};
use crate::failure::Failure;

pub(crate) fn run(graph: &Graph, out: &mut impl Write) -> Result<(), Failure> {
    let packages = gather(&graph.packages)?;
    let kinds = Kinds::of(&packages);
    let mut workflows: Vec<(&str, &Manifest)> = Vec::new();
    for package in &packages {
        workflows.extend(package.workflows()?);
    }
    if workflows.is_empty() {
        return Err(CodeFailure::NoWorkflows.into());
    }
    if let Some(name) = &graph.workflow {
        let known = workflows
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect();
        workflows.retain(|(other, _)| other == name);
        if workflows.is_empty() {
            let name = name.clone();
            return Err(CodeFailure::NoWorkflow { name, known }.into());
        }
    }
    let (format, ending) = match graph.picture {
        Picture::Svg => (Format::Svg, "svg"),
        Picture::Mermaid => (Format::Mermaid, "mmd"),
        Picture::Dot => (Format::Dot, "dot"),
    };
    match (&graph.out_dir, &*workflows) {
        (None, [(_, only)]) => {
            out.write_all(graph::render(&kinds.resolved(only), format).as_bytes())?;
        }
        (None, several) => return Err(CodeFailure::ManyWorkflows(several.len()).into()),
        (Some(folder), workflows) => {
            let fail = |path: &std::path::Path| {
                let path = path.to_owned();
                move |error| CodeFailure::Write { path, error }
            };
            fs::create_dir_all(folder).map_err(fail(folder))?;
            for (name, manifest) in workflows {
                // A name may hold anything printable, and a file's name may not.
                let plain = name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "-");
                let path = folder.join(format!("{plain}.{ending}"));
                let picture = graph::render(&kinds.resolved(manifest), format);
                fs::write(&path, picture).map_err(fail(&path))?;
                writeln!(out, "{}", path.display())?;
            }
        }
    }
    Ok(())
}
