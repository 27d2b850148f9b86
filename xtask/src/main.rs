//! Every developer's command.
fn main() {}
