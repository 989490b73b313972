import type { Detail, EventDraft } from '../policy/event.ts';
import { sha256 } from '../workspace/journal/sha256.ts';
import { encodeHex } from '../base/bytes.ts';
import type { Recorded } from '../workspace/journal/recorder.ts';
import type { SkillOutcome } from './run.ts';

/** What a row `skill.result` says of an outcome. */
export interface SkillResult {
  /** In the clear. */
  readonly detail: Detail;
  readonly redactable: Detail;
}

/** The part that the same call has again when it is made from its journal. */
export function resultOf(outcome: SkillOutcome): SkillResult {
  const { kind } = outcome;
  switch (kind) {
    case 'done':
      return {
        detail: { outcome: kind, exit_code: outcome.exitCode },
        redactable: { output: outcome.text, ...said(outcome) },
      };
    case 'tool-failed':
      return {
        detail: { outcome: kind, exit_code: outcome.code },
        redactable: { message: outcome.message, ...said(outcome) },
      };
    case 'limit':
      return {
        detail: { outcome: kind, limit: outcome.limit },
        redactable: { message: outcome.message, ...said(outcome) },
      };
    case 'result-invalid':
    case 'trap':
      return { detail: { outcome: kind }, redactable: { message: outcome.message, ...said(outcome) } };
    case 'refused':
      return { detail: { outcome: kind, code: outcome.code }, redactable: { message: outcome.message } };
    case 'crashed':
      return { detail: { outcome: kind }, redactable: { message: outcome.message } };
  }
}

function said({ log }: { readonly log: string }): Detail {
  return log === '' ? {} : { log };
}

/** How a row has the recording of its call, and the blob that it refers to. */
export function journalMembers(
  recorded: Recorded | undefined,
): Required<Pick<EventDraft, 'detail' | 'redactable' | 'blobs'>> {
  if (recorded?.kind !== 'kept') {
    return { detail: { journal: recorded?.kind ?? 'none' }, redactable: {}, blobs: [] };
  }
  const { bytes } = recorded;
  return {
    detail: { journal: 'kept' },
    redactable: { journal_blob: { $blob: encodeHex(sha256(bytes)), bytes: bytes.length } },
    blobs: [bytes],
  };
}
