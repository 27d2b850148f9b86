//! What was asked for on the command line.

use anyhow::{Context as _, Result, bail};

pub(crate) struct Arguments {
    pub(crate) name: String,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) from: From,
    pub(crate) security: Security,
    /// The NTSTATUS with which everybody is refused.
    pub(crate) refuse: Option<u32>,
    pub(crate) codec: Codec,
    pub(crate) graphics: Graphics,
    /// Changes a second of windows, and of the whole screen.
    pub(crate) busy: Option<u16>,
    pub(crate) busy_full: Option<u16>,
    /// Changes to record, which are then sent over and over as often as `busy` says.
    pub(crate) replay: Option<usize>,
    pub(crate) report: bool,
    /// Goes on sending to a client that wants no pictures.
    pub(crate) restless: bool,
}

/// Where the accounts come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    CommandLine,
    StandardInput,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Security {
    Nla,
    TlsOnly,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    RemoteFx,
    Bitmap,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Graphics {
    Classic,
    Pipeline,
}

pub(crate) fn arguments(mut words: impl Iterator<Item = String>) -> Result<Arguments> {
    let mut arguments = Arguments {
        name: "windows".to_owned(),
        user: "tester".to_owned(),
        password: "correct horse".to_owned(),
        from: From::CommandLine,
        security: Security::Nla,
        refuse: None,
        codec: Codec::RemoteFx,
        graphics: Graphics::Classic,
        busy: None,
        busy_full: None,
        replay: None,
        report: false,
        restless: false,
    };
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} wants a value"));
        match word.as_str() {
            "--name" => arguments.name = value()?,
            "--user" => arguments.user = value()?,
            "--password" => arguments.password = value()?,
            "--stdin-accounts" => arguments.from = From::StandardInput,
            "--tls-only" => arguments.security = Security::TlsOnly,
            "--refuse" => {
                let status = value()?;
                let digits =
                    status.strip_prefix("0x").context("--refuse wants a status such as 0xC0000234")?;
                arguments.refuse = Some(u32::from_str_radix(digits, 16).context("--refuse")?);
            }
            "--bitmaps" => arguments.codec = Codec::Bitmap,
            "--graphics" => {
                arguments.graphics = match value()?.as_str() {
                    "classic" => Graphics::Classic,
                    "pipeline" => Graphics::Pipeline,
                    other => bail!("--graphics is classic or pipeline, not {other}"),
                }
            }
            "--busy" => arguments.busy = Some(value()?.parse().context("--busy")?),
            "--busy-full" => arguments.busy_full = Some(value()?.parse().context("--busy-full")?),
            "--replay" => arguments.replay = Some(value()?.parse().context("--replay")?),
            "--report" => arguments.report = true,
            "--restless" => arguments.restless = true,
            _ => bail!("unknown option {word}"),
        }
    }
    if arguments.replay.is_some()
        && ((arguments.busy.is_none() && arguments.busy_full.is_none())
            || arguments.security == Security::TlsOnly
            || arguments.graphics == Graphics::Pipeline)
    {
        // Behind the library's own TLS nothing can be recorded, and a pipeline's messages depend on one another.
        bail!("--replay goes with --busy or --busy-full, and without --tls-only and --graphics pipeline");
    }
    Ok(arguments)
}
