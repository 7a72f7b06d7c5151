//! The sentences, Chinese and English: what is wrong, and what to do.

use tianshu_station_monitor::alarm::text::Language;

use crate::web::why::{Code, Finding, State, Step};

/// One plain sentence.
pub(crate) fn sentence(found: &Finding, language: Language) -> String {
    let figure = found.figure;
    let whole = |what: &str| figure.map(|f| what.replace("{}", &format!("{f:.0}")));
    match language {
        Language::Chinese => chinese(found.code, &whole, found.said.as_deref()),
        Language::English => english(found.code, &whole, found.said.as_deref()),
    }
}

type Whole<'a> = &'a dyn Fn(&str) -> Option<String>;

fn chinese(code: Code, whole: Whole<'_>, said: Option<&str>) -> String {
    if let Some((told, otherwise)) = chinese_with_figure(code) {
        return whole(told).unwrap_or_else(|| otherwise.to_owned());
    }
    let plain = match code {
        Code::Fixed => "流动站已得到固定解，一切正常。",
        Code::NoPosition => {
            "流动站没有发送位置（GGA）：请在流动站打开“发送 GGA”，间隔 5 至 10 秒。"
        }
        Code::NoReceiverFix => {
            "流动站自身还没有定位（GGA 质量为 0）：请移到开阔处，等接收机先得到单点定位。"
        }
        Code::WrongPassword => "密码错误：请核对流动站里填写的密码，注意大小写。",
        Code::UnknownAccount => {
            "没有这个账号，或流动站没有填写账号：请核对用户名，或向账号管理员申请。"
        }
        Code::Expired => "账号已到期：请联系账号管理员延期。",
        Code::Disabled => "账号已停用，或密码、权限刚被更改：请联系账号管理员。",
        Code::NotYetValid => "账号尚未生效：请核对生效日期，或联系账号管理员。",
        Code::NoRight => "该账号无权使用这个挂载点：请改用允许的挂载点，或联系账号管理员。",
        Code::TooManySessions => "该账号同时在线数已满：请先断开另一台设备，或申请增加并发数。",
        Code::LockedOut => "错误密码次数过多，账号或地址被暂时锁定：请核对密码，等几分钟后再试。",
        Code::AccountArea => "流动站在该账号允许的区域之外：请联系账号管理员调整区域。",
        Code::OfflineMountpoint => "没有这个挂载点，或它现在没有数据：请从源列表中另选一个挂载点。",
        Code::NotReading => {
            "流动站不接收已发出的数据，服务端已开始丢弃：请检查流动站的网络信号和数据流量。"
        }
        Code::SingleOnly => {
            "流动站收到了改正数却没有使用，仍是单点解：请检查差分数据格式（RTCM 3）、差分口和 RTK 是否打开。"
        }
        Code::Ended => {
            return format!("会话已结束：{}。请在流动站重新连接。", ended_in_chinese(said));
        }
        Code::Refused => return format!("连接被拒绝：{}。", said.unwrap_or("原因不明")),
        Code::OutsideArea
        | Code::StaleStation
        | Code::FewSatellites
        | Code::IonosphereWithheld
        | Code::FloatOnly
        | Code::Starting
        | Code::Silent => "",
    };
    plain.to_owned()
}

/// Sentences with a number in them, and without one where it is not known.
fn chinese_with_figure(code: Code) -> Option<(&'static str, &'static str)> {
    Some(match code {
        Code::OutsideArea => (
            "流动站在服务区之外，最近的可用基准站在 {} 公里外：请移到服务区内，或改用单站挂载点。",
            "流动站在服务区之外：请移到服务区内。",
        ),
        Code::StaleStation => (
            "为流动站服务的基准站已 {} 秒没有数据：运维人员正在收到告警，恢复前可改用其他挂载点。",
            "为流动站服务的基准站没有数据：运维人员正在收到告警，恢复前可改用其他挂载点。",
        ),
        Code::FewSatellites => (
            "流动站与基准站的共视卫星只有 {} 颗，不足以固定：请移到开阔处，降低高度角限制，并打开全部系统。",
            "共视卫星太少，不足以固定：请移到开阔处。",
        ),
        Code::IonosphereWithheld => (
            "流动站上空电离层剧烈变化，{} 颗卫星的改正数被暂停播发：请等待，或在电离层平静后再测。",
            "流动站上空电离层剧烈变化，部分改正数被暂停播发：请等待。",
        ),
        Code::FloatOnly => (
            "流动站使用了改正数但仍是浮点解（差分龄期 {} 秒）：请移到开阔处，远离遮挡和反射物，再等一两分钟。",
            "流动站使用了改正数但仍是浮点解：请移到开阔处，远离遮挡和反射物，再等一两分钟。",
        ),
        Code::Starting => {
            ("流动站 {} 秒前刚连接，正在初始化：请稍等。", "流动站刚连接，正在初始化：请稍等。")
        }
        Code::Silent => (
            "流动站已 {} 秒没有发送位置：请检查流动站是否还在工作，GGA 是否仍在发送。",
            "流动站不再发送位置。",
        ),
        _ => return None,
    })
}

/// The log's words stand behind the Chinese ones, so that both can be searched for.
fn ended_in_chinese(said: Option<&str>) -> String {
    match said {
        Some("the peer closed the connection") => "流动站断开了连接".to_owned(),
        Some("the caster stops") => "服务正在停止".to_owned(),
        Some(other) => format!("连接中断（{other}）"),
        None => "原因不明".to_owned(),
    }
}

fn english(code: Code, whole: Whole<'_>, said: Option<&str>) -> String {
    if let Some((told, otherwise)) = english_with_figure(code) {
        return whole(told).unwrap_or_else(|| otherwise.to_owned());
    }
    let plain = match code {
        Code::Fixed => "The rover has a fixed solution; all is well.",
        Code::NoPosition => {
            "The rover tells no position (GGA): switch \"send GGA\" on in the rover, every 5 to 10 s."
        }
        Code::NoReceiverFix => {
            "The rover has no position of its own yet (GGA quality 0): move to open sky and wait for its single-point position."
        }
        Code::WrongPassword => {
            "The password is wrong: compare what was typed into the rover, capital letters too."
        }
        Code::UnknownAccount => {
            "There is no such account, or the rover names none: compare the user name, or ask the account manager for an account."
        }
        Code::Expired => "The account has expired: ask the account manager to prolong it.",
        Code::Disabled => {
            "The account was disabled, or its password or rights were changed: ask the account manager."
        }
        Code::NotYetValid => {
            "The account is not valid yet: look at its first day, or ask the account manager."
        }
        Code::NoRight => {
            "The account may not use this mountpoint: choose one that it may use, or ask the account manager."
        }
        Code::TooManySessions => {
            "The account is in use as often as it may be: disconnect another device, or ask for more sessions."
        }
        Code::LockedOut => {
            "Too many wrong passwords: the account or the address is locked for some minutes; compare the password, then try again."
        }
        Code::AccountArea => {
            "The rover is outside the area of its account: ask the account manager to change the area."
        }
        Code::OfflineMountpoint => {
            "There is no such mountpoint, or it has no data now: choose another one from the sourcetable."
        }
        Code::NotReading => {
            "The rover does not take the data that are sent, and frames are dropped: look at its network signal and its data allowance."
        }
        Code::SingleOnly => {
            "The rover receives corrections and does not use them: look whether its correction input expects RTCM 3 and whether RTK is switched on."
        }
        Code::Ended => {
            return format!(
                "The session has ended: {}. Connect the rover again.",
                said.unwrap_or("nobody knows why")
            );
        }
        Code::Refused => {
            return format!("The rover was refused: {}.", said.unwrap_or("nobody knows why"));
        }
        Code::OutsideArea
        | Code::StaleStation
        | Code::FewSatellites
        | Code::IonosphereWithheld
        | Code::FloatOnly
        | Code::Starting
        | Code::Silent => "",
    };
    plain.to_owned()
}

/// Sentences with a number in them, and without one where it is not known.
fn english_with_figure(code: Code) -> Option<(&'static str, &'static str)> {
    Some(match code {
        Code::OutsideArea => (
            "The rover is outside the service area; the nearest usable station is {} km away: move into the area, or use the mountpoint of one station.",
            "The rover is outside the service area: move into it.",
        ),
        Code::StaleStation => (
            "The station that serves the rover has sent nothing for {} s: the operators are being alarmed; use another mountpoint until it is back.",
            "No station that could serve the rover sends anything: the operators are being alarmed; use another mountpoint until it is back.",
        ),
        Code::FewSatellites => (
            "Rover and base have only {} satellites in common, too few to fix: move to open sky, lower the elevation mask, and switch all systems on.",
            "Too few satellites in common to fix: move to open sky.",
        ),
        Code::IonosphereWithheld => (
            "The ionosphere over the rover is too rough; corrections of {} satellites are withheld: wait, or measure when it is quiet again.",
            "The ionosphere over the rover is too rough, and corrections are withheld: wait.",
        ),
        Code::FloatOnly => (
            "The rover uses corrections and has not fixed its integers (age {} s): move to open sky, away from obstructions and reflectors, and wait a minute or two.",
            "The rover uses corrections and has not fixed its integers: move to open sky, away from obstructions and reflectors, and wait a minute or two.",
        ),
        Code::Starting => (
            "The rover came {} s ago and is only beginning: wait a moment.",
            "The rover is only beginning: wait a moment.",
        ),
        Code::Silent => (
            "The rover has told no position for {} s: look whether it still works and still sends GGA.",
            "The rover tells no position any more.",
        ),
        _ => return None,
    })
}

/// A step in a few words.
pub(crate) fn step_text(step: Step, state: State, language: Language) -> &'static str {
    match language {
        Language::Chinese => step_in_chinese(step, state),
        Language::English => step_in_english(step, state),
    }
}

fn step_in_chinese(step: Step, state: State) -> &'static str {
    match (step, state) {
        (Step::Login, State::Ok) => "账号已验证，允许接入",
        (Step::Login, _) => "账号或挂载点",
        (Step::Position, State::Ok) => "已发送位置（GGA）",
        (Step::Position, _) => "位置（GGA）",
        (Step::Area, State::Ok) => "在服务区内",
        (Step::Area, _) => "服务区",
        (Step::Station, State::Ok) => "基准站数据正常",
        (Step::Station, _) => "基准站数据",
        (Step::Satellites, State::Ok) => "共视卫星充足",
        (Step::Satellites, _) => "共视卫星",
        (Step::Ionosphere, State::Ok) => "电离层可以改正",
        (Step::Ionosphere, _) => "电离层",
        (Step::Delivery, State::Ok) => "数据已送达",
        (Step::Delivery, _) => "数据送达",
        (Step::Fix, State::Ok) => "固定解",
        (Step::Fix, _) => "固定模糊度",
    }
}

fn step_in_english(step: Step, state: State) -> &'static str {
    match (step, state) {
        (Step::Login, State::Ok) => "account recognised, let in",
        (Step::Login, _) => "account or mountpoint",
        (Step::Position, State::Ok) => "position told (GGA)",
        (Step::Position, _) => "position (GGA)",
        (Step::Area, State::Ok) => "inside the service area",
        (Step::Area, _) => "service area",
        (Step::Station, State::Ok) => "station data are fresh",
        (Step::Station, _) => "station data",
        (Step::Satellites, State::Ok) => "enough satellites in common",
        (Step::Satellites, _) => "satellites in common",
        (Step::Ionosphere, State::Ok) => "the ionosphere can be corrected",
        (Step::Ionosphere, _) => "ionosphere",
        (Step::Delivery, State::Ok) => "data arrive",
        (Step::Delivery, _) => "delivery of data",
        (Step::Fix, State::Ok) => "integers are fixed",
        (Step::Fix, _) => "fixing integers",
    }
}
