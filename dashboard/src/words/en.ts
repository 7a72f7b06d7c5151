// The page's words in English, with the keys of the Chinese dictionary.
import { enFields } from './en_fields';
import type { Words } from './zh';

export const en: Words = {
  ...enFields,
  product: 'Tianshu',
  subtitle: 'Network operations',
  screens: {
    overview: 'Overview', stations: 'Stations', heatmap: 'Heat maps', network: 'Network solution', rovers: 'Rovers', own: 'My sessions',
    monitor: 'Monitor rovers', alarms: 'Alarms', accounts: 'Accounts', audit: 'Audit log', archive: 'Archive', status: 'Public status', login: 'Log in',
    factor: 'Second factor',
  },
  page: {
    skip: 'Skip to content', menu: 'Screens', language: 'Language', time: 'Time', utc: 'UTC', beijing: 'Beijing', logout: 'Log out',
    live: 'Live', polling: 'Polling', noData: 'No data yet', age: (s) => `No new data for ${s}`, fresh: (s) => `Data ${s} old`,
    loading: 'Reading…', readMore: 'More', refresh: 'Refresh', back: 'Back', close: 'Close', cancel: 'Cancel', save: 'Save', filter: 'Filter',
    all: 'All', yes: 'Yes', no: 'No', none: 'None', of: (a, b) => `${a} of ${b}`, shown: (n) => `${n} rows`,
    mustEnrol: 'Your role can change things but has no second factor yet: until it is enrolled you may only read.', enrolNow: 'Enrol now',
    notFound: 'There is no such page.', noRight: 'Your role may not see this page.', version: 'Version', licences: 'Licences', narrow: (n) => `Only the first ${n} are shown; narrow the filter`,
  },
  because: {
    lead: 'No data: ', unreachable: 'the server does not answer (network down or service stopped).', unreadable: 'the answer of the server cannot be read.',
    unauthorized: 'the session has ended, log in again.', forbidden: 'your role may not see this.', not_found: 'the server knows no such thing.',
    unavailable: 'this is not configured.', busy: 'the server is busy; it is asked again soon.', other: (code) => `the server answered “${code}”.`,
    noStations: 'no stations are configured.', noRovers: 'no rover is connected.', noRoversMatch: 'no rover fits the filter.',
    noPositions: 'no rover has told its position yet.', noNetwork: 'the network solver is not configured or has no result yet.', noTriangles: 'no triangle is formed yet.',
    noField: 'the predicted error is not available at present.', noSky: 'no satellite heard yet, or no ephemerides.', noSignals: 'no span has been closed yet.',
    noSeries: 'nothing was recorded in this span.', noGaps: 'no gap was recorded.', noMismatch: 'the stream agrees with the site log.',
    noMonitor: 'no monitor rover is configured.', noAlarms: 'there is no active alarm.', noHistory: 'no alarm has ended yet.', noAccounts: 'there is no account yet.',
    noAudit: 'there is no audit record yet.', noDays: 'nothing was archived in this span.', noFiles: 'there is no file of this day.', noPath: 'this session has told no position yet.',
    noNotices: 'there was no notice in this session.', noRefusals: 'no login was refused.', noArchive: 'no archive is configured.', noMultipath: 'there is no figure of multipath yet.',
    noEquipment: 'no equipment is configured.', noWithheld: 'no satellite is withheld.', noPlaces: 'no state by city is configured.',
    noOwn: 'you have no session at present.', noEnded: 'no session has ended yet.', noMatch: 'no row fits the filter.', noDelivery: 'nothing is counted yet.', noSolution: 'this station is not in the network solution yet.',
  },
  login: {
    title: 'Log in', user: 'User', password: 'Password', code: 'One-time code', codeHint: 'Six digits of your authenticator', submit: 'Log in',
    expired: 'The session has ended. Log in again and you return to where you were.', status: 'See the public status',
    wrong_credentials: 'User or password is wrong.', second_factor_required: 'The password is right. Enter the one-time code.', second_factor_wrong: 'The one-time code is wrong.',
    locked_out: 'Too many failures: locked for a while. Try again later.',
  },
  factor: {
    lead: 'Scan the code with an authenticator or type the secret into it, then enter the six digits that it shows.', begin: 'Draw a secret', secret: 'Secret', uri: 'Address', code: 'Six digits',
    finish: 'Enrol', done: 'The second factor is enrolled.', off: 'Not enrolled', on: 'Enrolled', qr: 'The secret as a QR code', again: 'A new secret makes the old authenticator worthless.',
  },
  status: {
    ok: 'Service is up', degraded: 'Service is degraded', down: 'Service is down', stations: 'Stations', fixed: 'Network fixed', rovers: 'Rovers connected', places: 'State by city',
    at: 'As of', login: 'Operators log in',
  },
  overview: {
    stations: 'Stations', rovers: 'Rovers', network: 'Network solution', alarms: 'Alarms', delivery: 'Delivery', archive: 'Archive', map: 'Stations and rovers',
    table: 'Stations', active: 'Active alarms', ambiguities: 'Ambiguities', levelled: 'Fixed', satellites: 'Satellites', withheld: 'Withheld', used: 'Stations used',
    drifting: 'Drifting', frames: 'Frames', volume: 'Volume', dropped: 'Frames dropped', epochs: 'Epochs', lost: 'Lost', spool: 'Spool', started: 'Started', uploads: 'Uploads',
    showRovers: 'Show rovers', unacknowledged: 'unacknowledged', total: 'Total', epoch: 'Epoch',
  },
  station: {
    skyplot: 'Skyplot', colourBy: 'Colour', byCn0: 'C/N0', byMultipath: 'Multipath', missing: 'up but not seen', notFixed: 'not fixed', elevation: 'C/N0 against elevation',
    multipath: 'Multipath by signal', figures: 'Quality', completeness: 'Completeness', latency: 'Latency', slips: 'Cycle slips', series: 'Position north / east / up',
    hour1: 'Last hour', day1: 'Last 24 h', day30: 'Last 30 d', log: 'Stream against site log', gaps: 'Gaps', equipment: 'Equipment and site',
    of: 'Item', stream: 'Stream', configured: 'Site log', since: 'Since', receiver: 'Receiver', antenna: 'Antenna', serial: 'Antenna serial', height: 'Antenna height',
    site: 'Site', installed: 'Installed', minute: 'Minute', hour: 'Hour', day: 'Day', median: 'Median', p95: '95 %', p99: '99 %', max: 'Max', signal: 'Signal',
    observed: 'Observed', expected: 'Expected', interruptions: 'Interruptions', roti: 'ROTI', offset: 'Offset E / N / U', place: 'Coordinates', link: 'Link',
    east: 'East', north: 'North', up: 'Up', displacement: 'Displacement E / N / U', sigma: 'Sigma', epochs: 'Epochs', doubt: 'Doubt', points: (n) => `${n} points`,
    latencySeries: 'Latency', satellitesSeries: 'Satellites', slipsSeries: 'Cycle slips', multipathSeries: 'Multipath', timeSeries: 'Quality over time',
    sky: 'Satellite', elevationShort: 'Elevation', azimuth: 'Azimuth', longest: 'Longest gap', position: 'Position', reference: 'Height', from: 'From', until: 'Until',
  },
  heatmap: {
    title: 'Stations × time', of: 'What', span: 'Span', completeness: 'Completeness', latency_p95_s: 'Latency (95 %)', slips: 'Cycle slips', h1: '1 hour', h24: '24 hours',
    d30: '30 days', unknown: 'no data', sort: 'Worst first', hint: 'Arrow keys move, Enter opens the station',
  },
  network: {
    map: 'Triangles', fixedRatio: 'Fixed ratio', i95: 'Ionosphere index I95', field: 'Predicted error of a virtual station', layer: 'Layer', triangles: 'Triangles', predicted: 'Predicted error',
    residuals: 'Residuals by station', satellites: 'Satellites', withheldOnly: 'Withheld only', groups: 'Systems', group: 'System', ionosphere: 'Ionosphere', geometry: 'Geometry', zenith: 'Zenith delay',
    displacement: 'Displacement E / N / U', health: 'State', up: 'Up', down: 'Down', doubted: 'Doubted', late: 'Late', levelled: 'Fixed', visible: 'Visible', residual: 'Residual',
    sigma: 'Sigma factor', withheld: 'Withheld because', restless: 'Restless', ambiguities: 'Ambiguities', edges: 'Baseline ambiguities', closures: 'Closures', closed: 'Closed', failed: 'Failed',
    stationsCount: 'Stations', mm: 'mm', legendGood: 'good', legendBad: 'bad', closureRate: 'Closing',
  },
  rovers: {
    map: 'Rovers', list: 'List of rovers', open: 'Connected', ended: 'Ended', state: 'State', quality: 'Quality', account: 'Account', mountpoint: 'Mountpoint',
    refusals: 'Refused logins', why: 'Why no fix?', askWhy: 'Ask for an account', session: 'Session', agent: 'Agent', login: 'Login', age: 'Age of correction', serving: 'Served by',
    base: 'Base', distance: 'Distance', bytes: 'Sent', end: 'Ended', reason: 'Reason', peer: 'Address', satellites: 'Satellites', organisation: 'Organisation',
    timeline: 'From login to first fix', path: 'Path', notices: 'Notices', facts: 'Session', findings: 'Findings of input', dropped: 'Frames dropped', position: 'Position', after: (s) => `${s} after login`,
    chain: 'Steps of the diagnosis', checked: 'Diagnosed', last: 'last 60 positions', enter: 'Name of an account', at: 'At', positionAt: 'Told at', notYet: 'not yet', search: 'Account, mountpoint, agent or address',
  },
  monitor: {
    lead: 'Two engines solve the same data independently; errors are against known coordinates.', errors: 'Errors', scatter: 'Horizontal scatter', series: 'Series of errors', engine: 'Engine', fixedShare: 'Fixed',
    horizontal: 'Horizontal RMS', vertical: 'Vertical RMS', ttf: 'Time to fix', baseline: 'Baseline', now: 'Now',
  },
  alarms: {
    active: 'Active alarms', history: 'Past alarms', severity: 'Severity', title: 'Alarm', station: 'Station', since: 'Since', until: 'Until', lasted: 'Lasted',
    acknowledge: 'Acknowledge', acknowledged: 'Acknowledged', by: (who, when) => `${who}, ${when}`, note: 'Note', flapping: 'flapping', detail: 'Detail',
    noteHint: 'e.g. on the way', kind: 'Kind', group: 'Together', count: (n) => `${n}`,
  },
  accounts: {
    add: 'New account', change: 'Change account', name: 'Name', organisation: 'Organisation', role: 'Role', enabled: 'Enabled', disabled: 'Disabled', enable: 'Enable', disable: 'Disable', validFrom: 'Valid from', validUntil: 'Valid until',
    sessionsMax: 'Sessions at once', whenFull: 'When full', refuseNew: 'refuse the new one', dropOldest: 'drop the oldest', mountpoints: 'Mountpoints', area: 'Area', note: 'Note',
    sessions: 'Sessions', factor: 'Second factor', password: 'Password', drawn: 'New password (shown this once)', passwordHint: 'Empty: one is drawn', newPassword: 'New password',
    removeFactor: 'Remove second factor', remove: 'Remove', confirmRemove: (name) => `Remove account “${name}”? This cannot be undone.`, confirm: 'Confirm', copied: 'Copied', copy: 'Copy',
    areaHint: 'box S W N E; polygon lat lon …', mountpointsHint: 'separated by commas; empty: all', state: 'State', expired: 'Expired', created: 'Made', changedAt: 'Changed',
    actions: 'Actions', edit: 'Change', unlimited: 'no limit', done: 'Saved.', readOnly: 'Accounts stand in the configuration and cannot be changed here.', search: 'Name or organisation', notYet: 'Not yet valid',
  },
  audit: {
    number: 'No.', at: 'At', who: 'Who', peer: 'Address', what: 'What', object: 'Object', outcome: 'Outcome', detail: 'Detail', ok: 'ok', refused: 'refused',
    search: 'Who, what or object',
  },
  archive: {
    station: 'Station', year: 'Year', month: 'Month', calendar: 'Calendar of the archive', files: 'Files', day: 'Day', doy: 'Day of year', hours: 'Hours', share: 'Completeness', size: 'Size', kind: 'Kind',
    whole: 'whole', part: 'part', gap: 'missing', unknown: 'not recorded', download: 'Download', yearView: 'Year', monthView: 'Month', previous: 'Previous', next: 'Next',
  },
};
