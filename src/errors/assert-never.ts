/** Makes a `switch` over a closed set exhaustive at compile time. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected value: ${String(value)}`);
}
