/** An error that is part of what a tool says: its message goes to whoever called, without a trace of the code. */
export class SkillError extends Error {
  override readonly name = 'SkillError';
  /** A stable word for programs. */
  readonly code: string;
  /** The exit code of the call, 1 to 63. */
  readonly exit: number;

  constructor(code: string, message: string, exit = 1) {
    super(message);
    this.code = code;
    this.exit = exit;
  }
}
