const plain = /^[\x21-\x7e\u00a1-\uffff](?:[\x20-\x7e\u00a1-\uffff]*[\x21-\x7e\u00a1-\uffff])?$/;

/** Text that may end up in a header: not empty, no control characters, no blanks around it. */
export function isPlainText(text: string): boolean {
  return plain.test(text);
}

/** The name of a role or a group: they are joined with commas in headers. */
export function isRole(text: string): boolean {
  return isPlainText(text) && !text.includes(',');
}
