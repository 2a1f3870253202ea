export function join(path?: string | URL, ...paths: string[]): string;
