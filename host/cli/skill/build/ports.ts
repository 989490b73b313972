/** What a builder is given. */
export interface BuildPorts {
  /** Absolute: the skill. */
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Takes what a compiler remarks without failing. */
  readonly note: (text: string) => void;
}
