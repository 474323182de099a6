//! Compile-fail and compile-pass cases of the macros; the cases live in `tests/`.
