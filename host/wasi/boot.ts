/** The script as the function that is called with what Node gives a module. */
export function scriptBody(text: string): string {
  return `(function (require, __filename) {${text}\n})`;
}

/**
 * JavaScript that starts the script `body` beside it, with what its functions were compiled to when a runner practised, if that is there:
 * to compile what a first call needs takes longer than to load it. A runner that practises gives it to its stdout when it ends.
 */
export function bootScript(body: string, compiled: string): string {
  return `'use strict';
const { readFileSync, writeSync } = process.getBuiltinModule('node:fs');
const { constants, Script } = process.getBuiltinModule('node:vm');
let cachedData;
try {
  cachedData = readFileSync(__dirname + '/${compiled}');
} catch {}
const filename = __dirname + '/${body}';
const script = new Script(readFileSync(filename, 'latin1'), {
  filename,
  cachedData,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
if (process.argv[3] === 'practise') {
  process.once('exit', () => {
    const bytes = script.createCachedData();
    for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
  });
}
script.runInThisContext()(require, __filename);
`;
}
