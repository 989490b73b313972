/**
 * What the transpiler, itself a component, imports: nothing of the machine. Randomness is constant, so that the same component is
 * always transpiled to the same bytes; what it prints is dropped, for a failure reaches us as its error.
 */
class Nothing {
  readonly isNothing = true;
}

class InputStream {
  read(): Uint8Array {
    return new Uint8Array();
  }

  blockingRead(): Uint8Array {
    return new Uint8Array();
  }
}

class OutputStream {
  checkWrite(): bigint {
    return 65_536n;
  }

  write(): void {}

  blockingFlush(): void {}

  blockingWriteAndFlush(): void {}
}

const none = (): undefined => undefined;
const [input, output] = [new InputStream(), new OutputStream()];

export const environment = { getEnvironment: () => [], getArguments: () => [], initialCwd: none };
export const exit = {
  exit: (): never => {
    throw new Error('the transpiler gave up');
  },
};
export const stdin = { getStdin: () => input };
export const stdout = { getStdout: () => output };
export const stderr = { getStderr: () => output };
export const terminalInput = { TerminalInput: Nothing };
export const terminalOutput = { TerminalOutput: Nothing };
export const terminalStdin = { getTerminalStdin: none };
export const terminalStdout = { getTerminalStdout: none };
export const terminalStderr = { getTerminalStderr: none };
export const wallClock = { now: () => ({ seconds: 0n, nanoseconds: 0 }) };
export const preopens = { getDirectories: () => [] };
export const types = { Descriptor: Nothing, DirectoryEntryStream: Nothing, filesystemErrorCode: none };
export const error = { Error: Nothing };
export const streams = { InputStream, OutputStream };
export const random = { getRandomBytes: (count: bigint) => new Uint8Array(Number(count)), getRandomU64: () => 0n };
