import { resolve } from 'node:path';
import type { GivenCheckpoint } from '../../audit/verify.ts';
import { openDatabase } from '../../audit/database.ts';
import {
  checkConsistencyProof,
  checkRowProof,
  CONSISTENCY_PROOF,
  type ConsistencyProof,
  proveConsistency,
  proveRow,
  ROW_PROOF,
  type RowProof,
} from '../../audit/prove.ts';
import { asAuditError } from '../../audit/sqlite-error.ts';
import { decodeUtf8 } from '../../base/bytes.ts';
import { HostError } from '../../base/error.ts';
import { shown, shownJson } from '../../base/shown.ts';
import { readWhole } from '../../skill/durable.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../output.ts';
import { readText } from '../skill/read-input.ts';
import { counted } from './counted.ts';
import { logLine } from './log-line.ts';
import { numberFlag } from './number-flag.ts';
import { writeOutFile } from './out-file.ts';
import { readNotes } from './read-notes.ts';
import { rowJson, viewRow } from './row-view.ts';
import { type VerifyKey, verifyKey } from './verify-key.ts';

export interface ProveFlags {
  readonly out?: string;
  readonly force?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly check?: string;
  readonly key?: string;
}

const MAX_PROOF_BYTES = 32 * 1024 * 1024;

/** `audit prove` */
export async function auditProve(context: Context, row: string | undefined, flags: ProveFlags): Promise<number> {
  const { from, to, check } = flags;
  const wanted = [row, from, check].filter((one) => one !== undefined);
  if (wanted.length !== 1 || (to !== undefined && from === undefined)) {
    throw new HostError('usage', 'audit prove wants one of: a row, --from, --check', {
      remedy:
        'wirken audit prove ROW, wirken audit prove --from NOTE [--to NOTE], or wirken audit prove --check FILE --key HEX',
    });
  }
  const key = verifyKey(context.config.dataDir, flags.key);
  if (check !== undefined) return printChecked(context, await proofText(context, check), key);
  return print(context, row === undefined ? provedGrowth(context, flags, key) : provedRow(context, row, key), flags);
}

function provedRow({ config }: Context, row: string, key: VerifyKey): RowProof {
  const id = numberFlag('ROW', row, 1);
  const db = openDatabase(config.dataDir, { readonly: true });
  try {
    const proof = asAuditError(db.name, () => proveRow(db, id, key.hex), 'reading');
    // A row that was changed makes a proof that nobody accepts.
    checkRowProof(JSON.stringify(proof), key.hex);
    return proof;
  } catch (error) {
    if (!(error instanceof HostError) || error.code !== 'audit-invalid') throw error;
    throw new HostError('audit-invalid', `row ${id} cannot be proved: ${error.message}`, {
      remedy: 'Find out what was changed with `wirken audit verify`.',
    });
  } finally {
    db.close();
  }
}

function provedGrowth({ config, cwd }: Context, { from, to }: ProveFlags, key: VerifyKey): ConsistencyProof {
  // A file that checkpoints were appended to says most with its first and its last.
  const older = from === undefined ? undefined : readNotes(cwd, from).at(0);
  const newer = to === undefined ? undefined : readNotes(cwd, to).at(-1);
  const db = openDatabase(config.dataDir, { readonly: true });
  try {
    return asAuditError(db.name, () => proveConsistency(db, key.hex, noteOf(older), newer?.note), 'reading');
  } finally {
    db.close();
  }
}

function noteOf(checkpoint: GivenCheckpoint | undefined): string {
  return checkpoint?.note ?? '';
}

function print({ cwd, out }: Context, proof: RowProof | ConsistencyProof, { out: file, force }: ProveFlags): number {
  const text = `${shownJson(JSON.stringify(proof, null, 2))}\n`;
  if (file === undefined) out.raw(Buffer.from(text));
  else {
    writeOutFile(cwd, file, force === true, text);
    out.result(`Wrote the proof to ${shown(file, 4096)}.`, { ok: true, file, kind: proof.kind });
  }
  out.note('Whoever has the key of this log checks it with: wirken audit prove --check FILE --key HEX');
  return EXIT.done;
}

async function proofText({ cwd, stdin }: Context, file: string): Promise<string> {
  if (file === '-') return await readText(stdin, MAX_PROOF_BYTES);
  const bytes = readWhole(resolve(cwd, file), MAX_PROOF_BYTES);
  const text = bytes && decodeUtf8(bytes);
  if (text !== undefined) return text;
  const what = bytes === undefined ? 'is not there' : 'is no text';
  throw new HostError(bytes === undefined ? 'not-found' : 'io', `${shown(file, 4096)} ${what}`, {
    file,
    remedy: 'Name a file that `wirken audit prove` wrote.',
  });
}

function printChecked({ out, style }: Context, untrusted: string, key: VerifyKey): number {
  if (kindOf(untrusted) === CONSISTENCY_PROOF) {
    const { from, to } = checkConsistencyProof(untrusted, key.hex);
    out.result(
      `${style.good('The proof holds')}: the log of the checkpoint over ${counted(to.size, 'row')} begins with that of the checkpoint over ${from.size}.`,
      {
        ok: true,
        kind: CONSISTENCY_PROOF,
        from: headJson(from),
        to: headJson(to),
        key: key.hex,
        key_source: key.source,
      },
    );
  } else {
    const { row, head } = checkRowProof(untrusted, key.hex);
    const view = viewRow(row, new Map());
    out.result(
      `${style.good('The proof holds')}: this row stood in the log when the checkpoint over ${counted(head.size, 'row')} was signed.\n${logLine(view, style)}`,
      { ok: true, kind: ROW_PROOF, row: rowJson(view), ...headJson(head), key: key.hex, key_source: key.source },
    );
  }
  if (key.source === 'pinned')
    out.note('Checked with the key that is pinned beside the log here; --key takes another.');
  return EXIT.done;
}

function headJson({ size, root }: { readonly size: number; readonly root: Buffer }): {
  readonly size: number;
  readonly root: string;
} {
  return { size, root: root.toString('hex') };
}

/** Which of the two it claims to be; the check of that kind reads it strictly. */
function kindOf(untrusted: string): unknown {
  try {
    const proof: unknown = JSON.parse(untrusted);
    return typeof proof === 'object' && proof !== null && 'kind' in proof ? proof.kind : undefined;
  } catch {
    return undefined;
  }
}
