const NUMBER = '(?:0|[1-9]\\d{0,14})';
const PRE = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)';
const SEMVER = new RegExp(
  `^(${NUMBER})\\.(${NUMBER})\\.(${NUMBER})(?:-(${PRE}(?:\\.${PRE})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);
const MAX_CHARS = 128;

/** Whether the text is a version. Source: Semantic Versioning 2.0.0. */
export function isSemver(untrusted: string): boolean {
  return untrusted.length <= MAX_CHARS && SEMVER.test(untrusted);
}

/** Below 0 if `a` comes before `b`, 0 if neither does; build metadata says nothing. Both must be versions. */
export function compareSemver(a: string, b: string): number {
  const left = SEMVER.exec(a);
  const right = SEMVER.exec(b);
  if (left === null || right === null) throw new TypeError('compareSemver takes versions');
  for (const part of [1, 2, 3]) {
    const difference = Number(left[part]) - Number(right[part]);
    if (difference !== 0) return difference;
  }
  return comparePre(left[4], right[4]);
}

function comparePre(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  const left = a.split('.');
  const right = b.split('.');
  for (const [at, part] of left.entries()) {
    const other = right[at];
    if (other === undefined) return 1;
    const difference = comparePart(part, other);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function comparePart(a: string, b: string): number {
  const left = /^\d+$/.test(a);
  const right = /^\d+$/.test(b);
  if (left && right) return a.length - b.length || order(a, b);
  return left === right ? order(a, b) : Number(right) - Number(left);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
