//! Where the campaign works, and the programs it runs there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};

/// A folder that goes away with this, unless it was named.
pub(crate) struct Folder {
    path: PathBuf,
    is_ours: bool,
}

impl Folder {
    /// The folder that was named, or one of our own.
    pub(crate) fn new(named: Option<&Path>) -> anyhow::Result<Self> {
        let own = || std::env::temp_dir().join(format!("rover-campaign-{}", std::process::id()));
        let path = named.map_or_else(own, Path::to_owned);
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        let path = path.canonicalize()?;
        Ok(Self { path, is_ours: named.is_none() })
    }

    /// Something in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Whether it holds that already.
    pub(crate) fn holds(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Writes a file of it, and the folders on the way.
    pub(crate) fn write(&self, name: &str, text: &str) -> anyhow::Result<PathBuf> {
        let path = self.path(name);
        if let Some(above) = path.parent() {
            fs::create_dir_all(above)?;
        }
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }

    /// Runs a program in it to its end and gives what it printed.
    pub(crate) fn run(&self, program: &Path, arguments: &[String]) -> anyhow::Result<String> {
        let shown = || format!("{} {}", program.display(), arguments.join(" "));
        let output = Command::new(program)
            .args(arguments)
            .current_dir(&self.path)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{} could not be run", shown()))?;
        if !output.status.success() {
            bail!("{}: {}", shown(), String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_ours {
            // A folder that stays behind harms nobody.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// The program of this checkout: the one that is named in `TIANSHU_PROGRAM`, or built in the profile and the target folder that we were built in.
pub(crate) fn tianshu() -> anyhow::Result<PathBuf> {
    if let Some(program) = std::env::var_os("TIANSHU_PROGRAM").map(PathBuf::from) {
        ensure!(program.is_file(), "{} is not there: TIANSHU_PROGRAM names it", program.display());
        return Ok(program);
    }
    // We lie in a folder (examples, deps) of the profile's own, and that in the target folder.
    let here = std::env::current_exe()?;
    let profile = here.parent().and_then(Path::parent).context("we lie in no target folder")?;
    let target = profile.parent().context("we lie in no target folder")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--package", "tianshu", "--target-dir"]).arg(target);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let status = build.current_dir(root).stdin(Stdio::null()).status();
    ensure!(status.context("cargo could not be run")?.success(), "tianshu could not be built");
    let program = profile.join("tianshu");
    ensure!(program.is_file(), "{} is not there", program.display());
    Ok(program)
}
