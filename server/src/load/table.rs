//! What to load where no mountpoint is named: those that the caster's sourcetable offers.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tianshu_ntrip::client::request::{Caster, Errand};
use tianshu_ntrip::client::session::{ClientEvent, ClientSession};
use tianshu_ntrip::findings::Findings;
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_ntrip::sourcetable::Sourcetable;
use tianshu_ntrip::sourcetable::record::{Authentication, RecordKind};
use tianshu_ntrip::sourcetable::stream::StreamEntry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::load::plan::{Account, Plan};

/// How long the caster may take to send a table with a stream in it: as long as a rover's connection and its answer may.
const TABLE_MAX: Duration = Duration::from_secs(10);
/// A caster that has just started lists its streams as they come on the air: asking this often loses little time.
const ASK_AGAIN: Duration = Duration::from_millis(250);
/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;

/// The mountpoints that the rovers of the plan may read, in the table's order.
pub(crate) async fn mounts(plan: &Plan) -> anyhow::Result<Vec<Mountpoint>> {
    let caster = plan.caster;
    let table = timeout(TABLE_MAX, on_air(plan))
        .await
        .with_context(|| format!("{caster} listed no stream within {TABLE_MAX:?}"))??;
    let mounts = readable(&table, &plan.account);
    ensure!(
        !mounts.is_empty(),
        "all streams in the sourcetable of {caster} need an account: name one with --user and --password"
    );
    Ok(mounts)
}

/// The first table that lists a stream.
async fn on_air(plan: &Plan) -> anyhow::Result<Sourcetable> {
    loop {
        let table = fetch(plan).await?;
        if table.records().iter().any(|record| record.kind() == RecordKind::Stream) {
            return Ok(table);
        }
        sleep(ASK_AGAIN).await;
    }
}

/// Without an account only what needs none; with one everything, since the table does not tell what it may read.
fn readable(table: &Sourcetable, account: &Account) -> Vec<Mountpoint> {
    let mut findings = Findings::default();
    let anonymous = matches!(account, Account::None);
    table
        .records()
        .iter()
        .filter_map(|record| StreamEntry::read(record, &mut findings))
        .filter(|entry| !anonymous || entry.authentication == Some(Authentication::None))
        .map(|entry| entry.mountpoint)
        .collect()
}

async fn fetch(plan: &Plan) -> anyhow::Result<Sourcetable> {
    let address = plan.caster;
    let caster = Caster {
        host: address.ip().to_string(),
        port: address.port(),
        version: plan.version,
        credentials: plan.account.of(0),
    };
    let mut session = ClientSession::new(caster, Errand::Table { query: None });
    let mut stream = TcpStream::connect(address)
        .await
        .with_context(|| format!("cannot reach the caster at {address}"))?;
    stream.write_all(&session.request()).await?;
    let mut piece = vec![0; READ_BYTES];
    loop {
        let read = stream.read(&mut piece).await?;
        let events = match piece.get(..read) {
            Some([]) | None => session.on_end(),
            Some(bytes) => session.on_bytes(bytes),
        };
        for event in events {
            match event {
                ClientEvent::Table(table) => return Ok(table),
                ClientEvent::Refused(why) => bail!("no sourcetable at {address}: {why}"),
                ClientEvent::Accepted(_) | ClientEvent::Data(_) | ClientEvent::Ended(_) => {}
            }
        }
        ensure!(read > 0, "{address} closed before its sourcetable was whole");
    }
}

#[cfg(test)]
mod tests {
    use tianshu_ntrip::credentials::Credentials;

    use super::*;

    #[track_caller]
    fn check(account: &Account, expected: &[&str]) {
        let text = b"CAS;host;2101;id;op;0;CHN;0.0;0.0;0.0.0.0;0;\r\n\
            STR;OPEN;a;RTCM 3.3;;2;GPS;net;CHN;22.8;108.3;0;0;gen;none;N;N;;\r\n\
            STR;SHUT;b;RTCM 3.3;;2;GPS;net;CHN;22.8;108.3;0;0;gen;none;B;N;;\r\n\
            ENDSOURCETABLE\r\n";
        let table = Sourcetable::parse(text, &mut Findings::default());
        let names: Vec<_> = readable(&table, account).iter().map(ToString::to_string).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn rovers_ask_for_what_they_may_read() {
        check(&Account::None, &["OPEN"]);
        let somebody = Credentials::new("rover", "right").expect("a legal name");
        check(&Account::One(somebody), &["OPEN", "SHUT"]);
    }
}
