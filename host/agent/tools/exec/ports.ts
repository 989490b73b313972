/** What confines a program that `exec` starts. */
export type Sandbox =
  | {
      readonly kind: 'bubblewrap';
      /** Absolute. */
      readonly program: string;
      /** Options that this bubblewrap knows, beyond those that every one must. */
      readonly hardening: readonly string[];
      /** Absolute, as the program itself sees it; absent where the system has none. */
      readonly limiter?: string;
    }
  | {
      readonly kind: 'none';
      /** Why not, in a few words. */
      readonly why: string;
    };

/** What `exec` works with. */
export interface ExecPorts {
  /** The open workspace; O_PATH suffices. It stays the caller's. */
  readonly workspaceFd: number;
  /** Which sandbox works here; looked at once. */
  sandbox(): Promise<Sandbox>;
  /** Whether the operator lets programs run without one. */
  readonly allowUnsandboxed: boolean;
  /** wirken's own directory, absolute: no program sees it. */
  readonly dataDir: string;
}
