/**
 * The secrets of one step as they are handed over: nothing but the step gets to see them.
 *
 * @module
 */

/** The value of a secret. Throws when the launch names one that was not given. */
export function secretValue(values, name) {
  if (!Object.hasOwn(values, name)) {
    throw new Error(`its secret "${name}" was not given`);
  }
  return values[name];
}

/** What bubblewrap reads of the secrets, as descriptors `[from, to]`. */
export function secretDescriptors(fds, { fd, variables, files }, values) {
  const bytes = (text) => fds.bytes(new TextEncoder().encode(text));
  const text = variables.flatMap(({ variable, secret }) => [
    "--setenv",
    variable,
    secretValue(values, secret),
  ]).map((word) => `${word}\0`).join("");
  return [
    ...(fd === null ? [] : [[bytes(text), fd]]),
    ...files.map(({ fd, secret }) => [bytes(secretValue(values, secret)), fd]),
  ];
}
