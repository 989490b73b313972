import { HostError } from '../../base/error.ts';
import { sha256Hex } from '../blobs.ts';
import { decodeJournal, type Journal } from '../../workspace/journal/decode.ts';
import type { ReplayPorts } from './ports.ts';
import { divergent, unverifiable, type Verdict } from './report.ts';
import { broken, detailOf, needed, notKept, type ReplayRow } from './row.ts';

/** The journal that the result of a call has kept, or what follows from there being none. */
export function journalOf(row: ReplayRow, ports: ReplayPorts): Journal | { readonly verdict: Verdict } {
  const { journal } = detailOf(row);
  if (journal === 'too-large') {
    return { verdict: unverifiable('it learnt more from the world than one journal holds') };
  }
  if (journal !== 'kept') return { verdict: unverifiable('no journal of it was kept') };
  const found = needed(row, 'journal_blob');
  if ('verdict' in found) return found;
  if (found.opened.kind !== 'blob') return { verdict: divergent('journal_blob: it is no journal') };
  const { reference } = found.opened;
  try {
    const bytes = ports.blob(reference);
    if (bytes === undefined) return { verdict: notKept('journal_blob', reference.bytes) };
    return sha256Hex(bytes) === reference.$blob ? decodeJournal(bytes) : { verdict: broken('journal_blob') };
  } catch (error) {
    if (error instanceof HostError) return { verdict: divergent(`journal_blob: ${error.message}`) };
    throw error;
  }
}
