//! Compiles every case: `fail` with exactly the errors in its `.stderr`, `pass` without a warning.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/fail/*.rs");
    cases.pass("tests/pass/*.rs");
}
