//! Making files: several at a time, each whole before it is seen, and told in its folder's manifest.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tianshu_gnss::station::StationName;
use tianshu_gnss::time::utc::Utc;
use tianshu_rinex::write::WrittenVersion;

use crate::at_once::at_once;
use crate::file::{Written, digest, keep_names};
use crate::products::disk::{UNFINISHED, Unfinished, write_whole};
use crate::products::face::Described;
use crate::products::identity::NineId;
use crate::products::json::Json;
use crate::products::kind::{Kind, start_of};
use crate::products::manifest::{Entry, Manifest, ManifestError, Revision};
use crate::products::navigation::{NavigationOrder, merged, write_navigation};
use crate::products::observation::{NotMade, ObservationOrder, write_observations};
use crate::products::packing::Packing;
use crate::products::schedule::{FileKey, Job, Outcome, Why};
use crate::products::source::{EphemerisSource, ObservationSource};
use crate::products::station::StationRecord;

/// So many files are told in a manifest at once: each telling writes it anew, and has the disk keep it.
const PLACED_AT_ONCE: usize = 32;

/// What makes files.
pub struct Press {
    root: PathBuf,
    stations: BTreeMap<StationName, StationRecord>,
    settings: PressSettings,
}

/// What all files have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct PressSettings {
    /// The name under which merged ephemerides stand, such as `BRDC00CHN`.
    pub navigation_id: NineId,
    /// Who makes the files of all stations.
    pub run_by: String,
    /// The version of RINEX.
    pub version: WrittenVersion,
    /// The program that headers and manifests name.
    pub software: String,
    /// How many files are made at the same time.
    pub threads: usize,
}

/// Where files are made of.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// Observations.
    pub observations: &'a dyn ObservationSource,
    /// Ephemerides.
    pub ephemerides: &'a dyn EphemerisSource,
}

/// A job and how it ended.
#[derive(Debug)]
pub struct Ended {
    /// The job.
    pub job: Job,
    /// The size of the file, or why there is none.
    pub result: Result<Written, NotMade>,
}

/// A file that is whole, but not in its place.
struct Ready {
    job: Job,
    name: String,
    unfinished: Unfinished,
    summary: Json,
    entry: Entry,
}

/// What was found in a folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FoundFiles {
    /// Files that are as the manifest says.
    pub sound: Vec<FileKey>,
    /// Files that are missing, or differ from what the manifest says; they are to be made anew.
    pub damaged: Vec<String>,
    /// How many unfinished files were removed.
    pub removed: usize,
}

impl Ended {
    /// What the schedule has to know.
    pub fn outcome(&self) -> Outcome {
        match &self.result {
            Ok(_) => Outcome::Made,
            Err(NotMade::Empty) => Outcome::Empty,
            Err(_) => Outcome::Failed,
        }
    }
}

impl Press {
    /// A press that writes below a folder.
    pub fn new(root: PathBuf, stations: Vec<StationRecord>, settings: PressSettings) -> Self {
        let stations = stations.into_iter().map(|record| (record.station.clone(), record));
        Self { root, stations: stations.collect(), settings }
    }

    /// Makes the files of jobs. Every job ends, one way or the other.
    pub fn make(&self, jobs: &[Job], sources: Sources<'_>, made: Utc) -> Vec<Ended> {
        let mut ended = Vec::with_capacity(jobs.len());
        let mut ready: BTreeMap<PathBuf, Vec<Ready>> = BTreeMap::new();
        at_once(
            self.settings.threads,
            jobs,
            |job| (job.clone(), self.write(job, sources, made)),
            |_, (job, result)| {
                match result {
                    Ok(file) => {
                        let folder = self.root.join(job.file.kind.folder(job.file.start));
                        let waiting = ready.entry(folder.clone()).or_default();
                        waiting.push(file);
                        if waiting.len() >= PLACED_AT_ONCE {
                            ended.extend(place(&folder, std::mem::take(waiting)));
                        }
                    }
                    Err(error) => ended.push(Ended { job, result: Err(error) }),
                }
                ControlFlow::Continue(())
            },
        );
        for (folder, waiting) in ready {
            ended.extend(place(&folder, waiting));
        }
        ended
    }

    /// Looks through a folder after a start: what is sound, what is not; what was left unfinished is removed.
    pub fn look_through(&self, folder: &str) -> Result<FoundFiles, ManifestError> {
        let folder = self.root.join(folder);
        let manifest = Manifest::read(&folder)?;
        let mut found = FoundFiles::default();
        for (name, entry) in &manifest.files {
            let kind = Kind::from_word(&entry.kind);
            let station = entry.station.as_ref().map(|name| name.parse().ok());
            let is_sound = digest(&folder.join(name)).is_ok_and(|w| w == entry.revision.written);
            match (kind, start_of(name), station) {
                (Some(kind), Some(start), None) if is_sound => {
                    found.sound.push(FileKey { kind, start, station: None });
                }
                (Some(kind), Some(start), Some(Some(station))) if is_sound => {
                    found.sound.push(FileKey { kind, start, station: Some(station) });
                }
                _ => found.damaged.push(name.clone()),
            }
        }
        for file in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if file.file_name().to_string_lossy().starts_with(UNFINISHED) {
                fs::remove_file(file.path())?;
                found.removed += 1;
            }
        }
        Ok(found)
    }

    fn write(&self, job: &Job, sources: Sources<'_>, made: Utc) -> Result<Ready, NotMade> {
        match &job.file.station {
            Some(station) => self.observations(job, station, sources.observations, made),
            None => self.navigation(job, sources.ephemerides, made),
        }
    }

    fn observations(
        &self,
        job: &Job,
        station: &StationName,
        source: &dyn ObservationSource,
        made: Utc,
    ) -> Result<Ready, NotMade> {
        let record = self.stations.get(station).ok_or(NotMade::NoEquipment)?;
        let kind = job.file.kind;
        let interval = kind.interval().ok_or(NotMade::Empty)?;
        let span = kind.span_of(job.file.start);
        let glonass_biases_m = source.glonass_biases_m(station, span);
        let order = ObservationOrder {
            station,
            described: Described::Record(record),
            span,
            interval,
            version: self.settings.version,
            packing: Packing::PUBLISHED,
            software: &self.settings.software,
            made,
            glonass_biases_m: &glonass_biases_m,
        };
        let name = kind.name(record.id, span.start);
        let place = self.root.join(kind.folder(span.start)).join(&name);
        let (unfinished, written, quality) =
            Unfinished::write(place, |to| write_observations(to, source, &order))?;
        let summary = quality.to_json(&name, &source.multipath_m(station, span));
        let mut entry = self.entry(job, &name, written, made);
        entry.station = Some(station.to_string());
        entry.have = quality.epochs;
        entry.expected = Some(quality.epochs_expected);
        Ok(Ready { job: job.clone(), name, unfinished, summary, entry })
    }

    fn navigation(
        &self,
        job: &Job,
        source: &dyn EphemerisSource,
        made: Utc,
    ) -> Result<Ready, NotMade> {
        let kind = job.file.kind;
        let span = kind.span_of(job.file.start);
        let merged = merged(&source.ephemerides(span)?);
        if merged.ephemerides.is_empty() {
            return Err(NotMade::Empty);
        }
        let order = NavigationOrder {
            version: self.settings.version,
            packing: Packing::PUBLISHED,
            software: &self.settings.software,
            run_by: &self.settings.run_by,
            made,
            start: span.start,
        };
        let name = kind.name(self.settings.navigation_id, span.start);
        let place = self.root.join(kind.folder(span.start)).join(&name);
        let (unfinished, written, ()) =
            Unfinished::write(place, |to| write_navigation(to, &order, &merged))?;
        let summary = merged.to_json(&name);
        let mut entry = self.entry(job, &name, written, made);
        entry.have = merged.ephemerides.len() as u64;
        Ok(Ready { job: job.clone(), name, unfinished, summary, entry })
    }

    fn entry(&self, job: &Job, name: &str, written: Written, made: Utc) -> Entry {
        let reason = match job.why {
            Why::Due => "due",
            Why::Overdue => "overdue",
            Why::LateData => "late data",
        };
        let stem = name.trim_end_matches(".gz").trim_end_matches(".crx").trim_end_matches(".rnx");
        Entry {
            revision: Revision {
                number: 1,
                written,
                made: made.to_string(),
                software: self.settings.software.clone(),
                reason: reason.to_owned(),
            },
            superseded: Vec::new(),
            station: None,
            kind: job.file.kind.word().to_owned(),
            rinex: self.settings.version.number().to_owned(),
            have: 0,
            expected: None,
            summary: format!("{stem}.qc.json"),
        }
    }
}

/// Gives files their names, and tells them in the manifest. A file is told after it is there; where the power goes in
/// between, its digest differs from what is told, and [`Press::look_through`] finds it.
fn place(folder: &Path, files: Vec<Ready>) -> Vec<Ended> {
    let mut manifest = match Manifest::read(folder) {
        Ok(manifest) => manifest,
        // A manifest that cannot be read is not written over: what it tells of revisions would be lost.
        Err(error) => {
            let text = error.to_string();
            let failed = |file: Ready| (file.job, Err(io::Error::other(text.clone()).into()));
            return files
                .into_iter()
                .map(failed)
                .map(|(job, result)| Ended { job, result })
                .collect();
        }
    };
    let mut ended = Vec::with_capacity(files.len());
    for file in files {
        let Ready { job, name, unfinished, summary, entry } = file;
        let written = entry.revision.written.clone();
        let text = summary.to_file();
        let placed = write_whole(folder.join(&entry.summary), text.as_bytes())
            .and_then(|_| unfinished.place());
        let result = placed.map(|()| {
            manifest.revise(&name, entry);
            written
        });
        ended.push(Ended { job, result: result.map_err(NotMade::from) });
    }
    let told = keep_names(folder).and_then(|()| manifest.write(folder));
    if let Err(error) = told {
        let text = error.to_string();
        for end in ended.iter_mut().filter(|end| end.result.is_ok()) {
            end.result = Err(io::Error::other(text.clone()).into());
        }
    }
    ended
}
