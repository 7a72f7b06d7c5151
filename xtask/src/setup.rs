//! Installing what the tests compare our output with, where it is missing.
//!
//! Nothing here is needed to build or to run. A test that misses its counterpart says so by name and
//! skips, so every part of the set-up may fail, is told, and leaves the rest to go on.

use std::path::Path;

use anyhow::{Result, bail};

use crate::run::{Workspace, show, succeeds};

/// Debian packages, and a program (or a file) by which each is known to be there: RTKLIB's `str2str` and `convbin`,
/// gpsd with its decoder and its pipe as NTRIP clients, PostgreSQL to keep accounts in, Python to run the PyPI decoders, a browser with Chinese letters for the operators' page, and promtool.
const DEBIAN: &[(&str, &str)] = &[
    ("rtklib", "convbin"),
    ("gpsd", "gpsd"),
    ("gpsd-clients", "gpspipe"),
    ("gpsd-tools", "gpsdecode"),
    ("postgresql", "pg_ctl"),
    ("python3-venv", "python3"),
    ("chromium", "chromium"),
    ("fonts-noto-cjk", "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    ("prometheus", "promtool"),
];

/// PyPI packages, pinned: the tests name what these very versions get wrong.
/// Of pygnssutils 1.3.1 the command line ends with a type error at its start.
/// hatanaka brings RNXCMP, by which CRINEX is judged; pyrtklib brings RTKLIB's orbits; georinex reads
/// what researchers are given. schemathesis asks the API everything that its description allows, and more.
const PYPI: &[&str] = &[
    "pyrtcm==1.2.1",
    "pygnssutils==1.3.0",
    "hatanaka==2.8.1",
    "pyrtklib==0.2.7",
    "georinex==1.16.2",
    "schemathesis==4.32.5",
];

/// A ClickHouse engine (26.9) for the tests of the archive, and what its HTTP server unpacks inserts with. Apart from the others, as
/// it is large (180 MB) and there are machines that it is not made for.
const ENGINE: &[&str] = &["chdb==4.4.0", "chdb-core==26.9.0", "lz4==4.4.5"];

/// The version whose answers the checks of `deny.toml` were written against.
const CARGO_DENY: &str = "0.20.2";

/// Installs whatever is missing; says what could not be installed, and what that means.
pub(crate) fn install(workspace: &Workspace) {
    std::fs::create_dir_all(&workspace.target).ok();
    tell(
        "Debian packages",
        debian(workspace),
        "tests against RTKLIB, gpsd and PostgreSQL skip by name",
    );
    let skip = "tests against what is missing skip by name";
    tell("Python packages", python(workspace, PYPI), skip);
    tell("ClickHouse engine", python(workspace, ENGINE), skip);
    tell("cargo-deny", cargo_deny(workspace), "the step `deny` will fail");
}

/// Where the workspace's own cargo-deny is installed.
pub(crate) fn cargo_deny_path(workspace: &Workspace) -> std::path::PathBuf {
    workspace.tools().join("bin/cargo-deny")
}

fn tell(what: &str, outcome: Result<()>, otherwise: &str) {
    match outcome {
        Ok(()) => println!("{what}: there"),
        Err(error) => println!("{what}: not there ({error:#}); {otherwise}"),
    }
}

fn debian(workspace: &Workspace) -> Result<()> {
    let missing: Vec<&str> = DEBIAN
        .iter()
        .filter(|(_, program)| !is_on_path(program))
        .map(|(package, _)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let by_hand = format!("please run: apt-get install {}", missing.join(" "));
    let Some(prefix) = privilege(workspace) else {
        bail!("neither root nor sudo without a password; {by_hand}");
    };
    let run = |arguments: &[&str]| {
        let words: Vec<&str> = prefix.iter().chain(arguments).copied().collect();
        let (program, arguments) = words.split_first().expect("a command has a first word");
        let mut command = workspace.command(program, arguments);
        show(command.env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let install = ["apt-get", "install", "-y", "-q", "--no-install-recommends"];
    let installed = run(&["apt-get", "update", "-q"])
        .and_then(|()| run(&install.iter().chain(&missing).copied().collect::<Vec<_>>()));
    match installed {
        Ok(()) => Ok(()),
        Err(error) => bail!("{error:#}; {by_hand}"),
    }
}

/// The words before a command that let it install packages; `None` where we may not.
fn privilege(workspace: &Workspace) -> Option<&'static [&'static str]> {
    if !is_on_path("apt-get") {
        return None;
    }
    let whoami = workspace.command("id", &["-u"]).output().ok()?;
    if whoami.stdout.trim_ascii() == b"0" {
        return Some(&[]);
    }
    succeeds(&mut workspace.command("sudo", &["-n", "true"])).then_some(&["sudo", "-n"])
}

/// Python packages in an environment of the workspace's own, made if it is not there.
pub(crate) fn python(workspace: &Workspace, packages: &[&str]) -> Result<()> {
    let knows_all = "import importlib.metadata as m, sys; \
        sys.exit(any(m.version(p.split('==')[0]) != p.split('==')[1] for p in sys.argv[1:]))";
    let python = workspace.python();
    let mut arguments = vec!["-c", knows_all];
    arguments.extend(packages);
    if succeeds(&mut workspace.command(&python, &arguments)) {
        return Ok(());
    }
    if std::env::var_os("TIANSHU_PYTHON").is_some() {
        bail!("TIANSHU_PYTHON names an interpreter without {}", packages.join(" and "));
    }
    let folder = workspace.target.join("venv");
    if !folder.join("bin/python").is_file() {
        show(workspace.command("python3", &["-m", "venv"]).arg(&folder))?;
    }
    let mut install = vec!["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    install.extend(packages);
    show(&mut workspace.command(&python, &install))
}

fn cargo_deny(workspace: &Workspace) -> Result<()> {
    let has = |program: &Path| {
        let output = workspace.command(program, &["--version"]).output();
        output.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains(CARGO_DENY))
    };
    if has(&cargo_deny_path(workspace)) {
        return Ok(());
    }
    // Unoptimised it is built in one minute instead of many, and still checks our tree in a second.
    let mut install = workspace.cargo(&["install", "cargo-deny", "--locked", "--quiet"]);
    install
        .args(["--version", CARGO_DENY, "--no-default-features", "--root"])
        .arg(workspace.tools())
        .env("CARGO_TARGET_DIR", workspace.tools().join("build"))
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256");
    show(&mut install)?;
    // The objects are of no more use, and take more room than the tool.
    std::fs::remove_dir_all(workspace.tools().join("build")).ok();
    Ok(())
}

/// Whether a program is on the path, or a file of an absolute name is there.
fn is_on_path(program: &str) -> bool {
    if program.starts_with('/') {
        return Path::new(program).is_file();
    }
    // Debian keeps daemons in folders that are not on an ordinary user's path.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let sbin = ["/usr/sbin", "/sbin"].map(std::path::PathBuf::from);
    // And the programs of each version of PostgreSQL in a folder of their own.
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let postgresql = versions.map(|version| version.path().join("bin"));
    let mut folders = std::env::split_paths(&path).chain(sbin).chain(postgresql);
    folders.any(|folder| folder.join(program).is_file())
}
