//! TCP links: a receiver or converter that serves its stream on a port, which we open.

use tianshu_gnss::event::DownReason;

use crate::dial::keep_up;
use crate::shell::Shell;
use crate::sockets::connect;

/// Where the stream is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpConfig {
    /// Host name or address; an IPv6 address without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
}

pub(crate) async fn run(shell: &mut Shell, config: TcpConfig) {
    let TcpConfig { host, port } = config;
    keep_up(shell, || async {
        connect(&host, port)
            .await
            .map_err(|error| DownReason::Closed(format!("{host}:{port}: {error}")))
    })
    .await;
}
