// The field's own terms in Chinese: states, qualities, codes.

export const zhFields = {
  lights: { green: '正常', yellow: '警告', red: '中断', grey: '未知' },
  qualities: { fixed: '固定解', float: '浮点解', dgps: '差分解', single: '单点解', none: '无解', unknown: '未报告' },
  severities: { critical: '严重', warning: '警告', notice: '注意' },
  roles: { rover: '流动站', operator: '运行人员', 'account-manager': '账号管理员', auditor: '审计员', researcher: '研究人员', station: '基准站上传' },
  serving: { virtual: '虚拟参考站', station: '单基准站', nearest: '最近基准站', nothing: '无' },
  columns: {
    name: '名称', light: '状态', link: '链路', silent: '静默', latency: '延迟', satellites: '卫星', completeness: '完整率', slips: '周跳', fixed: '固定卫星',
    multipath: '多路径', alarms: '告警', network: '网络',
  },
  linkUp: '已连接', linkUnknown: '未知', linkDown: (reason: string) => `断开：${reason}`, inNetwork: '参与', notInNetwork: '不参与',
  timeline: { login: '登录', first_position: '首个位置', first_byte: '首个改正数', first_fix: '首次固定', silent: '静默', end: '结束' },
  steps: {
    login: '登录', account: '账号', right: '权限', position: '位置', area: '服务区域', base: '基准', station: '基准站数据', satellites: '共视卫星', ionosphere: '电离层',
    delivery: '播发', reading: '接收', quality: '解状态', session: '会话', mountpoint: '挂载点', fix: '固定模糊度',
  } as Record<string, string>,
  stepStates: { ok: '正常', bad: '有问题', unknown: '未知' },
  codes: {
    fixed: '已固定', no_position: '没有位置', no_receiver_fix: '接收机尚未定位', wrong_password: '密码错误', unknown_account: '账号不存在', expired: '账号过期', disabled: '账号停用', not_yet_valid: '账号未生效',
    no_right: '无此挂载点权限', outside_area: '超出服务区域', account_area: '超出账号区域', stale_station: '基准站数据过旧', few_satellites: '共视卫星不足',
    ionosphere_withheld: '电离层改正被扣留', not_reading: '客户端未接收', single_only: '仅单点解', float_only: '仅浮点解', starting: '正在初始化', silent: '客户端静默',
    ended: '会话已结束', refused: '被拒绝', offline_mountpoint: '挂载点离线', too_many_sessions: '会话数超限', locked_out: '已锁定', unknown: '未知',
  } as Record<string, string>,
  mismatches: {
    position: '坐标', antenna: '天线', antenna_serial: '天线序列号', antenna_height: '天线高', antenna_height_m: '天线高', receiver: '接收机', place: '坐标',
  } as Record<string, string>,
  audits: {
    login: '登录', logout: '退出', login_failed: '登录失败', alarm_acknowledged: '确认告警', account_made: '新建账号', account_changed: '修改账号', account_removed: '删除账号',
    password_changed: '更改密码', second_factor_set: '启用双因素', second_factor_removed: '取消双因素', download: '下载', virtual_rinex_asked: '提交虚拟 RINEX 任务',
  } as Record<string, string>,
  errors: {
    bad_request: '请求不正确。', unauthorized: '会话已结束。', wrong_credentials: '用户名或密码不正确。', second_factor_required: '需要动态验证码。',
    second_factor_wrong: '动态验证码不正确。', locked_out: '已暂时锁定。', busy: '服务器正忙。', forbidden: '无权进行此操作。', csrf: '页面已过期，请重新加载。',
    not_found: '不存在。', conflict: '与现有内容冲突。', too_large: '内容过大。', unprocessable: '内容不被接受。', unavailable: '此功能没有配置。', unreachable: '服务器没有应答。',
  } as Record<string, string>,
};
