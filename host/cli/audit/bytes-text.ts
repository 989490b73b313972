const UNITS = ['KiB', 'MiB', 'GiB'] as const;

/** `12 bytes`, `1.5 KiB`, `256 MiB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} byte${bytes === 1 ? '' : 's'}`;
  let value = bytes;
  let unit = '';
  for (const next of UNITS) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return `${Math.round(value * 10) / 10} ${unit}`;
}
