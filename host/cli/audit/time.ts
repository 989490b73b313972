import { HostError } from '../../base/error.ts';
import { shown } from '../../base/shown.ts';
import { counted } from './counted.ts';

const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const AGO = /^([1-9][0-9]{0,5})([smhdw])$/;
/** A date, or a date and a time; without an offset in the zone of whoever typed it, as the views show times. */
const ISO =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,3})?)?)(Z|[+-][0-9]{2}:[0-9]{2})?)?$/;

/**
 * A point in time as the log writes it.
 * @param untrusted `2026-03-01`, `2026-03-01T10:00`, `2026-03-01T10:00:00Z`, or how long ago: `90s`, `2h`, `3d`
 * @throws HostError `usage`
 */
export function parseTime(untrusted: string, nowMs: number): string {
  const [, count, unit] = AGO.exec(untrusted) ?? [];
  if (count !== undefined) return written(nowMs - Number(count) * (UNITS_MS[unit ?? ''] ?? 0), untrusted);
  const [, year, month, day, time = '00:00', zone = ''] = ISO.exec(untrusted) ?? [];
  if (year === undefined || Number(day) > daysOf(Number(year), Number(month))) throw noTime(untrusted);
  return written(Date.parse(`${year}-${month}-${day}T${time}${zone}`), untrusted);
}

/** As a person reads it: in the zone of this machine, to the second. What is no time of the log is shown as it is. */
export function localTime(ts: string): string {
  const date = new Date(ts);
  if (Number.isNaN(date.getTime())) return shown(ts, 40);
  return `${localDate(date)} ${clockTime(ts)}`;
}

/** The time of the day alone. @param withMs to the millisecond */
export function clockTime(ts: string, withMs = false): string {
  const date = new Date(ts);
  if (Number.isNaN(date.getTime())) return shown(ts, 40);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => digits(part, 2)).join(':');
  return withMs ? `${time}.${digits(date.getMilliseconds(), 3)}` : time;
}

/** `5 minutes ago`; also for what lies ahead, for clocks are set wrong. */
export function ago(ts: string, nowMs: number): string {
  const ms = nowMs - Date.parse(ts);
  if (Number.isNaN(ms)) return '';
  const [count, unit] = largest(Math.abs(ms));
  if (count === 0) return 'just now';
  const span = counted(count, unit);
  return ms < 0 ? `in ${span}` : `${span} ago`;
}

/** `14 ms`, `2.5 s`, `3 minutes`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms * 10) / 10} ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10} s`;
  const [count, unit] = largest(ms);
  return counted(count, unit);
}

function largest(ms: number): readonly [number, string] {
  const spans = [
    [UNITS_MS['d'], 'day'],
    [UNITS_MS['h'], 'hour'],
    [UNITS_MS['m'], 'minute'],
  ] as const;
  for (const [span = 1, name] of spans) if (ms >= span) return [Math.floor(ms / span), name];
  return [Math.floor(ms / 1000), 'second'];
}

function localDate(date: Date): string {
  return [digits(date.getFullYear(), 4), digits(date.getMonth() + 1, 2), digits(date.getDate(), 2)].join('-');
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}

/** 0 for what is no month. */
function daysOf(year: number, month: number): number {
  return month >= 1 && month <= 12 ? new Date(Date.UTC(year, month, 0)).getUTCDate() : 0;
}

function written(ms: number, untrusted: string): string {
  const date = new Date(ms);
  const text = Number.isNaN(date.getTime()) ? '' : date.toISOString();
  if (text.length !== 24) throw noTime(untrusted);
  return text;
}

function noTime(untrusted: string): HostError {
  return new HostError('usage', `"${shown(untrusted, 80)}" is no time`, {
    remedy:
      'Write a date (2026-03-01), a time (2026-03-01T10:00, with Z or an offset if it is not local), or how long ago: 90s, 15m, 2h, 3d, 1w.',
  });
}
