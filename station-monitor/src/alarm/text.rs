//! The words of a message, Chinese and English: what, where, since when, and what to do.

use std::fmt::Write;

use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::utc::Utc;

use crate::alarm::group::{Message, Says};
use crate::alarm::kind::{Detail, Kind, Severity};
use crate::alarm::machine::Alarm;
use crate::quality::site_log::{Mismatch, Part};

/// In which language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Chinese, times of Beijing.
    Chinese,
    /// English, times of UTC.
    English,
}

/// A message in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// One line.
    pub title: String,
    /// Some lines.
    pub body: String,
}

/// Stations that a message names one by one; of more it tells how many.
const NAMED_MAX: usize = 20;
/// Beijing time is ahead of UTC by eight hours all the year.
const BEIJING: Interval = Interval::from_seconds(8 * 3_600);

/// Says a message.
pub fn words(message: &Message, language: Language) -> Words {
    let (what, advice) = of_kind(message.kind, language);
    let names = names(&message.alarms, language);
    let state = state(message, language);
    let title = match language {
        Language::Chinese => format!("【{state}】{names}{what}"),
        Language::English => format!("[{state}] {names}{what}"),
    };
    let mut body = String::new();
    for alarm in message.alarms.iter().take(NAMED_MAX) {
        line(&mut body, alarm, language);
    }
    let more = message.alarms.len().saturating_sub(NAMED_MAX);
    match (language, more) {
        (_, 0) => {}
        (Language::Chinese, _) => writeln_to(&mut body, format_args!("另有 {more} 个。")),
        (Language::English, _) => writeln_to(&mut body, format_args!("and {more} more.")),
    }
    if message.says != Says::Resolved {
        match language {
            Language::Chinese => writeln_to(&mut body, format_args!("处理：{advice}")),
            Language::English => writeln_to(&mut body, format_args!("To do: {advice}")),
        }
    }
    Words { title, body }
}

/// The particulars of an alarm in words; empty where there are none.
pub fn detail(alarm: &Alarm, language: Language) -> String {
    let chinese = language == Language::Chinese;
    match &alarm.detail {
        Detail::Plain => String::new(),
        Detail::Silence { for_s: None, .. } if chinese => "启动以来从未收到".to_owned(),
        Detail::Silence { for_s: None, .. } => "never heard since the start".to_owned(),
        Detail::Silence { for_s: Some(s), link } => {
            let mut text = if chinese {
                format!("已 {s} 秒无数据")
            } else {
                format!("nothing for {s} s")
            };
            if let Some(link) = link {
                let _ = if chinese {
                    write!(text, "，链路：{link}")
                } else {
                    write!(text, ", link: {link}")
                };
            }
            text
        }
        Detail::Beyond { value, limit, unit, signal } => {
            let signal =
                signal.map_or(String::new(), |s| format!("{}{s} ", s.constellation().letter()));
            let limit_word = if chinese { "限值" } else { "limit" };
            format!("{signal}{value:.2} {unit} ({limit_word} {limit:.2} {unit})").replace("  ", " ")
        }
        Detail::Words(words) => words.clone(),
        Detail::Offset([east, north, up]) => {
            let [e, n, u] = [east, north, up].map(|m| 1e3 * m);
            if chinese {
                format!("东 {e:.0} mm，北 {n:.0} mm，高 {u:.0} mm")
            } else {
                format!("{e:.0} mm east, {n:.0} mm north, {u:.0} mm up")
            }
        }
        Detail::Differs(mismatch) => difference(mismatch, chinese),
        Detail::Count(count) => count.to_string(),
    }
}

fn difference(mismatch: &Mismatch, chinese: bool) -> String {
    match mismatch {
        Mismatch::Place { apart_m } if chinese => format!("数据流坐标与配置相差 {apart_m:.3} m"),
        Mismatch::Place { apart_m } => {
            format!("the stream tells a place {apart_m:.3} m from the configured one")
        }
        Mismatch::AntennaHeight { told_m, known_m } if chinese => {
            format!("数据流天线高 {told_m:.4} m，配置为 {known_m:.4} m")
        }
        Mismatch::AntennaHeight { told_m, known_m } => {
            format!(
                "the stream tells an antenna height of {told_m:.4} m, configured is {known_m:.4} m"
            )
        }
        Mismatch::Name { part, told, known } => {
            let (zh, en) = match part {
                Part::Antenna => ("天线", "antenna"),
                Part::AntennaSerial => ("天线序列号", "antenna serial number"),
                Part::Receiver => ("接收机", "receiver"),
            };
            if chinese {
                format!("数据流{zh}为“{told}”，配置为“{known}”")
            } else {
                format!("the stream names the {en} {told:?}, configured is {known:?}")
            }
        }
    }
}

fn state(message: &Message, language: Language) -> &'static str {
    let severity = message.kind.severity();
    match (language, message.says) {
        (Language::Chinese, Says::Resolved) => "恢复",
        (Language::English, Says::Resolved) => "resolved",
        (Language::Chinese, Says::Reminder) => "未处理",
        (Language::English, Says::Reminder) => "still on",
        (Language::Chinese, Says::Raised) => match severity {
            Severity::Critical => "严重",
            Severity::Warning => "警告",
            Severity::Notice => "提示",
        },
        (Language::English, Says::Raised) => severity.name(),
    }
}

/// The stations of a message, for its title; empty for what has none.
fn names(alarms: &[Alarm], language: Language) -> String {
    let names: Vec<&str> =
        alarms.iter().filter_map(|a| Some(a.key.station.as_ref()?.as_str())).collect();
    match (names.as_slice(), language) {
        ([], _) => String::new(),
        ([one], Language::Chinese) => format!("{one} "),
        ([one], Language::English) => format!("{one}: "),
        (many, Language::Chinese) => format!("{} 个基准站", many.len()),
        (many, Language::English) => format!("{} stations: ", many.len()),
    }
}

fn line(body: &mut String, alarm: &Alarm, language: Language) {
    let of = alarm.key.station.as_ref().map_or("", |station| station.as_str());
    let detail = detail(alarm, language);
    let (since, until) = (time(alarm.since, language), alarm.until.map(|t| time(t, language)));
    let chinese = language == Language::Chinese;
    let mut text = match (chinese, until) {
        (true, None) => format!("{of} 自 {since} 起"),
        (true, Some(until)) => format!("{of} {since} 至 {until}"),
        (false, None) => format!("{of} since {since}"),
        (false, Some(until)) => format!("{of} from {since} until {until}"),
    };
    if !detail.is_empty() && alarm.until.is_none() {
        text.push_str(if chinese { "，" } else { ", " });
        text.push_str(&detail);
    }
    if alarm.flapping {
        text.push_str(if chinese { "，反复出现" } else { ", comes and goes" });
    }
    writeln_to(body, format_args!("{} (#{})", text.trim_start(), alarm.id));
}

/// A moment as operators read it.
pub fn time(at: GpsTime, language: Language) -> String {
    let (at, zone) = match language {
        Language::Chinese => (at + BEIJING, " 北京时间"),
        Language::English => (at, " UTC"),
    };
    let c = Utc::from(at).civil();
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}{zone}",
        c.year, c.month, c.day, c.hour, c.minute, c.second
    )
}

fn writeln_to(body: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(body, "{text}").expect("a text takes every text");
}

/// What it is, and what to do about it.
/// What is wrong, in a few words.
pub fn title(kind: Kind, language: Language) -> &'static str {
    of_kind(kind, language).0
}

fn of_kind(kind: Kind, language: Language) -> (&'static str, &'static str) {
    match language {
        Language::Chinese => in_chinese(kind),
        Language::English => in_english(kind),
    }
}

fn in_chinese(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Blind => (
            "监测系统收不到任何基准站数据",
            "检查数据中心自身的网络、交换机和防火墙，而不是各个基准站。",
        ),
        Kind::NetworkStopped => {
            ("网络解算停止", "基准站数据正常而解算无输出：查看服务日志，必要时重启服务。")
        }
        Kind::EventsLost => {
            ("监测处理不及，丢失事件", "检查服务器负载；相关时段的质量统计不完整。")
        }
        Kind::Silent => {
            ("无数据", "检查供电、通信线路和接收机；多站同时中断时先查共用的路由器或专线。")
        }
        Kind::Moved => (
            "位置与坐标不符，已退出网络解算",
            "检查天线是否移动或更换、坐标是否录入有误；确认前不要使用该站。",
        ),
        Kind::TimeWrong => {
            ("观测时间错误", "接收机时间停滞或日期错误：重启接收机，检查固件的周数翻转问题。")
        }
        Kind::Drifted => {
            ("小时坐标超限", "核对坐标与框架，检查天线墩的稳定性；持续超限应重新测定坐标。")
        }
        Kind::Late => ("数据延迟过大", "检查通信线路的带宽、丢包与转发环节。"),
        Kind::Incomplete => ("历元缺失", "检查通信线路丢包和接收机输出设置。"),
        Kind::FewSatellites => ("跟踪卫星偏少", "检查遮挡、天线馈线、接收机跟踪设置以及干扰。"),
        Kind::Slips => ("周跳偏多", "检查干扰、馈线接头和遮挡；若多站同时出现，多为电离层闪烁。"),
        Kind::Multipath => ("多路径偏大", "检查天线周围新增的反射物、积水或积雪。"),
        Kind::Weak => ("信号变弱", "检查干扰、馈线、避雷器和天线；多站同时出现时怀疑区域性干扰。"),
        Kind::PlaceDiffers => {
            ("数据流坐标与配置不符", "核对接收机中设置的坐标、天线高与站点日志。")
        }
        Kind::EquipmentDiffers => {
            ("数据流设备信息与配置不符", "核对是否更换过设备，更新站点日志或接收机设置。")
        }
    }
}

fn in_english(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Blind => (
            "the monitor receives no station at all",
            "look at the centre's own network, switches and firewall, not at the stations.",
        ),
        Kind::NetworkStopped => (
            "the network is not solved",
            "stations are heard and the solver tells nothing: read the service's log, restart it if need be.",
        ),
        Kind::EventsLost => (
            "the monitor does not keep up and lost events",
            "look at the load of the machine; figures of that time are not complete.",
        ),
        Kind::Silent => (
            "no data",
            "check power, line and receiver; where several stop at once, the router or line they share.",
        ),
        Kind::Moved => (
            "not where its coordinates are, taken out of the network",
            "check whether the antenna was moved or changed and whether the coordinates are right; do not use the station until then.",
        ),
        Kind::TimeWrong => (
            "time tags are wrong",
            "its clock stands still or has the wrong date: restart the receiver, look for a week rollover of its firmware.",
        ),
        Kind::Drifted => (
            "hourly position is off its coordinates",
            "compare coordinates and frame, check the monument; if it lasts, determine the coordinates anew.",
        ),
        Kind::Late => {
            ("data come late", "check the line's bandwidth and losses, and what relays it.")
        }
        Kind::Incomplete => {
            ("epochs are missing", "check the line for losses, and what the receiver sends.")
        }
        Kind::FewSatellites => (
            "fewer satellites than usual",
            "check obstructions, antenna cable, tracking settings, and for jamming.",
        ),
        Kind::Slips => (
            "more slips than usual",
            "check for jamming, plugs and obstructions; at several stations at once it is scintillation.",
        ),
        Kind::Multipath => (
            "more multipath than usual",
            "look for new reflectors, water or snow around the antenna.",
        ),
        Kind::Weak => (
            "signals are weaker than usual",
            "check for jamming, cable, surge arrester and antenna; at several stations at once suspect jamming.",
        ),
        Kind::PlaceDiffers => (
            "the stream tells another place than the configuration",
            "compare coordinates and antenna height in the receiver with the site log.",
        ),
        Kind::EquipmentDiffers => (
            "the stream names other equipment than the configuration",
            "find out whether it was changed; bring the site log or the receiver up to date.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::kind::Key;

    fn silent(id: u64, name: &str) -> Alarm {
        Alarm {
            id,
            key: Key { kind: Kind::Silent, station: Some(name.parse().unwrap()) },
            detail: Detail::Silence { for_s: Some(15), link: Some("silent for 60 s".to_owned()) },
            // 2026-03-20 02:00:18 GPS time.
            since: GpsTime::from_week(2410, Interval::from_seconds(5 * 86_400 + 7_218)),
            until: None,
            acknowledged: None,
            flapping: false,
        }
    }

    #[test]
    fn one_station_is_told_in_both_languages() {
        let message =
            Message { says: Says::Raised, kind: Kind::Silent, alarms: vec![silent(7, "NANNING")] };
        let english = words(&message, Language::English);
        assert_eq!(english.title, "[critical] NANNING: no data");
        let first = "NANNING since 2026-03-20 02:00:00 UTC, nothing for 15 s, link: silent for 60 s (#7)\nTo do: check power";
        assert!(english.body.starts_with(first), "{}", english.body);
        let chinese = words(&message, Language::Chinese);
        assert_eq!(chinese.title, "【严重】NANNING 无数据");
        assert!(
            chinese.body.starts_with("NANNING 自 2026-03-20 10:00:00 北京时间 起，已 15 秒无数据")
        );
    }

    #[test]
    fn a_hundred_stations_are_one_short_message() {
        let alarms = (0..100).map(|i| silent(i, &format!("S{i:03}"))).collect();
        let message = Message { says: Says::Raised, kind: Kind::Silent, alarms };
        let english = words(&message, Language::English);
        assert_eq!(english.title, "[critical] 100 stations: no data");
        assert_eq!(english.body.lines().count(), 22);
        assert!(english.body.contains("and 80 more."));
    }

    #[test]
    fn every_kind_has_words_of_its_own() {
        for language in [Language::Chinese, Language::English] {
            let mut all: Vec<_> = Kind::ALL.iter().map(|k| of_kind(*k, language)).collect();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), Kind::ALL.len());
        }
    }

    #[test]
    fn what_is_over_needs_nothing_done() {
        let over = Alarm { until: Some(GpsTime::from_nanos(0)), ..silent(1, "A") };
        let message = Message { says: Says::Resolved, kind: Kind::Silent, alarms: vec![over] };
        let text = words(&message, Language::English);
        assert_eq!(text.title, "[resolved] A: no data");
        assert!(!text.body.contains("To do"));
    }
}
