//! Reads inputs as JSON lines and writes one explanation each, for comparison with other implementations.

use std::io::{self, BufRead, Write};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let file = serde_json::from_str(&line)?;
        for case in adit_access::cases(&file) {
            serde_json::to_writer(&mut out, &adit_access::explain(&case.input))?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()
}
