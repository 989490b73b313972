import { expectTypeOf, it } from 'vitest';
import type { Errno, FileKind } from '../layer.ts';
import type { ERRNOS, FILE_KINDS } from './format.ts';

it('has a number for every refusal and every kind of file', () => {
  expectTypeOf<(typeof ERRNOS)[number]>().toEqualTypeOf<Errno>();
  expectTypeOf<(typeof FILE_KINDS)[number]>().toEqualTypeOf<FileKind>();
});
