//! Real data beside the workspace, read into our types.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tianshu_gnss::ephemeris::store::{DAY_PER_SATELLITE, EphemerisStore};
use tianshu_rinex::navigation::reader::NavReader;
use tianshu_rinex::unpack::unpacked;

/// The folder of real data beside the workspace, or none, told by name.
pub(crate) fn folder(test: &str, folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    println!("SKIPPED {test}: ../shared/data/{folder} not found");
    None
}

pub(crate) fn text(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    unpacked(&bytes).expect("the file is whole").into_owned()
}

pub(crate) fn store(paths: &[PathBuf]) -> EphemerisStore {
    let mut store = EphemerisStore::new(DAY_PER_SATELLITE);
    for path in paths {
        let text = text(path);
        for ephemeris in NavReader::new(&text).expect("a navigation file") {
            store.insert(Arc::new(ephemeris));
        }
    }
    store
}
