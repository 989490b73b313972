/** Not a module at all. */
export default () => new TextEncoder().encode('(module)\n');
