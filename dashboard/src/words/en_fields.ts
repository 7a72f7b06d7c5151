// The field's own terms in English: states, qualities, codes.
import type { zhFields } from './zh_fields';

export const enFields: typeof zhFields = {
  lights: { green: 'Up', yellow: 'Warning', red: 'Down', grey: 'Unknown' },
  qualities: { fixed: 'Fixed', float: 'Float', dgps: 'DGPS', single: 'Single', none: 'None', unknown: 'Not told' },
  severities: { critical: 'Critical', warning: 'Warning', notice: 'Notice' },
  roles: { rover: 'Rover', operator: 'Operator', 'account-manager': 'Account manager', auditor: 'Auditor', researcher: 'Researcher', station: 'Station upload' },
  serving: { virtual: 'Virtual station', station: 'Single station', nearest: 'Nearest station', nothing: 'Nothing' },
  columns: {
    name: 'Name', light: 'State', link: 'Link', silent: 'Silent', latency: 'Latency', satellites: 'Satellites', completeness: 'Completeness', slips: 'Slips', fixed: 'Fixed',
    multipath: 'Multipath', alarms: 'Alarms', network: 'Network',
  },
  linkUp: 'up', linkUnknown: 'unknown', linkDown: (reason) => `down: ${reason}`, inNetwork: 'in', notInNetwork: 'out',
  timeline: { login: 'Login', first_position: 'First position', first_byte: 'First correction', first_fix: 'First fix', silent: 'Silent', end: 'End' },
  steps: {
    login: 'Login', account: 'Account', right: 'Right', position: 'Position', area: 'Area', base: 'Base', station: 'Station data', satellites: 'Common satellites', ionosphere: 'Ionosphere',
    delivery: 'Delivery', reading: 'Reading', quality: 'Quality', session: 'Session', mountpoint: 'Mountpoint', fix: 'Fixing ambiguities',
  },
  stepStates: { ok: 'ok', bad: 'wrong', unknown: 'unknown' },
  codes: {
    fixed: 'fixed', no_position: 'no position', no_receiver_fix: 'receiver has no position', wrong_password: 'wrong password', unknown_account: 'unknown account', expired: 'account expired', disabled: 'account disabled', not_yet_valid: 'account not yet valid',
    no_right: 'no right to the mountpoint', outside_area: 'outside the service area', account_area: "outside the account's area", stale_station: 'station data too old', few_satellites: 'few common satellites',
    ionosphere_withheld: 'ionosphere withheld', not_reading: 'client does not read', single_only: 'single position only', float_only: 'float only', starting: 'starting', silent: 'client silent',
    ended: 'session ended', refused: 'refused', offline_mountpoint: 'mountpoint offline', too_many_sessions: 'too many sessions', locked_out: 'locked out', unknown: 'unknown',
  },
  mismatches: {
    position: 'Coordinates', antenna: 'Antenna', antenna_serial: 'Antenna serial', antenna_height: 'Antenna height', antenna_height_m: 'Antenna height', receiver: 'Receiver', place: 'Coordinates',
  },
  audits: {
    login: 'login', logout: 'logout', login_failed: 'login failed', alarm_acknowledged: 'alarm acknowledged', account_made: 'account made', account_changed: 'account changed', account_removed: 'account removed',
    password_changed: 'password changed', second_factor_set: 'second factor set', second_factor_removed: 'second factor removed', download: 'download', virtual_rinex_asked: 'virtual RINEX asked for',
  },
  errors: {
    bad_request: 'The request is wrong.', unauthorized: 'The session has ended.', wrong_credentials: 'User or password is wrong.', second_factor_required: 'The one-time code is needed.',
    second_factor_wrong: 'The one-time code is wrong.', locked_out: 'Locked for a while.', busy: 'The server is busy.', forbidden: 'You may not do this.', csrf: 'The page is out of date: load it again.',
    not_found: 'There is no such thing.', conflict: 'This conflicts with what is there.', too_large: 'This is too large.', unprocessable: 'This is not accepted.', unavailable: 'This is not configured.', unreachable: 'The server does not answer.',
  },
};
