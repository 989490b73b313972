/** Where a module says which tools its code declares: a JSON text. */
export const TOOLS_SECTION = 'wirken:tools';
