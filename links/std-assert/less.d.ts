export function assertLess<T>(actual: T, expected: T, msg?: string): void;
