import type { AuditAction } from '../../policy/event.ts';
import type { TargetUrl } from './target-url.ts';

/** Where a credential is read from, anew for each request, so that it can be replaced while wirken runs. */
export type CredentialRef =
  | { readonly kind: 'env'; readonly variable: string }
  | { readonly kind: 'file'; readonly path: string };

interface Common {
  /** `^[a-z][a-z0-9-]{0,31}$`, no two the same. Names the files of its state. */
  readonly name: string;
  readonly credential: CredentialRef;
  /** Which rows go there; all, if absent. */
  readonly actions?: readonly AuditAction[];
  /** Where a forwarder without a cursor begins. */
  readonly start: 'beginning' | 'now';
}

export interface DatadogSpec extends Common {
  readonly kind: 'datadog';
  /** The intake's origin; `/api/v2/logs` is added. */
  readonly url: TargetUrl;
  readonly tags: readonly string[];
}

export interface SplunkSpec extends Common {
  readonly kind: 'splunk';
  /** `/services/collector/…` is added. */
  readonly url: TargetUrl;
  readonly index?: string;
  readonly sourcetype: string;
  /** Whether a batch counts as delivered only once the indexers have it. */
  readonly acknowledgements: boolean;
}

export interface SentinelSpec extends Common {
  readonly kind: 'sentinel';
  /** Logs ingestion endpoint, of the rule or of a data collection endpoint. */
  readonly url: TargetUrl;
  /** Immutable id of the data collection rule. */
  readonly rule: string;
  readonly stream: string;
  readonly tenant: string;
  readonly client: string;
  /** Of the token endpoint. */
  readonly authority: TargetUrl;
  readonly scope: string;
}

export interface WebhookSpec extends Common {
  readonly kind: 'webhook';
  readonly url: TargetUrl;
}

/** Where a copy of the audit log goes. */
export type ForwardSpec = DatadogSpec | SplunkSpec | SentinelSpec | WebhookSpec;
