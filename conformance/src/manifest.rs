//! The two files that are made of the table of functions: what SAM deploys, and what the engine serves.

use std::fmt::Write;

use crate::table::{FUNCTIONS, Function};
use crate::targets;

const TEMPLATE: &str = "\
# Made of src/table.rs: `CONFORMANCE_WRITE=1 cargo test -p conformance --test manifest` writes it anew.
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Description: The handlers of AWS's conformance suite for durable functions, one function each

Globals:
  Function:
    Runtime: provided.al2023
    Architectures: [x86_64]
    # The folder that holds the binary, named `bootstrap`.
    CodeUri: build/
    Timeout: 60
    MemorySize: 128
    LoggingConfig:
      LogFormat: JSON
      ApplicationLogLevel: INFO
      SystemLogLevel: INFO

Resources:
  DurableFunctionRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {Service: lambda.amazonaws.com}
            Action: sts:AssumeRole
      ManagedPolicyArns:
        - arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
      Policies:
        - PolicyName: DurableExecution
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Effect: Allow
                Action:
                  - lambda:CheckpointDurableExecution
                  - lambda:GetDurableExecutionState
                  - lambda:InvokeFunction
                Resource: '*'
";

const SERVED: &str = "\
# Made of src/table.rs: `CONFORMANCE_WRITE=1 cargo test -p conformance --test manifest` writes it anew.
# `bootstrap` is the binary of this package: have its folder in PATH.
";

/// The configuration of `cargo durable serve`.
#[must_use]
pub fn functions() -> String {
    let mut text = SERVED.to_owned();
    for function in FUNCTIONS {
        // Writing to a String can't fail.
        let _ = write_function(&mut text, function);
    }
    text
}

fn write_function(text: &mut String, function: &Function) -> std::fmt::Result {
    let name = function.name();
    writeln!(text, "\n[[function]]\nname = \"{name}\"")?;
    writeln!(text, "command = \"bootstrap\"\nhandler = \"{name}\"")?;
    writeln!(
        text,
        "durable = {{ execution_timeout = \"5m\", retention_days = 7 }}"
    )?;
    if function.is_per_tenant() {
        writeln!(text, "tenant_isolation = true")?;
    }
    Ok(())
}

/// The SAM template, with the ids that the official runner reads.
#[must_use]
pub fn template() -> String {
    let mut text = TEMPLATE.to_owned();
    for function in FUNCTIONS {
        // Writing to a String can't fail.
        let _ = write_resource(&mut text, function);
    }
    text
}

fn write_resource(text: &mut String, function: &Function) -> std::fmt::Result {
    let name = function.name();
    writeln!(text, "\n  {name}:\n    Type: AWS::Serverless::Function")?;
    if !function.ids.is_empty() {
        let ids = function.ids.join("\", \"");
        writeln!(
            text,
            "    TestingMetadata:\n      TestDescription: [\"{ids}\"]"
        )?;
    }
    writeln!(text, "    Properties:\n      Handler: {name}")?;
    writeln!(text, "      Role: !GetAtt DurableFunctionRole.Arn")?;
    writeln!(
        text,
        "      DurableConfig: {{ExecutionTimeout: 300, RetentionPeriodInDays: 7}}"
    )?;
    if function.is_per_tenant() {
        writeln!(
            text,
            "      TenancyConfig: {{TenantIsolationMode: PER_TENANT}}"
        )?;
    }
    if function.invokes() {
        writeln!(text, "      Environment:\n        Variables:")?;
        for (variable, target) in targets::VARIABLES {
            writeln!(
                text,
                "          {variable}: !Sub \"${{{target}.Arn}}:$LATEST\""
            )?;
        }
    }
    Ok(())
}
