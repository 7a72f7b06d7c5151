//! Ports: each station of a live world as a TCP port, from which it is pulled like a receiver in the field.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tianshu_ingest::sockets::{listen, set_options};
use tianshu_simulator::link::{Delivered, Delivery};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout};

use crate::simulate::live::LiveStation;
use crate::simulate::pace::Pace;

/// Readers of one station at the same time: a service, its standby, and a few curious people.
const READERS_MAX: usize = 8;
/// A reader that takes nothing for so long is let go; the others of that station wait for it no longer.
const SLOW_READER_MAX: Duration = Duration::from_secs(2);

/// The ports of all stations, open, in the order of the stations.
pub(crate) struct Ports(Vec<TcpListener>);

impl Ports {
    /// Opens `count` ports from `first` on; from port 0, any that are free. Must be called within a runtime.
    pub(crate) fn open(first: SocketAddr, count: usize) -> io::Result<Self> {
        let mut ports = Vec::new();
        let mut address = first;
        for number in 0..count {
            if first.port() != 0 {
                let number = u16::try_from(number).ok();
                let port = number.and_then(|number| first.port().checked_add(number));
                let beyond = || io::Error::other("there is no port beyond 65535");
                address.set_port(port.ok_or_else(beyond)?);
            }
            let at = |error: io::Error| {
                io::Error::new(error.kind(), format!("cannot listen at {address}: {error}"))
            };
            ports.push(listen(address).map_err(at)?);
        }
        Ok(Self(ports))
    }

    /// Where they are.
    pub(crate) fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        self.0.iter().map(TcpListener::local_addr).collect()
    }

    /// Serves each station at its port, until the world ends and all that it sent is delivered.
    pub(crate) fn serve(self, stations: Vec<LiveStation>, pace: Pace) -> JoinSet<()> {
        let mut serving = JoinSet::new();
        for (listener, station) in self.0.into_iter().zip(stations) {
            serving.spawn(serve(listener, station, pace));
        }
        serving
    }
}

/// A station's port.
struct Port {
    readers: Vec<TcpStream>,
    is_cut: bool,
}

async fn serve(listener: TcpListener, station: LiveStation, pace: Pace) {
    let LiveStation { name, mut deliveries } = station;
    let mut port = Port { readers: Vec::new(), is_cut: false };
    let mut next: Option<Delivery> = None;
    loop {
        let step = async {
            match &next {
                Some(delivery) => {
                    sleep_until(pace.due(delivery.at)).await;
                    Step::Due
                }
                None => Step::Taken(deliveries.recv().await),
            }
        };
        tokio::select! {
            step = step => match step {
                Step::Due => {
                    if let Some(delivery) = next.take() {
                        port.deliver(delivery).await;
                    }
                }
                Step::Taken(Some(delivery)) => next = Some(delivery),
                Step::Taken(None) => return,
            },
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => port.welcome(stream),
                Err(error) => tracing::debug!(station = %name, "a reader could not be accepted: {error}"),
            },
        }
    }
}

enum Step {
    Due,
    Taken(Option<Delivery>),
}

impl Port {
    /// Takes a reader in, unless the link is cut, when nobody would be there.
    fn welcome(&mut self, stream: TcpStream) {
        if !self.is_cut && self.readers.len() < READERS_MAX && set_options(&stream).is_ok() {
            self.readers.push(stream);
        }
    }

    async fn deliver(&mut self, delivery: Delivery) {
        match delivery.what {
            Delivered::Restored => self.is_cut = false,
            Delivered::Cut => {
                self.is_cut = true;
                self.readers.clear();
            }
            Delivered::Bytes(bytes) => {
                let mut kept = Vec::with_capacity(self.readers.len());
                for mut reader in self.readers.drain(..) {
                    if let Ok(Ok(())) = timeout(SLOW_READER_MAX, reader.write_all(&bytes)).await {
                        kept.push(reader);
                    }
                }
                self.readers = kept;
            }
        }
    }
}
