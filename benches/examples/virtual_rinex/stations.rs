//! The network that the program brings with it.

use anyhow::Context;
use tianshu_gnss::coords::Geodetic;
use tianshu_simulator::network::{Network, NetworkStation};

const GUANGXI: &str = include_str!("../../../config/guangxi.toml");

/// Reads it.
pub(crate) fn built_in() -> anyhow::Result<Network> {
    let document: toml::Table = GUANGXI.parse()?;
    let tables = document.get("station").and_then(toml::Value::as_array);
    let stations = tables.context("it has stations")?.iter().map(station);
    let stations = stations.collect::<anyhow::Result<_>>()?;
    Ok(Network { name: "Guangxi".to_owned(), stations })
}

fn station(table: &toml::Value) -> anyhow::Result<NetworkStation> {
    let number = |key: &str| {
        let value = table.get(key).with_context(|| format!("a station has a {key}"))?;
        let whole = value.as_integer().map(|n| n as f64);
        value.as_float().or(whole).with_context(|| format!("{key} is a number"))
    };
    let name = table.get("name").and_then(toml::Value::as_str).context("a station has a name")?;
    let place = Geodetic::from_degrees(
        number("latitude_deg")?,
        number("longitude_deg")?,
        number("height_m")?,
    );
    Ok(NetworkStation { name: name.parse()?, place, region: String::new() })
}
