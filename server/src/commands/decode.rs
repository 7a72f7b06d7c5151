//! `tianshu decode`: what an RTCM 3 stream says, as readable lines or as JSON.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::Path;

use anyhow::Context;
use tianshu_rtcm::describe::{Description, Field, Value, describe};
use tianshu_rtcm::frame::{FindingCounts, Found, Frame, FrameDecoder};

use crate::cli::DecodeOptions;
use crate::json;

/// Bytes read at once: many frames, and small enough that a live stream is printed as it comes.
const CHUNK_BYTES: usize = 16 * 1024;

/// Prints every message of the stream, and at the end, on standard error, what was found in it.
pub(crate) fn run(options: &DecodeOptions) -> anyhow::Result<()> {
    let mut input = open(&options.file)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let print = if options.json { print_json } else { print_lines };
    match decode(&mut input, &mut out, print) {
        Ok(counts) => {
            tell(&counts);
            Ok(())
        }
        // Whoever reads our output has seen enough, as `head` does.
        Err(Failed::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(Failed::Output(error)) => Err(error).context("cannot write the messages"),
        Err(Failed::Input(error)) => {
            Err(error).with_context(|| format!("cannot read {}", options.file.display()))
        }
    }
}

fn open(path: &Path) -> anyhow::Result<Box<dyn Read>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    Ok(Box::new(file))
}

/// Which end of the pipe failed.
enum Failed {
    Input(io::Error),
    Output(io::Error),
}

fn decode(
    input: &mut dyn Read,
    out: &mut dyn Write,
    print: fn(&mut dyn Write, &Frame) -> io::Result<()>,
) -> Result<FindingCounts, Failed> {
    let mut decoder = FrameDecoder::new();
    let mut counts = FindingCounts::default();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = match input.read(&mut chunk) {
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(Failed::Input(error)),
        };
        match chunk.get(..read) {
            Some([]) | None => decoder.finish(),
            Some(bytes) => decoder.push(bytes),
        }
        while let Some(found) = decoder.next_found() {
            counts.add(&found);
            if let Found::Frame(frame) = found {
                print(out, &frame).map_err(Failed::Output)?;
            }
        }
        out.flush().map_err(Failed::Output)?;
        if read == 0 {
            return Ok(counts);
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "the summary must not mix with the messages on standard output"
)]
fn tell(counts: &FindingCounts) {
    eprintln!(
        "{} messages in {} bytes; {} bytes of no message: {} bad checksums, {} false starts, {} cut off",
        counts.frames,
        counts.frame_bytes + counts.noise_bytes,
        counts.noise_bytes,
        counts.bad_crc,
        counts.reserved_bits,
        counts.truncated
    );
}

fn print_json(out: &mut dyn Write, frame: &Frame) -> io::Result<()> {
    writeln!(out, "{}", json::message(&describe(frame)))
}

/// One line for the message, and an indented one for each entry of its lists.
fn print_lines(out: &mut dyn Write, frame: &Frame) -> io::Result<()> {
    let Description { number, name, station_id, bytes, fields, fault } = describe(frame);
    match number {
        Some(number) => write!(out, "{number:04}")?,
        None => write!(out, "----")?,
    }
    write!(out, "  {name}  {bytes} bytes")?;
    if let Some(station_id) = station_id {
        write!(out, "  station {station_id}")?;
    }
    print_fields(out, &fields, 1)?;
    if let Some(fault) = fault {
        writeln!(out, "    damaged: {fault}")?;
    }
    Ok(())
}

/// The plain values on the line that was begun, then each list below it.
fn print_fields(out: &mut dyn Write, fields: &[Field], depth: usize) -> io::Result<()> {
    for field in fields.iter().filter(|f| f.name != "reference_station_id") {
        match &field.value {
            Value::List(_) => {}
            Value::Absent => write!(out, "  {}=-", field.name)?,
            Value::Unsigned(count) => write!(out, "  {}={count}", field.name)?,
            Value::Signed(count) => write!(out, "  {}={count}", field.name)?,
            Value::Number(number) => write!(out, "  {}={number}", field.name)?,
            Value::Flag(flag) => write!(out, "  {}={flag}", field.name)?,
            Value::Text(text) => write!(out, "  {}={text:?}", field.name)?,
        }
    }
    writeln!(out)?;
    for field in fields {
        if let Value::List(entries) = &field.value {
            for entry in entries {
                write!(out, "{:1$}{2}:", "", depth * 4, field.name)?;
                print_fields(out, entry, depth + 1)?;
            }
        }
    }
    Ok(())
}
