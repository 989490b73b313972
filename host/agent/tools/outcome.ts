import type { ErrorCode } from '../../base/error.ts';
import type { Denied } from '../../policy/gate-ports.ts';
import type { ToolResult } from './tool.ts';

/** How a call of a built-in tool ended. A message is one line of wirken's own, safe to show. */
export type ToolOutcome =
  | ({ readonly kind: 'done' } & ToolResult)
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly remedy?: string }
  | Denied;
