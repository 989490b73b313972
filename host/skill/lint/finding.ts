/** What is wrong, or could be better, in a bundle that is being written. */
export interface Finding {
  /** An `error` keeps the bundle from being packed or loaded; `fixed` was one, and `fix` repaired it. */
  readonly severity: 'error' | 'warning' | 'fixed';
  /** Stable name: a refusal code, or the name of a rule. */
  readonly rule: string;
  /** Inside the bundle. */
  readonly file: string;
  /** One line, safe to show. */
  readonly message: string;
  readonly line?: number;
  readonly remedy?: string;
}
