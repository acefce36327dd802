/**
 * A Rego set among the arguments or in the result of a built-in: its elements in OPA's order,
 * without duplicates. It is an array, since JSON has no sets and most built-ins treat both alike.
 */
export class RegoSet extends Array<unknown> {
  /** `map` and its like make plain arrays, whose elements need be neither sorted nor distinct. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}
