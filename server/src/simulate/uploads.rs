//! Uploads: each station of a live world pushes its stream to a caster, as a receiver in the field does by NTRIP.

use std::time::Duration;

use anyhow::{Context, ensure};
use tianshu_gnss::station::StationName;
use tianshu_simulator::link::Delivered;
use tianshu_simulator::network::Network;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::outlet::Outlet;
use crate::simulate::live::LiveStation;
use crate::simulate::pace::Pace;

/// Stands for a station's name in the address that all stations share.
pub(crate) const PLACEHOLDER: &str = "{station}";
/// A station whose upload was lost tries again so much later; what it measures until then is lost.
const AGAIN_AFTER: Duration = Duration::from_secs(3);

/// The uploads of all stations, accepted by the caster, in the order of the stations.
pub(crate) struct Uploads(Vec<Upload>);

/// One station's upload.
struct Upload {
    name: StationName,
    url: String,
    /// The connection; absent while it is lost.
    outlet: Option<Outlet>,
    /// When it may be tried again.
    again: Instant,
}

impl Uploads {
    /// Connects every station. A caster that refuses one refuses the run: only a person can mend that.
    pub(crate) async fn open(url: &str, network: &Network) -> anyhow::Result<Self> {
        ensure!(
            network.stations.len() == 1 || url.contains(PLACEHOLDER),
            "--upload needs {PLACEHOLDER} where the stations' names go, as in ntrip://user:password@host:2101/{PLACEHOLDER}"
        );
        let mut uploads = Vec::with_capacity(network.stations.len());
        for station in &network.stations {
            let url = url.replace(PLACEHOLDER, station.name.as_str());
            let outlet = Outlet::upload(&url)
                .await
                .with_context(|| format!("station {} cannot upload", station.name))?;
            let name = station.name.clone();
            uploads.push(Upload { name, url, outlet: Some(outlet), again: Instant::now() });
        }
        Ok(Self(uploads))
    }

    /// Sends each station's bytes, until the world ends.
    pub(crate) fn serve(self, stations: Vec<LiveStation>, pace: Pace) -> JoinSet<()> {
        let mut serving = JoinSet::new();
        for (upload, station) in self.0.into_iter().zip(stations) {
            serving.spawn(serve(upload, station, pace));
        }
        serving
    }
}

async fn serve(mut upload: Upload, mut station: LiveStation, pace: Pace) {
    while let Some(delivery) = station.deliveries.recv().await {
        sleep_until(pace.due(delivery.at)).await;
        match delivery.what {
            // A cut line says no goodbye.
            Delivered::Cut => upload.outlet = None,
            Delivered::Restored => upload.again = Instant::now(),
            Delivered::Bytes(bytes) => upload.send(&bytes).await,
        }
    }
    if let Some(outlet) = upload.outlet {
        // The world has ended: a caster that has gone already needs no goodbye.
        let _ = outlet.close().await;
    }
}

impl Upload {
    async fn send(&mut self, bytes: &[u8]) {
        if self.outlet.is_none() && self.again <= Instant::now() {
            match Outlet::upload(&self.url).await {
                Ok(outlet) => self.outlet = Some(outlet),
                Err(error) => self.lost(&error),
            }
        }
        if let Some(outlet) = &mut self.outlet
            && let Err(error) = outlet.send(bytes).await
        {
            self.lost(&error);
        }
    }

    fn lost(&mut self, error: &anyhow::Error) {
        tracing::warn!(station = %self.name, "upload lost: {error:#}");
        self.outlet = None;
        self.again = Instant::now() + AGAIN_AFTER;
    }
}
