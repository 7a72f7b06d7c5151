//! NTRIP links: a caster, ours or another's, from which a station's stream is pulled; over TLS where configured.

use tianshu_gnss::event::DownReason;
use tianshu_ntrip::client::request::Caster;
use tianshu_ntrip::mountpoint::Mountpoint;

use crate::dial::keep_up;
use crate::greeting::{Greeter, NtripGreeter, UpstreamPosition};
use crate::shell::Shell;
use crate::sockets::connect;
use crate::tls::TlsDialer;

/// What is pulled from where.
#[derive(Clone, Debug)]
pub struct NtripConfig {
    /// The caster, the version to speak and who we are there.
    pub caster: Caster,
    /// The stream.
    pub mountpoint: Mountpoint,
    /// A place to tell the caster, for mountpoints that need one.
    pub position: Option<UpstreamPosition>,
    /// TLS, where the caster speaks it.
    pub tls: Option<TlsDialer>,
}

impl NtripConfig {
    pub(crate) fn greeter(&self) -> Greeter {
        let greeter =
            NtripGreeter::new(self.caster.clone(), self.mountpoint.clone(), self.position.clone());
        Greeter::Ntrip(Box::new(greeter))
    }
}

pub(crate) async fn run(shell: &mut Shell, config: NtripConfig) {
    let (host, port) = (config.caster.host, config.caster.port);
    let open = || async {
        let opened = connect(&host, port).await;
        opened.map_err(|error| DownReason::Closed(format!("{host}:{port}: {error}")))
    };
    match config.tls {
        None => keep_up(shell, open).await,
        Some(tls) => keep_up(shell, || async { tls.open(open().await?).await }).await,
    }
}
