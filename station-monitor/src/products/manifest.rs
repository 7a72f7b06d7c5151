//! What a folder holds, and what it held before: `MANIFEST.json`, `SHA256SUMS` and `list`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

use crate::file::{Written, keep_names};
use crate::products::disk::write_whole;
use crate::products::json::{BadJson, Json};

/// The name of a folder's manifest.
pub const MANIFEST: &str = "MANIFEST.json";
/// The name of its check sums, as `sha256sum -c` reads them.
pub const CHECK_SUMS: &str = "SHA256SUMS";
/// The name of its plain list: size and name of each file.
pub const LIST: &str = "list";
/// What a manifest says it is; a reader of another version must not guess.
const FORMAT: &str = "tianshu-manifest-1";
/// A manifest of 10,000 files; a greater one is not ours.
const MANIFEST_BYTES_MAX: u64 = 64 << 20;

/// The files of a folder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    /// Each file by its name.
    pub files: BTreeMap<String, Entry>,
}

/// What is told of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The present revision.
    pub revision: Revision,
    /// Those that it took the place of, newest first.
    pub superseded: Vec<Revision>,
    /// The network's name of the station; none for files of all stations.
    pub station: Option<String>,
    /// The word of its kind.
    pub kind: String,
    /// The version of RINEX.
    pub rinex: String,
    /// Epochs, or records of navigation.
    pub have: u64,
    /// For how many epochs there is room; none for navigation.
    pub expected: Option<u64>,
    /// The summary beside it.
    pub summary: String,
}

/// One state of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// 1 for the first.
    pub number: u64,
    /// Size and digest.
    pub written: Written,
    /// When it was made (UTC).
    pub made: String,
    /// By which program.
    pub software: String,
    /// Why.
    pub reason: String,
}

/// Why a manifest could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The disk failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is no JSON.
    #[error(transparent)]
    Json(#[from] BadJson),
    /// It is of another format, or lacks something.
    #[error("it is no manifest of this version: {0}")]
    Other(&'static str),
}

impl Manifest {
    /// Reads a folder's manifest; an empty one where there is none yet.
    pub fn read(folder: &Path) -> Result<Self, ManifestError> {
        let place = folder.join(MANIFEST);
        match fs::metadata(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error.into()),
            Ok(found) if found.len() > MANIFEST_BYTES_MAX => {
                return Err(ManifestError::Other("it is too large"));
            }
            Ok(_) => {}
        }
        Self::from_json(&Json::read(&fs::read_to_string(&place)?)?)
    }

    /// Takes in a new state of a file; the one before it becomes the newest of those superseded.
    pub fn revise(&mut self, name: &str, mut entry: Entry) {
        if let Some(before) = self.files.remove(name) {
            entry.revision.number = before.revision.number + 1;
            entry.superseded = before.superseded;
            entry.superseded.insert(0, before.revision);
        }
        self.files.insert(name.to_owned(), entry);
    }

    /// Writes the three files of a folder, the manifest last: what it tells is there.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let (mut sums, mut list) = (String::new(), String::new());
        for (name, entry) in &self.files {
            let Written { size, sha256 } = &entry.revision.written;
            // Writing to a String cannot fail.
            let _ = writeln!(sums, "{sha256}  {name}");
            let _ = writeln!(list, "{name} {size}");
        }
        write_whole(folder.join(LIST), list.as_bytes())?;
        write_whole(folder.join(CHECK_SUMS), sums.as_bytes())?;
        write_whole(folder.join(MANIFEST), self.to_json().to_file().as_bytes())?;
        keep_names(folder)
    }

    fn to_json(&self) -> Json {
        let files = self.files.iter().map(|(name, entry)| {
            let superseded = entry.superseded.iter().map(|r| Json::Object(r.to_json()));
            let text = |text: &Option<String>| text.as_ref().map_or(Json::Null, Json::text);
            let mut members = vec![("name".to_owned(), Json::text(name))];
            members.extend(entry.revision.to_json());
            let more = [
                ("station", text(&entry.station)),
                ("kind", Json::text(&entry.kind)),
                ("rinex", Json::text(&entry.rinex)),
                ("have", Json::count(entry.have)),
                ("expected", entry.expected.map_or(Json::Null, Json::count)),
                ("summary", Json::text(&entry.summary)),
                ("superseded", Json::List(superseded.collect())),
            ];
            members.extend(more.map(|(name, value)| (name.to_owned(), value)));
            Json::Object(members)
        });
        Json::object([("format", Json::text(FORMAT)), ("files", Json::List(files.collect()))])
    }

    fn from_json(json: &Json) -> Result<Self, ManifestError> {
        if json.get("format").and_then(Json::as_text) != Some(FORMAT) {
            return Err(ManifestError::Other("format"));
        }
        let entries = json.get("files").and_then(Json::as_list);
        let mut manifest = Self::default();
        for file in entries.ok_or(ManifestError::Other("files"))? {
            let (name, entry) = entry(file).ok_or(ManifestError::Other("a file"))?;
            manifest.files.insert(name, entry);
        }
        Ok(manifest)
    }
}

impl Revision {
    fn to_json(&self) -> Vec<(String, Json)> {
        let members = [
            ("revision", Json::count(self.number)),
            ("size", Json::count(self.written.size)),
            ("sha256", Json::text(&self.written.sha256)),
            ("made", Json::text(&self.made)),
            ("software", Json::text(&self.software)),
            ("reason", Json::text(&self.reason)),
        ];
        members.map(|(name, value)| (name.to_owned(), value)).into()
    }

    fn from_json(json: &Json) -> Option<Self> {
        let text = |name: &str| json.get(name).and_then(Json::as_text).map(str::to_owned);
        let count = |name: &str| json.get(name).and_then(Json::as_count);
        Some(Self {
            number: count("revision")?,
            written: Written { size: count("size")?, sha256: text("sha256")? },
            made: text("made")?,
            software: text("software")?,
            reason: text("reason")?,
        })
    }
}

fn entry(json: &Json) -> Option<(String, Entry)> {
    let text = |name: &str| json.get(name).and_then(Json::as_text).map(str::to_owned);
    let count = |name: &str| json.get(name).and_then(Json::as_count);
    let superseded = json.get("superseded")?.as_list()?;
    let superseded: Option<Vec<_>> = superseded.iter().map(Revision::from_json).collect();
    let entry = Entry {
        revision: Revision::from_json(json)?,
        superseded: superseded?,
        station: text("station"),
        kind: text("kind")?,
        rinex: text("rinex")?,
        have: count("have")?,
        expected: count("expected"),
        summary: text("summary")?,
    };
    Some((text("name")?, entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(sha256: &str, reason: &str) -> Entry {
        Entry {
            revision: Revision {
                number: 1,
                written: Written { size: 7, sha256: sha256.to_owned() },
                made: "2026-03-20T03:00:30.000Z".to_owned(),
                software: "tianshu 0.1.0".to_owned(),
                reason: reason.to_owned(),
            },
            superseded: Vec::new(),
            station: Some("NANNING".to_owned()),
            kind: "hourly-observations".to_owned(),
            rinex: "3.05".to_owned(),
            have: 3_599,
            expected: Some(3_600),
            summary: "a.qc.json".to_owned(),
        }
    }

    #[test]
    fn a_new_revision_keeps_what_it_took_the_place_of() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut manifest = Manifest::read(folder.path()).expect("none yet");
        manifest.revise("a.crx.gz", entry("01", "due"));
        manifest.revise("b.crx.gz", entry("02", "due"));
        manifest.revise("a.crx.gz", entry("03", "late data"));
        manifest.revise("a.crx.gz", entry("04", "late data"));
        manifest.write(folder.path()).expect("written");
        let read = Manifest::read(folder.path()).expect("written a moment ago");
        assert_eq!(read, manifest);
        let a = read.files.get("a.crx.gz").expect("a file");
        assert_eq!((a.revision.number, a.revision.written.sha256.as_str()), (3, "04"));
        let before: Vec<_> = a.superseded.iter().map(|r| (r.number, r.reason.as_str())).collect();
        assert_eq!(before, [(2, "late data"), (1, "due")]);
        let text = |name: &str| fs::read_to_string(folder.path().join(name)).expect("a file");
        assert_eq!(text(LIST), "a.crx.gz 7\nb.crx.gz 7\n");
        assert_eq!(text(CHECK_SUMS), "04  a.crx.gz\n02  b.crx.gz\n");
    }

    #[test]
    fn a_manifest_of_another_kind_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        for wrong in ["", "{}", "{\"format\": \"tianshu-manifest-1\", \"files\": [{}]}"] {
            fs::write(folder.path().join(MANIFEST), wrong).expect("written");
            assert!(Manifest::read(folder.path()).is_err(), "{wrong}");
        }
    }
}
