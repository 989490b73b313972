import type { Config } from '../config.ts';
import type { Output } from './output.ts';
import type { Style } from './terminal/style.ts';

/** What a command is given; it reaches for nothing else. */
export interface Context {
  readonly config: Config;
  readonly out: Output;
  /** For stdout. */
  readonly style: Style;
  /** For stderr. */
  readonly noteStyle: Style;
  /** Absolute. */
  readonly cwd: string;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  /** Absolute: where the skills that come with wirken lie. */
  readonly bundledDir: string;
}
