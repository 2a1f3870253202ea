export function relative(from: string, to: string): string;
