// What the API answers, as the page reads it. `null` is "not known", never zero.

export interface Epoch { utc: string; gps_week: number; gps_seconds: number; unix_s: number }
export type Light = 'green' | 'yellow' | 'red' | 'grey';
export type Right =
  | 'stations' | 'rovers' | 'network' | 'alarms' | 'acknowledge' | 'accounts' | 'change_accounts'
  | 'archive' | 'audit' | 'own_rovers';
export type Role = 'rover' | 'operator' | 'account-manager' | 'auditor' | 'researcher';
type Known<T> = T | null;

export interface Session {
  user: string; role: Role; csrf: string; idle_until: Epoch; until: Epoch;
  second_factor: 'none' | 'enrolled' | 'must_enrol'; rights: Right[];
}
export interface Enrolment { secret: string; uri: string }

export interface Lights { total: number; green: number; yellow: number; red: number; grey: number }
export interface Status {
  at: Epoch; service: 'ok' | 'degraded' | 'down'; network_name: Known<string>; operator: Known<string>;
  stations: Lights; fixed_ratio: Known<number>; rovers: Known<number>;
  places: { name: string; state: Light }[]; languages: string[];
}
export interface Overview {
  at: Epoch; started: Epoch; version: string; stations: Lights;
  rovers: { total: number; fixed: number; float: number; dgps: number; single: number; none: number; unknown: number };
  uploads: number;
  network: Known<{
    at: Epoch; epoch: number; ambiguities: number; levelled: number; fixed_ratio: Known<number>;
    satellites: number; withheld: number; drifting: number; stations_used: number;
  }>;
  alarms: { critical: number; warning: number; notice: number; acknowledged: number };
  archive: Known<{ epochs: number; lost: number; spool_bytes: number }>;
  delivery: Known<{ frames_sent: number; bytes_sent: number; frames_dropped: number }>;
}
export interface MapFacts {
  middle_deg: [number, number]; box_deg: Known<Box>; licence: Known<string>;
  has_boundaries: boolean; tiles: Known<string>;
}
/** South, west, north, east. */
export type Box = [number, number, number, number];

export interface StationRow {
  name: string; light: Light; latitude_deg: Known<number>; longitude_deg: Known<number>; link: string;
  silent_s: Known<number>; interval_s: Known<number>; latency_s: Known<number>; satellites: Known<number>;
  satellites_up: Known<number>; completeness: Known<number>; slips: Known<number>; fixed: Known<number>;
  multipath_m: Known<number>; doubt: Known<string>; alarms: number; in_network: boolean;
}
export type StationNews = Pick<StationRow, 'name' | 'light' | 'silent_s' | 'satellites' | 'latency_s' | 'fixed'>;
export interface SkySignal { signal: string; cn0_dbhz: Known<number>; lock_s: Known<number> }
export interface SkySatellite {
  satellite: string; elevation_deg: number; azimuth_deg: number; fixed: boolean; signals: SkySignal[];
}
export interface SignalFigures {
  signal: string; observed: number; expected: number; interruptions: number; cn0_dbhz: Known<number>;
  multipath_m: Known<number>; cn0_by_elevation_dbhz: Known<Known<number>[]>;
}
export interface Summary {
  from: Epoch | string | null; until: Epoch | string | null; epochs: number; epochs_expected: Known<number>; gaps: Known<number>;
  longest_gap_epochs: Known<number>;
  latency_s: Known<{ median: Known<number>; p95: Known<number>; p99: Known<number>; max: Known<number> }>;
  satellites: Known<number>; satellites_share: Known<number>; slips: Known<number>; slip_chances: Known<number>;
  roti_tecu_min: Known<number>; offset_m: Known<number[]>;
}
export interface Mismatch { what: string; stream: Known<string>; configured: Known<string>; since: Known<Epoch> }
export interface Station extends StationRow {
  height_m: Known<number>; place_ecef_m: Known<number[]>;
  equipment: Known<{
    receiver: Known<string>; antenna: Known<string>; antenna_serial: Known<string>; antenna_height_m: Known<number>;
  }>;
  site: Known<{
    id: Known<string>; name: Known<string>; city: Known<string>; province: Known<string>; domes: Known<string>;
    installed: Known<string>;
  }>;
  mismatches: Mismatch[]; sky: SkySatellite[]; signals: SignalFigures[];
  multipath_by_signal_m: Record<string, Known<number>>;
  minute: Known<Summary>; hour: Known<Summary>; day: Known<Summary>;
  gaps: { from: Epoch; until: Epoch; epochs: number }[];
  displacement_m: Known<number[]>; displacement_sigma_m: Known<number[]>;
}
export interface Series {
  resolution: string; step_s: number; from: Epoch; until: Epoch; unix_s: number[];
  series: { of: string; unit: string; values: Known<number>[] }[];
}
export interface Heatmap {
  of: string; unit: string; step_s: number; from: Epoch; columns: number;
  rows: { station: string; values: Known<number>[] }[];
}

export interface NetworkStation {
  name: string; latitude_deg: Known<number>; longitude_deg: Known<number>; health: 'up' | 'late' | 'down' | 'doubted'; doubt: Known<string>;
  levelled: Known<number>; visible: Known<number>; ionosphere_residual_mm: Known<number>;
  geometry_residual_mm: Known<number>; zenith_mm: Known<number>; zenith_sigma_mm: Known<number>;
  displacement_mm: Known<number[]>;
}
export interface NetworkState {
  at: Known<Epoch>; reason: Known<string>; stations: NetworkStation[];
  edges: { from: string; to: string; length_km: number }[];
  triangles: { corners: [string, string, string]; fixed_ratio: Known<number>; i95_mm: Known<number> }[];
  groups: { group: string; ambiguities: number; levelled: number }[];
  satellites: {
    satellite: string; group: string; levelled_stations: Known<number>; residual_mm: Known<number>;
    sigma_factor: Known<number>; withheld: Known<string>; restless: boolean;
  }[];
  ambiguities: Known<number>; levelled: Known<number>; edge_ambiguities: Known<number>; edge_fixed: Known<number>;
  closures: Known<{ closed: number; failed: number }>; ionosphere_i95_mm: Known<number>;
}
export interface PredictedError { at: Epoch; box_deg: Box; rows: number; columns: number; values_mm: Known<number>[] }

export interface RoverRow {
  session: number; account: Known<string>; organisation: Known<string>; peer: Known<string>; agent: Known<string>;
  mountpoint: Known<string>; role: 'rover' | 'station'; login: Epoch; quality: Known<number>;
  latitude_deg: Known<number>; longitude_deg: Known<number>; position_at: Known<Epoch>; age_s: Known<number>;
  satellites: Known<number>; serving: Known<string>; base: Known<string>; distance_km: Known<number>;
  bytes: Known<number>; ended: Known<Epoch>; end_reason: Known<string>;
}
export interface Rover extends RoverRow {
  timeline: { what: string; at: Epoch; after_s: number }[];
  notices: { at: Epoch; text: string }[];
  path: [number, number, number, Known<number>][];
  frames_dropped: Known<number>; findings: string[];
}
export type StepState = 'ok' | 'bad' | 'unknown';
export interface Diagnosis {
  code: string; sentence: string; steps: { step: string; state: StepState; text: string }[]; at: Known<Epoch>;
}
export interface Refusal {
  session: Known<number>; at: Epoch; peer: Known<string>; mountpoint: Known<string>; account: Known<string>; reason: string; code: string;
}
export interface MonitorEngine {
  engine: string; quality: Known<number>; east_mm: Known<number>; north_mm: Known<number>; up_mm: Known<number>;
  at: Known<Epoch>; fixed_share: Known<number>; horizontal_rms_mm: Known<number>; up_rms_mm: Known<number>;
  time_to_fix_s: Known<number>;
}
/** Columns of equal length, one by name for each quantity. */
export interface MonitorSeries {
  name: string; engine: string; step_s: number; unix_s: number[];
  east_mm: Known<number>[]; north_mm: Known<number>[]; up_mm: Known<number>[]; quality: Known<number>[];
}
export interface MonitorRover {
  name: string; mountpoint: Known<string>; baseline_km: Known<number>; engines: MonitorEngine[];
}

export type Severity = 'critical' | 'warning' | 'notice';
export interface Alarm {
  id: number; kind: string; severity: Severity; station: Known<string>; since: Epoch; until: Known<Epoch>;
  title: string; detail: string; acknowledged: Known<{ by: string; at: Epoch }>; flapping: boolean;
}
export interface Account {
  name: string; organisation: Known<string>; role: Role; enabled: boolean; valid_from: Known<string>;
  valid_until: Known<string>; sessions_max: Known<number>; when_full: Known<'refuse-new' | 'drop-oldest'>;
  mountpoints: Known<string[]>; area: Known<string>; note: Known<string>; created: Known<string>; changed: Known<string>;
  sessions_open: number; second_factor: boolean;
}
export interface AuditRecord {
  number: number; at: Epoch; who: Known<string>; peer: Known<string>; what: string; object: Known<string>;
  outcome: 'ok' | 'refused'; detail: Known<string>;
}
export interface Calendar {
  station: string;
  days: {
    date: string; day_of_year: number; hours: Known<number>[];
    files: { name: string; path: string; bytes: number; kind: string }[];
  }[];
}
/** What is asked for; what is left out is as the service says. */
export interface VirtualRequest {
  latitude_deg: number; longitude_deg: number; height_m: number; from: string; until: string;
  interval_s?: number; systems?: string; name?: string; warm_up_min?: number; stations?: number;
}
export type JobState = 'waiting' | 'running' | 'done' | 'failed';
export interface VirtualFile { name: string; path: string; bytes: number }
export interface VirtualJob {
  number: number; state: JobState; asked: Epoch; ended: Known<Epoch>; latitude_deg: number; longitude_deg: number; height_m: number;
  from: Epoch; until: Epoch; interval_s: Known<number>; systems: string; name: string; warm_up_min: number; stations: number;
  before: number; progress: Known<{ share: number; is_warming_up: boolean; ambiguities: number; levelled: number }>;
  problem: Known<string>; rinex: Known<VirtualFile>; report: Known<VirtualFile>; epochs: Known<[number, number]>;
}
export interface Items<T> { at: Epoch; items: T[] }
export interface Page<T> extends Items<T> { next: Known<string> }
