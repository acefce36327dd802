/** Something that reads bytes which may be hostile. */
export interface FuzzTarget {
  /** Also the name of its file in `test/fuzz/corpus`. */
  readonly name: string;
  /** Texts that mean something to the reader, which chance alone would not find. */
  readonly dictionary: readonly string[];
  /** Throws when the reader does what it must not do. Runs to its end at once. */
  run(bytes: Buffer): void;
}
