import type { Action, Tier } from './action.ts';
import { type HostPattern, matchesHost } from './host-pattern.ts';
import { authorityOf } from './host.ts';
import { isInspection } from './inspection.ts';
import { type ActionTable, lookUp } from './table.ts';

export interface TierContext {
  /** The hosts that the operator listed (`network.hosts` of config.yaml). */
  readonly networkHosts?: readonly HostPattern[];
}

/** A tier, and in one clause why. */
export interface Classified {
  readonly tier: Tier;
  readonly because: string;
}

const CLASSES: ActionTable<Classified, TierContext> = {
  SkillRun: ({ trust, asks }) => {
    const more = Object.entries({ write: asks.write, network: asks.network, secrets: asks.secrets })
      .filter(([, asked]) => asked)
      .map(([what]) => what);
    if (trust !== 'root-delegated') return at(2, TRUST_REASONS[trust]);
    if (more.length > 0) return at(2, `the skill asks for ${more.join(', ')}`);
    return at(1, 'a root vouches for the skill, and it asks for nothing beyond reading');
  },
  WorkspaceRead: () => at(1, 'reading the workspace'),
  WorkspaceWrite: ({ granted }) =>
    granted ? at(1, 'inside what the skill was granted to write') : at(2, 'outside what a skill was granted to write'),
  WorkspaceDelete: () => at(3, 'what is deleted is gone'),
  ChannelReply: () => at(1, 'an answer to who asked'),
  WebSearch: () => at(1, 'a search'),
  MemoryRead: () => at(1, 'reading memory'),
  MemoryWrite: () => at(1, 'writing memory'),
  CredentialUse: () => at(3, 'a secret is used'),
  ScheduleCreate: () => at(3, 'it will run later, with nobody there'),
  SkillInstall: () => at(3, 'it brings code in'),
  NetworkRequest: ({ url }, { networkHosts = [] }) => {
    const authority = authorityOf(url);
    const listed = !('refused' in authority) && networkHosts.some((pattern) => matchesHost(pattern, authority));
    return listed ? at(2, "the host stands on the operator's list") : at(3, "the host is not on the operator's list");
  },
  ShellExec: ({ argv }) =>
    isInspection(argv) ? at(2, 'a command that only looks') : at(3, 'a command that may do anything'),
  McpToolCall: ({ readOnly }) =>
    readOnly
      ? at(2, "the server's pinned definition says that the tool only reads")
      : at(3, "the server's pinned definition does not say that the tool only reads"),
  MessageSend: () => at(2, 'a message to another conversation'),
  AgentSpawn: () => at(2, 'another agent is started'),
  CrossChannelRead: () => at(3, 'what was said on another channel'),
  ToolUnknown: () => at(3, 'nobody knows what the tool does'),
};

const TRUST_REASONS = {
  'self-signed': 'no root vouches for the skill',
  dev: 'the skill is under development and unsigned',
} as const;

/** 1: allowed and recorded. 2: asked once, remembered. 3: asked every time. Source: DESIGN §6. */
export function tierOf(action: Action, context: TierContext): Tier {
  return classify(action, context).tier;
}

/** The same with its reason. */
export function classify(action: Action, context: TierContext): Classified {
  return lookUp(CLASSES, action, context);
}

function at(tier: Tier, because: string): Classified {
  return { tier, because };
}
