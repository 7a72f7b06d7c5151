//! What kind of file a TOML file of ours is, by what stands in it.

use toml::de::DeTable;

use crate::config::{read, scenario};

/// The kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The configuration of a service, such as `config/tianshu.toml`.
    Service,
    /// A network for the simulator, such as `config/guangxi.toml`.
    Network,
    /// A scenario for the simulator, such as `config/scenario.toml`.
    Scenario,
}

/// The kind of a text. What cannot be told is a service's, whose reader then says what is wrong.
pub(crate) fn kind_of(text: &str) -> Kind {
    let (document, _) = DeTable::parse_recoverable(text);
    let root = document.get_ref();
    let has = |key: &str| root.contains_key(key);
    // A network has stations and a name; both words stand in other files too, but not together.
    if has("name") && has("station") {
        Kind::Network
    } else if read::TABLES.iter().any(|table| *table != "station" && has(table)) {
        Kind::Service
    } else if scenario::KEYS.iter().any(|key| has(key)) {
        Kind::Scenario
    } else {
        let stations = root.get("station").and_then(|value| value.get_ref().as_array());
        let first =
            stations.and_then(|all| all.first()).and_then(|entry| entry.get_ref().as_table());
        let is_placed = first.is_some_and(|station| station.contains_key("latitude_deg"));
        if is_placed { Kind::Network } else { Kind::Service }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Kind) {
        assert_eq!(kind_of(text), expected, "{text}");
    }

    #[test]
    fn every_shipped_file_is_what_it_is() {
        check(include_str!("../../../config/tianshu.toml"), Kind::Service);
        check(include_str!("../../../config/guangxi.toml"), Kind::Network);
        check(include_str!("../../../config/scenario.toml"), Kind::Scenario);
        check(include_str!("../../../config/long-drive.toml"), Kind::Scenario);
    }

    #[test]
    fn small_files_are_told_apart() {
        check("", Kind::Service);
        check("[[station]]\nname = \"A\"\nlink = \"tcp\"", Kind::Service);
        check("[[station]]\nname = \"A\"\nlatitude_deg = 22.0", Kind::Network);
        check("base = \"storm\"", Kind::Scenario);
        check("[caster]\nlisten = [", Kind::Service);
    }
}
