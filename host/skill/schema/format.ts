const MAX_CHARS = 8_192;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:[zZ]|([+-])(\d{2}):(\d{2}))$/;
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
const DURATION = /^P(?=.)(?:\d+W|(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)$/;

type FormatTest = (text: string) => boolean;

/**
 * Whether `text` is what `format` names. A format that is not in the list says nothing, so everything passes.
 * Source: JSON Schema 2020-12 Validation §7.3.
 */
export function matchesFormat(format: string, text: string): boolean {
  const test = FORMATS.get(format);
  return test === undefined || (text.length <= MAX_CHARS && test(text));
}

const FORMATS: ReadonlyMap<string, FormatTest> = new Map<string, FormatTest>([
  ['date', isDate],
  ['time', isTime],
  ['date-time', (text) => isDate(text.slice(0, 10)) && /^[tT]/.test(text.slice(10)) && isTime(text.slice(11))],
  ['duration', (text) => DURATION.test(text)],
  ['email', isEmail],
  ['hostname', isHostname],
  ['ipv4', isIpv4],
  ['ipv6', (text) => /^[0-9A-Fa-f:.]{2,45}$/.test(text) && URL.canParse(`http://[${text}]/`)],
  ['uri', (text) => /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) && isUriReference(text)],
  ['uri-reference', isUriReference],
  ['uuid', (text) => /^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/.test(text)],
  ['json-pointer', (text) => /^(?:\/(?:[^~/]|~[01])*)*$/.test(text)],
  ['regex', isRegex],
]);

function isDate(text: string): boolean {
  const parts = DATE.exec(text);
  if (parts === null) return false;
  const [year, month, day] = parts.slice(1).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return days !== undefined && day >= 1 && day <= days;
}

function isTime(text: string): boolean {
  const parts = TIME.exec(text);
  if (parts === null) return false;
  const [, hour, minute, second, sign, offsetHour = '0', offsetMinute = '0'] = parts;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(offsetHour) > 23 || Number(offsetMinute) > 59) return false;
  if (Number(second) < 60) return true;
  // A leap second falls on 23:59:60 UTC alone.
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === '-' ? -1 : 1);
  return Number(second) === 60 && (Number(hour) * 60 + Number(minute) - offset + 1440) % 1440 === 1439;
}

function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, at);
  return (
    at > 0 &&
    local.length <= 64 &&
    /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+$/.test(local) &&
    !local.startsWith('.') &&
    !local.endsWith('.') &&
    !local.includes('..') &&
    isHostname(text.slice(at + 1))
  );
}

function isHostname(text: string): boolean {
  return text.length <= 253 && text.split('.').every((label) => LABEL.test(label));
}

function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isUriReference(text: string): boolean {
  return (
    /^(?:[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*$/.test(text) && URL.canParse(text, 'http://base.invalid/')
  );
}

function isRegex(text: string): boolean {
  try {
    // oxlint-disable-next-line no-new
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}
