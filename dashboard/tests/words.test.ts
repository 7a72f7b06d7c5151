// Both dictionaries have the same keys and forms, and none is empty or left in the other language.
import { describe, expect, it } from 'vitest';
import { en } from '../src/words/en';
import { zh } from '../src/words/zh';

type Tree = { [key: string]: unknown };
function leaves(tree: Tree, path = ''): [string, unknown][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    value !== null && typeof value === 'object' ? leaves(value as Tree, `${path}${key}.`) : [[`${path}${key}`, value] as [string, unknown]],
  );
}
const spoken = (value: unknown): string => (typeof value === 'function' ? String((value as (...a: string[]) => string)('A', 'B')) : String(value));

describe('the dictionaries', () => {
  const [chinese, english] = [leaves(zh), leaves(en)];
  it('have the same keys', () => {
    expect(english.map(([key]) => key).sort()).toEqual(chinese.map(([key]) => key).sort());
  });
  it('have functions at the same places, with the same number of arguments used', () => {
    const forms = (list: [string, unknown][]) => Object.fromEntries(list.map(([key, value]) => [key, typeof value === 'function' ? value.length : 'word']));
    expect(forms(english)).toEqual(forms(chinese));
  });
  it('have no empty word', () => {
    for (const [key, value] of [...chinese, ...english]) expect(spoken(value).trim(), key).not.toBe('');
  });
  it('have no Chinese left in the English one', () => {
    for (const [key, value] of english) expect(spoken(value), key).not.toMatch(/[\u4e00-\u9fff]/);
  });
  it('use the terms of the field', () => {
    const all = chinese.map(([, value]) => spoken(value)).join('\n');
    for (const term of ['基准站', '流动站', '固定解', '浮点解', '模糊度', '虚拟参考站', '电离层', '对流层', '周跳', '多路径', '完整率', '延迟', '告警', '账号', '归档']) expect(all).toContain(term);
  });
  it('name every code of a diagnosis that the API may give', () => {
    const codes = 'fixed, no_position, no_receiver_fix, wrong_password, unknown_account, expired, disabled, not_yet_valid, no_right, outside_area, account_area, stale_station, few_satellites, ionosphere_withheld, not_reading, single_only, float_only, starting, silent, ended, refused, offline_mountpoint, too_many_sessions, locked_out, unknown'.split(', ');
    for (const words of [zh, en]) expect(codes.filter((code) => !words.codes[code])).toEqual([]);
  });
});
