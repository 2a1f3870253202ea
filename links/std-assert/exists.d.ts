export function assertExists<T>(
  actual: T,
  msg?: string,
): asserts actual is NonNullable<T>;
