export function normalize(path: string | URL): string;
