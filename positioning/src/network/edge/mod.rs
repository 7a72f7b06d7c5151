//! One edge of the network: the whole cycles between two stations whose places are known.

use tianshu_gnss::time::gps::GpsTime;

use crate::network::observed::Channel;

/// A whole number of cycles that an edge has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EdgeInteger {
    /// Of which satellite and carrier.
    pub channel: Channel,
    /// The level of the edge's second station ([`crate::network::topology::Edge::to`]) less that of its first. Known but for a whole number
    /// that all satellites of one group and carrier share on this edge.
    pub integer: i64,
    /// The arcs at the first and the second station for which it holds.
    pub arcs: (u32, u32),
    /// Since when it is fixed.
    pub since: GpsTime,
}
