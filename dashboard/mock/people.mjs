// Answers about alarms, rovers, accounts, audit and monitor rovers of the invented network.
import { draw, epoch, lightOf, noise, placeOf, qualityOf, roverRow } from './world.mjs';

export function alarms(world, t, lang) {
  const zh = lang === 'zh';
  const raised = [];
  for (const s of world.stations) {
    const light = lightOf(world, s, t);
    if (light !== 'red' && light !== 'yellow') continue;
    const since = s.n === 3 ? Math.floor(t / 30) * 30 : Math.floor(world.started - 900 - s.n * 60);
    const dead = light === 'red';
    raised.push({
      id: s.n + 1, kind: dead ? 'silent' : 'incomplete', severity: dead ? 'critical' : s.n % 34 === 4 ? 'notice' : 'warning', station: s.name, since: epoch(since), until: null,
      title: zh ? (dead ? `${s.name} 静默` : `${s.name} 数据不完整`) : dead ? `${s.name} is silent` : `${s.name} is incomplete`,
      detail: zh ? (dead ? '没有可用的历元。请检查链路与接收机电源。' : '最近一分钟的历元少于应有的 90%。') : dead ? 'No usable epoch. Look at the link and the receiver\u2019s power.' : 'Less than 90 % of the last minute\u2019s epochs.',
      acknowledged: world.acknowledged?.get(s.n + 1) ?? null, flapping: s.n === 3,
    });
  }
  const over = Array.from({ length: 20 }, (_, n) => {
    const s = world.stations[(n * 7) % world.stations.length];
    const since = Math.floor(world.started - 7200 * (n + 1));
    return {
      id: 5000 + n, kind: 'late', severity: ['critical', 'warning', 'notice'][n % 3], station: s.name, since: epoch(since), until: epoch(since + 300 + n * 40),
      title: zh ? `${s.name} 延迟过大` : `${s.name} is late`, detail: zh ? '95% 的延迟超过 3 秒。' : '95 % of latencies above 3 s.',
      acknowledged: n % 2 ? { by: 'wang', at: epoch(since + 60) } : null, flapping: false,
    };
  });
  return { raised, over };
}

const CHAINS = {
  4: ['fixed', '一切正常，已固定。', 'All is well: fixed.', null],
  5: ['ionosphere_withheld', '附近电离层变化太快，部分卫星的改正被扣留，因此只有浮点解。', 'The ionosphere nearby changes too fast; corrections of some satellites are withheld, so there is only a float solution.', 'ionosphere'],
  2: ['float_only', '流动站收到改正数，但没有用上相位。请检查接收机的差分设置。', 'The rover gets corrections but does not use the phases. Look at its settings for differential positioning.', 'quality'],
  1: ['single_only', '流动站报告单点解：改正数已发送，但接收机没有使用。', 'The rover reports a single position: corrections are sent, but the receiver does not use them.', 'quality'],
  0: ['few_satellites', '流动站与虚拟参考站共视卫星不足五颗，请移到开阔处。', 'The rover shares fewer than five satellites with the virtual station: move it to where the sky is open.', 'satellites'],
  none: ['no_position', '流动站没有发送自己的位置（GGA），虚拟参考站无法开始。', 'The rover has not told its position (GGA), so no virtual station can begin.', 'position'],
};
const STEPS = ['login', 'account', 'right', 'position', 'area', 'station', 'satellites', 'ionosphere', 'delivery', 'quality'];
const OK = { login: ['已登录', 'logged in'], account: ['账号有效', 'the account is valid'], right: ['有挂载点权限', 'may use the mountpoint'], position: ['位置 1 秒前报告', 'position told 1 s ago'], area: ['在服务区域内', 'within the service area'], station: ['基准站数据 0.4 秒前到达', 'station data of 0.4 s ago'], satellites: ['共视卫星 21 颗', '21 satellites in common'], ionosphere: ['没有扣留', 'nothing withheld'], delivery: ['每秒 900 字节', '900 bytes each second'], quality: ['固定解', 'fixed'] };

export function diagnosis(world, n, t, lang) {
  const zh = lang === 'zh';
  const [code, chinese, english, culprit] = CHAINS[qualityOf(world, n, t) ?? 'none'];
  let broken = false;
  const steps = STEPS.map((step) => {
    const state = step === culprit ? 'bad' : broken ? 'unknown' : 'ok';
    broken ||= step === culprit;
    const text = state === 'bad' ? (zh ? chinese : english) : state === 'unknown' ? (zh ? '无法判断' : 'cannot be told') : OK[step][zh ? 0 : 1];
    return { step, state, text };
  });
  return { code, sentence: zh ? chinese : english, steps, at: epoch(Math.floor(t)) };
}

export function roverDetail(world, n, t) {
  const row = roverRow(world, n, t);
  const from = row.login.unix_s;
  const quality = row.quality;
  const timeline = [{ what: 'login', at: epoch(from), after_s: 0 }];
  if (quality !== null) timeline.push({ what: 'first_position', at: epoch(from + 1), after_s: 1.2 }, { what: 'first_byte', at: epoch(from + 2), after_s: 2.1 });
  if (quality === 4) timeline.push({ what: 'first_fix', at: epoch(from + 14), after_s: 8 + draw(world.seed, n, 130) * 12 });
  return {
    ...row, timeline,
    notices: quality === null ? [] : [{ at: epoch(from + 2), text: `served by ${row.serving} ${row.base}` }],
    path: quality === null ? [] : Array.from({ length: 120 }, (_, k) => {
      const at = Math.floor(t) - (119 - k);
      const [lat, lon] = placeOf(world, n, at);
      return [at, lat, lon, qualityOf(world, n, at)];
    }),
    frames_dropped: n % 11 === 0 ? 3 : 0, findings: n % 13 === 0 ? ['GGA with a wrong sum (3)'] : [],
  };
}

export function ended(world, n, t) {
  const row = roverRow(world, n, t);
  const login = Math.floor(world.started - 90000 + n * 300);
  return { ...row, session: 1 + n, login: epoch(login), ended: epoch(login + 1800), end_reason: ['the client closed', 'silent for 60 s', 'replaced by a newer session'][n % 3] };
}

const REFUSED = [['wrong_password', 'the password is wrong'], ['expired', 'the account has expired'], ['no_right', 'no right to this mountpoint'], ['unknown_account', 'no such account'], ['too_many_sessions', 'already connected once']];
export function refusals(world, t) {
  return Array.from({ length: 40 }, (_, n) => ({
    session: 9000 - n, at: epoch(Math.floor(t - 60 - n * 311)), peer: `10.9.${n}.7:4000`, mountpoint: 'VRS', account: `field${n % 9}`, code: REFUSED[n % 5][0], reason: REFUSED[n % 5][1],
  }));
}

export function makeAccounts(world, t) {
  const iso = (s) => new Date(s * 1000).toISOString();
  return Array.from({ length: 64 }, (_, n) => ({
    name: n === 0 ? 'wang' : n === 1 ? 'li' : `field${String(n).padStart(3, '0')}`, organisation: n < 2 ? null : `Survey office ${n % 9}`,
    role: n === 0 ? 'operator' : n === 1 ? 'account-manager' : n === 2 ? 'auditor' : n === 3 ? 'researcher' : 'rover', enabled: n % 15 !== 14,
    valid_from: null, valid_until: n % 4 === 0 && n > 3 ? iso(t + (n % 8 === 0 ? -1 : 1) * 86400 * 20) : null, sessions_max: n < 4 ? null : 1 + (n % 3), when_full: n < 4 ? null : n % 2 ? 'refuse-new' : 'drop-oldest',
    mountpoints: n % 6 === 5 ? ['VRS', 'NEAR'] : null, area: n % 9 === 8 ? 'box 22 107 24 109' : null, note: n % 10 === 7 ? 'trial' : '', created: iso(t - 86400 * 100), changed: iso(t - 86400 * n),
    sessions_open: n < 4 ? 0 : n % 2, second_factor: n < 3,
  }));
}

const DONE = ['login', 'account_changed', 'alarm_acknowledged', 'download', 'login_failed', 'logout', 'password_changed', 'virtual_rinex_asked'];
export function audit(world, t) {
  return Array.from({ length: 450 }, (_, n) => {
    const what = DONE[n % 8];
    return { number: 450 - n, at: epoch(Math.floor(t - 30 - n * 400)), who: what === 'login_failed' ? 'mallory' : n % 3 ? 'wang' : 'li', peer: '10.0.0.9:51000', what, object: what.startsWith('account') ? 'field012' : what === 'download' ? '/files/daily/30s/2026/330/X.crx.gz' : what === 'virtual_rinex_asked' ? '22.8167,108.3167,80' : '', outcome: what === 'login_failed' ? 'refused' : 'ok', detail: '' };
  });
}

export function monitors(world, t) {
  const items = ['rover-1', 'rover-2', 'rover-3'].map((name, n) => ({
    name, mountpoint: 'VRS', baseline_km: 21.4 + 8 * n,
    engines: ['tianshu', 'rtklib'].map((engine, e) => ({
      engine, quality: n === 2 && e === 1 ? 5 : 4, east_mm: noise(n, e, 140, Math.floor(t)) * (4 + e), north_mm: noise(n, e, 141, Math.floor(t)) * (4 + e), up_mm: noise(n, e, 142, Math.floor(t)) * (10 + 3 * e),
      at: epoch(Math.floor(t)), fixed_share: 0.995 - 0.02 * e, horizontal_rms_mm: 6.1 + 2 * e, up_rms_mm: 12.3 + 3 * e, time_to_fix_s: 9.1 + 6 * e,
    })),
  }));
  return { at: epoch(t), items };
}

export function monitorSeries(world, n, engine, t) {
  const e = engine === 'rtklib' ? 1 : 0;
  const until = Math.floor(t);
  const unix_s = Array.from({ length: 1800 }, (_, k) => until - 1800 + k);
  const column = (key, sigma) => unix_s.map((u) => Math.round((4 * Math.sin(u / 300 + key) + noise(n, e, key, u) * sigma) * 10) / 10);
  return {
    name: `rover-${n + 1}`, engine, step_s: 1, unix_s,
    east_mm: column(151, 3 + e), north_mm: column(152, 3 + e), up_mm: column(153, 8 + 3 * e), quality: unix_s.map(() => 4),
  };
}
