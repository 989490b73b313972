import { shown } from '../../base/shown.ts';
import type { Clock } from '../../base/ports.ts';
import type { ProgressEvent } from '../../wasi/call.ts';
import type { Style } from './style.ts';
import { fitted } from './width.ts';

/** Where a progress line goes: stderr, or nothing at all if that is no terminal. */
export interface ProgressSink {
  readonly isTerminal: boolean;
  /** Columns, asked anew for each line. */
  columns(): number;
  write(text: string): void;
}

/** One line that is rewritten in place. */
export interface ProgressLine {
  update(event: ProgressEvent): void;
  /** Takes the line away; the cursor stands where it stood before. May be called at any time and twice. */
  clear(): void;
}

const INTERVAL_MS = 80;
const BAR_CELLS = 20;
const ERASE_LINE = '\r\u001b[2K';

export function progressLine(label: string, sink: ProgressSink, clock: Clock, style: Style): ProgressLine {
  let drawnAt = -Infinity;
  let drawn = false;
  return {
    update(event) {
      if (!sink.isTerminal || clock.now() - drawnAt < INTERVAL_MS) return;
      drawnAt = clock.now();
      drawn = true;
      // One column stays free: a full line would wrap, and only its last part be erased.
      sink.write(ERASE_LINE + style.dim(fitted(progressText(label, event), Math.max(0, sink.columns() - 1))));
    },
    clear() {
      if (drawn) sink.write(ERASE_LINE);
      drawn = false;
      drawnAt = -Infinity;
    },
  };
}

/** The text of the line: label, bar if the total is known, counts, message. */
export function progressText(label: string, event: ProgressEvent): string {
  const { done, total } = event;
  const message = shown(event.message ?? '', 200);
  const known = total !== undefined && total > 0 && Number.isFinite(total) && Number.isFinite(done);
  const share = known ? Math.min(1, Math.max(0, done / total)) : 0;
  const filled = Math.round(share * BAR_CELLS);
  const amount = known
    ? `${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)} ${done}/${total}`
    : Number.isFinite(done)
      ? String(done)
      : '';
  return [shown(label, 80), amount, message].filter((part) => part !== '').join(' ');
}
