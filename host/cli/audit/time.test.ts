import { describe, expect, it } from 'vitest';
import { ago, duration, localTime, parseTime } from './time.ts';

const NOW = Date.parse('2026-03-05T12:00:00.000Z');

describe('parseTime', () => {
  it.for([
    ['2026-03-01T10:00Z', '2026-03-01T10:00:00.000Z'],
    ['2026-03-01 10:00:05Z', '2026-03-01T10:00:05.000Z'],
    ['2026-03-01T10:00:05.5Z', '2026-03-01T10:00:05.500Z'],
    ['2026-03-01T10:00+02:00', '2026-03-01T08:00:00.000Z'],
    ['2024-02-29T00:00Z', '2024-02-29T00:00:00.000Z'],
    ['90s', '2026-03-05T11:58:30.000Z'],
    ['15m', '2026-03-05T11:45:00.000Z'],
    ['2h', '2026-03-05T10:00:00.000Z'],
    ['3d', '2026-03-02T12:00:00.000Z'],
    ['1w', '2026-02-26T12:00:00.000Z'],
  ] as const)('reads %s', ([text, expected]) => {
    expect(parseTime(text, NOW)).toBe(expected);
  });

  it('takes a date as the midnight that a clock on the wall shows here', () => {
    expect(parseTime('2026-03-01', NOW)).toBe(new Date(2026, 2, 1).toISOString());
    expect(localTime(parseTime('2026-03-01T10:00', NOW))).toBe('2026-03-01 10:00:00');
  });

  it.for([
    '',
    'yesterday',
    '2026',
    '2026-13-01',
    '2026-00-01',
    '2026-02-29',
    '2026-03-01T25:00',
    '2026-03-01T10:00:99',
    '0d',
    '-3d',
    '3y',
    '9999999d',
    '3d ',
    '2026-03-01T10:00+99:99',
    '٣d',
    '\u001b[31m',
  ])('refuses %j', (text) => {
    expect(() => parseTime(text, NOW)).toThrow(/is no time/);
  });

  it('refuses what lies before the years that the log can write', () => {
    expect(() => parseTime('999999w', NOW)).toThrow(/is no time/);
  });
});

describe('spans', () => {
  it.for([
    ['2026-03-05T12:00:00.000Z', 'just now'],
    ['2026-03-05T11:59:59.000Z', '1 second ago'],
    ['2026-03-05T11:50:00.000Z', '10 minutes ago'],
    ['2026-03-05T09:00:00.000Z', '3 hours ago'],
    ['2026-02-05T09:00:00.000Z', '28 days ago'],
    ['2026-03-05T12:01:00.000Z', 'in 1 minute'],
    ['no time', ''],
  ] as const)('%s is %s', ([ts, text]) => {
    expect(ago(ts, NOW)).toBe(text);
  });

  it.for([
    [0.04, '0 ms'],
    [13.728, '13.7 ms'],
    [2_540, '2.5 s'],
    [120_000, '2 minutes'],
  ] as const)('%d ms is %s', ([ms, text]) => {
    expect(duration(ms)).toBe(text);
  });
});
