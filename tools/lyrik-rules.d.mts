export function compileRules(bundle: string): string;
export function buildRules(bundle: string, check: boolean): boolean;
