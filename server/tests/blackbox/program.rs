//! Programs that run beside the test: started, listened to, signalled and ended by their process id.

use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// No step of a test takes longer, on however loaded a machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// How often a condition is looked at again.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Waits for a value; the test fails with these words if it does not come.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(value) = look() {
            return value;
        }
        assert!(began.elapsed() < PATIENCE, "waited for {PATIENCE:?}: {what}");
        thread::sleep(LOOK_EVERY);
    }
}

/// A running program. It is killed when this is dropped.
pub(crate) struct Program {
    child: Child,
    out: Heard,
    err: Heard,
}

/// What a pipe has given so far.
type Heard = Arc<Mutex<Vec<u8>>>;

impl Program {
    /// Starts a program whose standard input is empty.
    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let out = listen(child.stdout.take().expect("standard output is piped"));
        let err = listen(child.stderr.take().expect("standard error is piped"));
        Self { child, out, err }
    }

    /// What it wrote to standard output so far.
    pub(crate) fn out(&self) -> String {
        text(&self.out)
    }

    /// The bytes that it wrote to standard output so far.
    pub(crate) fn out_bytes(&self) -> Vec<u8> {
        self.out.lock().unwrap().clone()
    }

    /// What it wrote to standard error so far.
    pub(crate) fn err(&self) -> String {
        text(&self.err)
    }

    /// Sends it a signal, such as `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &id]).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill -{name} {id}");
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn exit(&mut self) -> ExitStatus {
        eventually("the program ends", || self.child.try_wait().expect("its state is known"))
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_none())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // A program that has ended already needs no killing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a program that ran to its end gave.
pub(crate) struct Ran {
    /// Its exit code.
    pub(crate) code: Option<i32>,
    /// What it wrote to standard output.
    pub(crate) out: String,
    /// What it wrote to standard error.
    pub(crate) err: String,
}

/// Runs a program to its end with that standard input.
pub(crate) fn run(command: &mut Command, input: &[u8]) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut pipe = child.stdin.take().expect("standard input is piped");
    let input = input.to_vec();
    let writer = thread::spawn(move || {
        // A program need not read all that it is given.
        let _ = pipe.write_all(&input);
    });
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("the writer ends");
    Ran {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Whether a program is installed; says by name that a test is skipped where it is not.
pub(crate) fn is_installed(test: &str, program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).any(|folder| folder.join(program).is_file());
    if !found {
        println!("SKIPPED {test}: {program} not found (cargo xtask setup installs it)");
    }
    found
}

fn listen(mut pipe: impl Read + Send + 'static) -> Heard {
    let heard = Heard::default();
    let sink = Arc::clone(&heard);
    thread::spawn(move || {
        let mut piece = [0; 16 * 1024];
        while let Ok(read @ 1..) = pipe.read(&mut piece) {
            sink.lock().unwrap().extend_from_slice(&piece[..read]);
        }
    });
    heard
}

fn text(heard: &Heard) -> String {
    String::from_utf8_lossy(&heard.lock().unwrap()).into_owned()
}
