import { shown } from '../../base/shown.ts';
import { PLAIN, type Style } from '../terminal/style.ts';
import { fitted } from '../terminal/width.ts';
import { essenceOf } from './essence.ts';
import { shortSession } from './find-session.ts';
import type { RowView } from './row-view.ts';
import { localTime } from './time.ts';

const ID_COLUMNS = 6;
const SESSION_COLUMNS = 13;
const ACTOR_COLUMNS = 19;
const ACTION_COLUMNS = 19;
const MIN_ESSENCE_COLUMNS = 20;

/** A row on one line: time, id, session, actor, action, what it is about. @param columns what does not fit is cut; absent: nothing is */
export function logLine({ row, detail }: RowView, style: Style, columns?: number): string {
  const actor = shown(row.actor, 40);
  const action = shown(row.action, 40);
  const head = [
    localTime(row.ts),
    String(row.id).padStart(ID_COLUMNS),
    shortSession(row.session).padEnd(SESSION_COLUMNS),
    actor.padEnd(ACTOR_COLUMNS),
    action.padEnd(ACTION_COLUMNS),
  ];
  const taken = head.join('  ').length + 2;
  const plain = essenceOf(row.action, detail, PLAIN);
  const room = columns === undefined ? Infinity : Math.max(MIN_ESSENCE_COLUMNS, columns - taken);
  const cut = fitted(plain, room);
  // Colours stand in whole texts only: one that is cut is shown without.
  const essence = cut === plain ? essenceOf(row.action, detail, style) : cut;
  const [time = '', id = '', session = '', by = '', what = ''] = head;
  return [style.dim(time), style.dim(id), style.accent(session), style.dim(by), what, essence].join('  ').trimEnd();
}
