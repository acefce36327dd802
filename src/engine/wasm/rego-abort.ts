/** The module gave up: a conflict between rules, no memory, or a document it cannot read. */
export class RegoAbort extends Error {
  override readonly name = 'RegoAbort';
}
