import type { Json } from '../../base/jcs.ts';
import { shown } from '../../base/shown.ts';
import { listed, type Permissions } from '../../policy/grants.ts';
import { fingerprint } from '../../skill/ed25519.ts';
import type { PublicKey, Skill, Trust } from '../../skill/skill.ts';

/** `root-delegated (publisher wirken, root wirken)` */
export function trustText(trust: Trust): string {
  switch (trust.kind) {
    case 'root-delegated':
      return `root-delegated (publisher ${shown(trust.publisher)}, root ${shown(trust.rootName)})`;
    case 'self-signed':
      return 'self-signed (nobody vouches for the key)';
    case 'dev':
      return 'UNSIGNED, --dev';
  }
}

export function keyText(key: PublicKey | undefined): string {
  return key === undefined ? 'none' : `${fingerprint(key)}… (${key})`;
}

/** What a skill asks for, one line each; never empty. */
export function asksLines(permissions: Permissions): readonly string[] {
  const lines = listed(permissions).map((line) => shown(line));
  return lines.length === 0 ? ['nothing'] : lines;
}

/** A skill as `--json` shows it. */
export function skillJson(skill: Skill): { readonly [key: string]: Json } {
  const { manifest, trust } = skill;
  return {
    name: skill.name,
    version: manifest.version ?? null,
    description: manifest.description,
    digest: skill.digest,
    form: skill.form,
    trust: trust.kind,
    key: skill.key ?? null,
    ...(trust.kind === 'root-delegated' ? { root: trust.root, publisher: trust.publisher } : {}),
    asks: permissionsJson(manifest.permissions),
    allowed_tools: [...manifest.allowedTools],
    model_invocable: manifest.modelInvocable,
    tools: manifest.tools.map(({ name, description }) => ({ name, description })),
    warnings: [...manifest.warnings],
  };
}

export function permissionsJson(permissions: Permissions): readonly string[] {
  return listed(permissions);
}
