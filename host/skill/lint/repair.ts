import type { Finding } from './finding.ts';
import { PATHS } from '../names.ts';

const LF = 0x0a;
const CR = 0x0d;
const BOM = [0xef, 0xbb, 0xbf];

/** SKILL.md without a byte order mark, carriage returns and zero bytes, and a finding for each kind that was there. */
export function repairText(
  bytes: Uint8Array,
  fix: boolean,
): { readonly bytes: Uint8Array; readonly findings: readonly Finding[] } {
  const hasBom = BOM.every((byte, at) => bytes[at] === byte);
  const found: readonly (readonly [boolean, string, string])[] = [
    [hasBom, 'byte-order-mark', 'begins with a byte order mark'],
    [bytes.includes(CR), 'carriage-return', 'contains carriage returns'],
    [bytes.includes(0), 'zero-byte', 'contains bytes 0x00'],
  ];
  const findings = found.flatMap(([there, rule, what]): readonly Finding[] =>
    there
      ? [
          {
            severity: fix ? 'fixed' : 'error',
            rule,
            file: PATHS.skillMd,
            message: `SKILL.md ${what}`,
            remedy: 'Run `wirken skill lint --fix`.',
          },
        ]
      : [],
  );
  return { bytes: findings.length === 0 ? bytes : cleaned(hasBom ? bytes.subarray(BOM.length) : bytes), findings };
}

/** CR LF and a CR alone both end a line. */
function cleaned(bytes: Uint8Array): Uint8Array {
  const kept = new Uint8Array(bytes.length);
  let length = 0;
  for (const [at, byte] of bytes.entries()) {
    if (byte === 0 || (byte === CR && bytes[at + 1] === LF)) continue;
    kept[length++] = byte === CR ? LF : byte;
  }
  return kept.subarray(0, length);
}
