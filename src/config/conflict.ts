/** A key that cannot stand beside another one, and why. */
export interface Conflict {
  readonly path: readonly PropertyKey[];
  readonly because: string;
}
