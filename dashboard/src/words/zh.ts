// The page's words in Chinese. The English dictionary must have the same keys; the compiler sees to it.
import { zhFields } from './zh_fields';

export const zh = {
  ...zhFields,
  product: '天枢',
  subtitle: '基准站网运行监控',
  screens: {
    overview: '总览', stations: '基准站', heatmap: '热力图', network: '网络解', rovers: '流动站', own: '我的会话',
    monitor: '监测流动站', alarms: '告警', accounts: '账号', audit: '审计日志', archive: '归档', status: '公开状态', login: '登录',
    factor: '双因素认证',
  },
  page: {
    skip: '跳到内容', menu: '导航', language: '语言', time: '时间', utc: 'UTC', beijing: '北京时间', logout: '退出登录',
    live: '实时', polling: '轮询', noData: '尚无数据', age: (s: string) => `数据已 ${s} 未更新`, fresh: (s: string) => `数据延迟 ${s}`,
    loading: '正在读取…', readMore: '更多', refresh: '刷新', back: '返回', close: '关闭', cancel: '取消', save: '保存', filter: '筛选',
    all: '全部', yes: '是', no: '否', none: '无', of: (a: string, b: string) => `${a} / ${b}`, shown: (n: string) => `共 ${n} 条`,
    mustEnrol: '您的角色可以更改设置，但尚未启用双因素认证：启用之前只能查看。', enrolNow: '现在启用',
    notFound: '没有这个页面。', noRight: '您的角色无权查看此页面。', version: '版本', licences: '许可', narrow: (n: string) => `只显示前 ${n} 条，请缩小筛选范围`,
  },
  because: {
    lead: '没有数据：', unreachable: '服务器没有应答（网络中断或服务停止）。', unreadable: '服务器的应答无法解析。',
    unauthorized: '会话已结束，请重新登录。', forbidden: '您的角色无权查看。', not_found: '服务器上没有这一项。',
    unavailable: '此功能没有配置。', busy: '服务器正忙，稍后会再次读取。', other: (code: string) => `服务器返回错误“${code}”。`,
    noStations: '没有配置基准站。', noRovers: '目前没有流动站连接。', noRoversMatch: '没有符合筛选条件的流动站。',
    noPositions: '还没有流动站报告位置。', noNetwork: '网络解算没有配置或尚无结果。', noTriangles: '还没有形成三角形。',
    noField: '目前没有可用的预测误差。', noSky: '还没有收到卫星，或没有星历。', noSignals: '还没有完整的统计时段。',
    noSeries: '此时段没有记录。', noGaps: '没有记录到数据中断。', noMismatch: '数据流与台站日志一致。',
    noMonitor: '没有配置监测流动站。', noAlarms: '目前没有告警。', noHistory: '还没有历史告警。', noAccounts: '还没有账号。',
    noAudit: '还没有审计记录。', noDays: '此时段没有归档。', noFiles: '这一天没有文件。', noPath: '此会话还没有报告过位置。',
    noNotices: '此会话还没有通知。', noRefusals: '还没有被拒绝的登录。', noArchive: '没有配置归档。', noMultipath: '还没有多路径结果。',
    noEquipment: '没有配置设备信息。', noWithheld: '没有被扣留的卫星。', noPlaces: '没有按城市划分的状态。',
    noOwn: '您目前没有会话。', noEnded: '还没有结束的会话。', noMatch: '没有符合筛选条件的行。', noDelivery: '没有播发统计。', noSolution: '此站尚未进入网络解。',
  },
  login: {
    title: '登录', user: '用户名', password: '密码', code: '动态验证码', codeHint: '认证器应用中的六位数字', submit: '登录',
    expired: '会话已结束，请重新登录。登录后回到原来的页面。', status: '查看公开状态',
    wrong_credentials: '用户名或密码不正确。', second_factor_required: '密码正确。请输入动态验证码。', second_factor_wrong: '动态验证码不正确。',
    locked_out: '失败次数过多，已暂时锁定，请稍后再试。',
  },
  factor: {
    lead: '在认证器应用中扫描二维码或输入密钥，然后输入显示的六位数字。', begin: '生成密钥', secret: '密钥', uri: '链接', code: '六位数字',
    finish: '启用', done: '双因素认证已启用。', off: '未启用', on: '已启用', qr: '密钥的二维码', again: '重新生成会使旧的认证器失效。',
  },
  status: {
    ok: '服务正常', degraded: '服务降级', down: '服务中断', stations: '基准站', fixed: '网络固定率', rovers: '在线流动站', places: '各地状态',
    at: '更新于', login: '运行人员登录',
  },
  overview: {
    stations: '基准站', rovers: '流动站', network: '网络解', alarms: '告警', delivery: '播发', archive: '归档', map: '基准站与流动站分布',
    table: '基准站列表', active: '活动告警', ambiguities: '模糊度', levelled: '已固定', satellites: '卫星', withheld: '扣留', used: '参与解算的站',
    drifting: '漂移', frames: '帧', volume: '数据量', dropped: '丢弃帧', epochs: '历元', lost: '丢失', spool: '暂存', started: '启动于', uploads: '上传',
    showRovers: '显示流动站', unacknowledged: '未确认', total: '总数', epoch: '历元号',
  },
  station: {
    skyplot: '天空图', colourBy: '着色', byCn0: '载噪比', byMultipath: '多路径', missing: '应见而未见', notFixed: '未固定', elevation: '载噪比随高度角',
    multipath: '各信号多路径', figures: '质量', completeness: '完整率', latency: '延迟', slips: '周跳', series: '坐标序列 北 / 东 / 上',
    hour1: '最近 1 小时', day1: '最近 24 小时', day30: '最近 30 天', log: '数据流与台站日志', gaps: '数据中断', equipment: '设备与站点',
    of: '项目', stream: '数据流', configured: '台站日志', since: '自', receiver: '接收机', antenna: '天线', serial: '天线序列号', height: '天线高',
    site: '站点', installed: '建站', minute: '分钟', hour: '小时', day: '日', median: '中位数', p95: '95%', p99: '99%', max: '最大', signal: '信号',
    observed: '观测', expected: '应有', interruptions: '中断', roti: 'ROTI', offset: '偏差 东 / 北 / 上', place: '坐标', link: '链路',
    east: '东', north: '北', up: '上', displacement: '位移 东 / 北 / 上', sigma: '中误差', epochs: '历元', doubt: '怀疑', points: (n: string) => `${n} 点`,
    latencySeries: '延迟序列', satellitesSeries: '卫星数序列', slipsSeries: '周跳序列', multipathSeries: '多路径序列', timeSeries: '质量序列',
    sky: '卫星', elevationShort: '高度角', azimuth: '方位角', longest: '最长中断', position: '位置', reference: '参考点高', from: '自', until: '至',
  },
  heatmap: {
    title: '基准站 × 时间', of: '内容', span: '时段', completeness: '完整率', latency_p95_s: '延迟（95%）', slips: '周跳', h1: '1 小时', h24: '24 小时',
    d30: '30 天', unknown: '无数据', sort: '按最差排序', hint: '方向键移动，回车打开该站',
  },
  network: {
    map: '三角网', fixedRatio: '固定率', i95: '电离层指数 I95', field: '虚拟参考站预测误差', layer: '图层', triangles: '三角形', predicted: '预测误差',
    residuals: '各站残差', satellites: '卫星', withheldOnly: '仅扣留', groups: '卫星系统', group: '系统', ionosphere: '电离层', geometry: '几何', zenith: '对流层天顶延迟',
    displacement: '位移 东 / 北 / 上', health: '状态', up: '正常', down: '中断', doubted: '存疑', late: '迟到', levelled: '已固定', visible: '可见', residual: '残差',
    sigma: '方差因子', withheld: '扣留原因', restless: '不稳', ambiguities: '模糊度', edges: '基线模糊度', closures: '闭合', closed: '闭合', failed: '不闭合',
    stationsCount: '站数', mm: 'mm', legendGood: '好', legendBad: '差', closureRate: '闭合率',
  },
  rovers: {
    map: '流动站分布', list: '流动站列表', open: '在线', ended: '已结束', state: '状态', quality: '解状态', account: '账号', mountpoint: '挂载点',
    refusals: '被拒绝的登录', why: '为什么没有固定解？', askWhy: '查询账号', session: '会话', agent: '软件', login: '登录', age: '差分龄期', serving: '服务方式',
    base: '基准', distance: '距离', bytes: '已发送', end: '结束', reason: '原因', peer: '地址', satellites: '卫星', organisation: '单位',
    timeline: '从登录到首次固定', path: '轨迹', notices: '通知', facts: '会话', findings: '输入异常', dropped: '丢弃帧', position: '位置', after: (s: string) => `登录后 ${s}`,
    chain: '诊断步骤', checked: '诊断于', last: '最近 60 个位置', enter: '输入账号名', at: '时间', positionAt: '报告于', notYet: '未发生', search: '账号、挂载点、软件或地址',
  },
  monitor: {
    lead: '同一数据由两个引擎独立解算；误差相对于已知坐标。', errors: '误差', scatter: '水平散点', series: '误差序列', engine: '引擎', fixedShare: '固定率',
    horizontal: '水平 RMS', vertical: '高程 RMS', ttf: '首次固定', baseline: '基线', now: '当前',
  },
  alarms: {
    active: '活动告警', history: '历史告警', severity: '级别', title: '告警', station: '基准站', since: '开始', until: '结束', lasted: '持续',
    acknowledge: '确认', acknowledged: '已确认', by: (who: string, when: string) => `${who} 于 ${when} 确认`, note: '备注', flapping: '反复', detail: '详情',
    noteHint: '例如：已派人前往', kind: '类型', group: '同时发生', count: (n: string) => `${n} 条`,
  },
  accounts: {
    add: '新建账号', change: '修改账号', name: '名称', organisation: '单位', role: '角色', enabled: '启用', disabled: '停用', enable: '启用', disable: '停用', validFrom: '生效', validUntil: '失效',
    sessionsMax: '并发上限', whenFull: '达到上限时', refuseNew: '拒绝新会话', dropOldest: '断开最旧会话', mountpoints: '挂载点', area: '区域', note: '备注',
    sessions: '会话', factor: '双因素', password: '密码', drawn: '新密码（只显示这一次）', passwordHint: '留空则自动生成', newPassword: '重置密码',
    removeFactor: '取消双因素', remove: '删除', confirmRemove: (name: string) => `删除账号“${name}”？此操作不可撤销。`, confirm: '确认', copied: '已复制', copy: '复制',
    areaHint: 'box 南 西 北 东；polygon 纬 经 …', mountpointsHint: '以逗号分隔；留空为全部', state: '状态', expired: '已过期', created: '创建', changedAt: '修改',
    actions: '操作', edit: '修改', unlimited: '不限', done: '已保存。', readOnly: '账号写在配置文件中，不能在此修改。', search: '名称或单位', notYet: '未生效',
  },
  audit: {
    number: '序号', at: '时间', who: '用户', peer: '地址', what: '操作', object: '对象', outcome: '结果', detail: '详情', ok: '成功', refused: '拒绝',
    search: '用户、操作或对象',
  },
  archive: {
    station: '基准站', year: '年', month: '月', calendar: '归档日历', files: '文件', day: '日期', doy: '年积日', hours: '各小时', share: '完整率', size: '大小', kind: '类别',
    whole: '完整', part: '部分', gap: '缺失', unknown: '无记录', download: '下载', yearView: '全年', monthView: '按月', previous: '上一', next: '下一',
  },
  virtual: {
    title: '虚拟 RINEX', lead: '由归档数据计算：在网内任意一点，一台并不存在的接收机会观测到什么。',
    latitude: '纬度', longitude: '经度', height: '高程', latitudeHint: '度，北纬为正', longitudeHint: '度，东经为正', heightHint: '米，椭球高',
    from: '开始（GPS 时）', until: '结束（GPS 时）', fromHint: '与 RINEX 文件相同', untilHint: '最长一天', more: '更多选项', interval: '采样间隔（秒）', intervalHint: '留空则与网络相同',
    name: '站名', nameHint: '四个字母或数字', warmUp: '预热', warmUpField: '预热时间（分钟）', warmUpHint: '提前这么久开始网络解算', stations: '基准站', stationsField: '基准站数',
    stationsHint: '取最近的，3 到 60 个', systems: '卫星系统', systemsHint: '写入文件的系统', ask: '开始计算', asked: (n: string) => `任务 ${n} 已提交。`, map: '点击地图选取位置',
    jobs: '我的任务', job: (n: string) => `任务 ${n}`, noJobs: '还没有提交过任务。', kept: '文件保留一周，服务重启后清除；只有您自己能看到。', gps: 'GPS 时', ownInterval: '网络采样间隔',
    states: { waiting: '排队', running: '计算中', done: '完成', failed: '失败' }, before: (n: string) => `前面还有 ${n} 个任务`, isNext: '下一个就是它', begins: '正在读取归档', warming: '正在求解整周模糊度', making: '正在写入历元',
    levelled: (share: string) => `模糊度已固定 ${share}`, epochs: (a: string, b: string) => `${a} / ${b} 个历元`, progress: (n: string) => `任务 ${n} 的进度`, changed: (n: string, state: string) => `任务 ${n}：${state}。`,
    callOff: '取消任务', remove: '删除', confirmCallOff: (n: string) => `取消任务 ${n}？已计算的部分会丢失。`, confirmRemove: (n: string) => `删除任务 ${n} 及其文件？`,
    ownFull: '您未完成的任务已达上限。', full: '服务的任务队列已满。', senseless: '服务不接受这个请求。',
    faults: {
      latitude: '请输入 −90 到 90 的数。', longitude: '请输入 −180 到 360 的数。', height: '请输入 −500 到 10000 的数。', moment: '请输入日期和时间。', order: '结束必须晚于开始。',
      tooLong: '最长一天，请分几次提交。', interval: '大于 0、不超过 300，或留空。', systems: '至少选一个系统。', name: '四个字母或数字。', warmUp: '请输入 0 到 360 的数。', stations: '请输入 3 到 60 的整数。',
    },
  },
};

export type Words = typeof zh;
