export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void;
