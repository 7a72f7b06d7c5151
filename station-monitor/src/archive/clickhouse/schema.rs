//! The tables in ClickHouse, alone or on a cluster. Applied by `tianshu archive migrate`; each statement may be repeated.

use crate::archive::clickhouse::connection::ClickHouseConfig;

/// The layout that this program writes.
pub const LAYOUT: u32 = 1;

/// How many inserts a table remembers by their token. One delivery is under way at a time, every ten seconds or so; this is a
/// day of them, and a delivery that is not known to have arrived is repeated within minutes.
const DEDUPLICATION_WINDOW: u32 = 10_000;
/// For how long a replicated table remembers them, s: a week, for a service that was away.
const DEDUPLICATION_WINDOW_S: u32 = 604_800;

/// For how many days rows are kept; none for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Observations, and the raw frames beside them.
    pub observation_days: Option<u32>,
    /// Figures of minutes.
    pub minute_days: Option<u32>,
    /// Figures of hours. Those of days are kept for ever.
    pub hour_days: Option<u32>,
}

/// A table: its name, its columns, its engine, and how it is ordered.
struct Table {
    name: &'static str,
    columns: &'static str,
    engine: &'static str,
    order: &'static str,
}

/// Neighbours in the order of the table are one signal of one satellite from second to second, so differences of differences
/// of time and phase are small, and so are differences of the rest.
const OBSERVATIONS: Table = Table {
    name: "observations",
    columns: "time DateTime64(9, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    station LowCardinality(String),
    satellite LowCardinality(String),
    signal LowCardinality(String),
    glonass_channel Nullable(Int8) CODEC(ZSTD(1)),
    code_mm Nullable(Int64) CODEC(DoubleDelta, ZSTD(1)),
    phase_millicycles Nullable(Int64) CODEC(DoubleDelta, ZSTD(1)),
    doppler_millihertz Nullable(Int32) CODEC(Delta, ZSTD(1)),
    cn0_sixteenths Nullable(Int16) CODEC(Delta, ZSTD(1)),
    lock_ms Nullable(Int32) CODEC(DoubleDelta, ZSTD(1)),
    half_cycle_ambiguous UInt8 CODEC(ZSTD(1))",
    engine: "MergeTree",
    order: "(station, toStartOfHour(time), satellite, signal, time)",
};

/// A figure that comes again takes the place of the earlier one. An empty satellite or signal stands for all.
const QUALITY: Table = Table {
    name: "quality",
    columns: "time DateTime64(9, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    station LowCardinality(String),
    resolution LowCardinality(String),
    satellite LowCardinality(String),
    signal LowCardinality(String),
    metric LowCardinality(String),
    value_millionths Int64 CODEC(Delta, ZSTD(1))",
    engine: "ReplacingMergeTree",
    order: "(metric, resolution, station, satellite, signal, time)",
};

/// The statements that make the tables, in order.
pub fn statements(config: &ClickHouseConfig, retention: Retention) -> Vec<String> {
    let database = &config.database;
    let on_cluster =
        config.cluster.as_ref().map_or(String::new(), |c| format!(" ON CLUSTER '{c}'"));
    let mut all = vec![
        format!("CREATE DATABASE IF NOT EXISTS {database}{on_cluster}"),
        format!(
            "CREATE TABLE IF NOT EXISTS {database}.layout{on_cluster} (version UInt32)
ENGINE = {} ORDER BY version",
            engine(config, "ReplacingMergeTree", "layout")
        ),
    ];
    for table in [&OBSERVATIONS, &QUALITY] {
        let local = local_name(config, table.name);
        all.push(format!(
            "CREATE TABLE IF NOT EXISTS {database}.{local}{on_cluster} (
    {}
)
ENGINE = {}
PARTITION BY toDate(time)
ORDER BY {}
SETTINGS {}",
            table.columns,
            engine(config, table.engine, table.name),
            table.order,
            window(config),
        ));
        let ttl = ttl(table.name, retention);
        // A limit that is not configured any more is left as it is: to keep less is easy, to have kept more is not.
        if !ttl.is_empty() {
            all.push(format!("ALTER TABLE {database}.{local}{on_cluster} MODIFY TTL {ttl}"));
        }
        if let Some(cluster) = &config.cluster {
            let name = table.name;
            all.push(format!(
                "CREATE TABLE IF NOT EXISTS {database}.{name}{on_cluster} AS {database}.{local}
ENGINE = Distributed('{cluster}', '{database}', '{local}', cityHash64(station))"
            ));
        }
    }
    all
}

fn local_name(config: &ClickHouseConfig, name: &str) -> String {
    if config.cluster.is_some() { format!("{name}_local") } else { name.to_owned() }
}

/// The engine; replicated on a cluster, whose servers know their shard and replica by the usual macros.
fn engine(config: &ClickHouseConfig, engine: &str, table: &str) -> String {
    if config.cluster.is_none() {
        return engine.to_owned();
    }
    let database = &config.database;
    format!("Replicated{engine}('/clickhouse/tables/{{shard}}/{database}/{table}', '{{replica}}')")
}

fn window(config: &ClickHouseConfig) -> String {
    if config.cluster.is_some() {
        format!(
            "replicated_deduplication_window = {DEDUPLICATION_WINDOW}, replicated_deduplication_window_seconds = {DEDUPLICATION_WINDOW_S}"
        )
    } else {
        format!("non_replicated_deduplication_window = {DEDUPLICATION_WINDOW}")
    }
}

fn ttl(table: &str, retention: Retention) -> String {
    let after = |days: u32| format!("toDate(time) + INTERVAL {days} DAY DELETE");
    if table == OBSERVATIONS.name {
        return retention.observation_days.map(after).unwrap_or_default();
    }
    let figures = [("minute", retention.minute_days), ("hour", retention.hour_days)];
    let rules: Vec<String> = figures
        .iter()
        .filter_map(|(name, days)| Some(format!("{} WHERE resolution = '{name}'", after((*days)?))))
        .collect();
    rules.join(", ")
}
