const MAGIC = [0x00, 0x61, 0x73, 0x6d] as const;
const VERSIONS = {
  module: [0x01, 0x00, 0x00, 0x00],
  component: [0x0d, 0x00, 0x01, 0x00],
} as const;

/** Bytes of the preamble: magic, version and layer. */
export const PREAMBLE_BYTES = 8;

/**
 * What the first eight bytes claim: a core module, a component, or neither.
 * Source: WebAssembly core specification §5.5.16; Component Model, Binary.md "Component Definitions".
 */
export function layerOf(untrusted: Uint8Array): 'module' | 'component' | undefined {
  if (!startsWith(untrusted, 0, MAGIC)) return undefined;
  if (startsWith(untrusted, MAGIC.length, VERSIONS.module)) return 'module';
  if (startsWith(untrusted, MAGIC.length, VERSIONS.component)) return 'component';
  return undefined;
}

function startsWith(bytes: Uint8Array, at: number, expected: readonly number[]): boolean {
  return expected.every((byte, index) => bytes[at + index] === byte);
}
