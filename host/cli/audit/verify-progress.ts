import type { Progress } from '../../audit/verify.ts';
import { systemClock } from '../../base/ports.ts';
import type { Context } from '../context.ts';
import { type ProgressLine, progressLine } from '../terminal/progress.ts';

/** A line on stderr with how far it is and how fast, on a terminal only. */
export interface RowProgress extends Disposable {
  update(progress: Progress): void;
}

export function rowProgress(context: Context, label: string): RowProgress {
  const line: ProgressLine = progressLine(
    label,
    {
      isTerminal: context.stderr.isTTY && !context.out.json,
      columns: () => context.stderr.columns,
      write: (text) => void context.stderr.write(text),
    },
    systemClock,
    context.noteStyle,
  );
  const begun = performance.now();
  return {
    update: ({ rows, of }) => {
      const seconds = Math.max(0.001, (performance.now() - begun) / 1000);
      const message = `rows, ${Math.round(rows / seconds)} a second`;
      line.update({ done: rows, message, ...(of === undefined ? {} : { total: of }) });
    },
    [Symbol.dispose]: () => line.clear(),
  };
}
