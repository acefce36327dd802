/** Base64url as OPA reads it: padding may be left out, line breaks are skipped, anything else is refused. */
export function decodeBase64Url(text: string): Buffer | undefined {
  const padding = text.endsWith('=') ? '' : ['', undefined, '==', '='][text.length % 4];
  if (padding === undefined) return undefined;
  const padded = (text + padding).replace(/[\r\n]/g, '');
  if (padded.length % 4 !== 0 || !/^[A-Za-z0-9_-]*={0,2}$/.test(padded)) return undefined;
  return Buffer.from(padded, 'base64url');
}
