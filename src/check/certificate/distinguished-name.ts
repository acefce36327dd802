/**
 * Makes the form of RFC 2253, which Envoy's principal has too, of Node's: one line for each relative
 * name, in the other order. Node has escaped line breaks, commas and plus signs inside of values.
 *
 * @param text undefined for a name without any part
 */
export function distinguishedName(text: string | undefined): string {
  if (text === undefined) return '';
  return text
    .split('\n')
    .map((relativeName) => relativeName.split(' + ').reverse().join('+'))
    .reverse()
    .join(',');
}
