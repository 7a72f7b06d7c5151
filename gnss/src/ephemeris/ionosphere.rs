//! Broadcast ionosphere: the coefficients that satellites send.

/// Klobuchar's coefficients (IS-GPS-200, section 20.3.3.5.2.5; BDS-SIS-ICD-B1I-3.0, section 5.2.4.7 with its own frame of use).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Klobuchar {
    /// Amplitude of the vertical delay: s, s/semicircle, s/semicircle², s/semicircle³.
    pub alpha: [f64; 4],
    /// Period: s, s/semicircle, s/semicircle², s/semicircle³.
    pub beta: [f64; 4],
}
