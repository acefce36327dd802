import { isIP } from 'node:net';
import { fail, ok, type Result } from '../../errors/result.js';

/** Subject alternative names by kind, in the order of the certificate. Names of other kinds are not shown. */
export interface AlternativeNames {
  readonly dns: readonly string[];
  readonly uri: readonly string[];
  readonly ip: readonly string[];
  readonly email: readonly string[];
}

const most = 256;

const kinds: ReadonlyMap<string, keyof AlternativeNames> = new Map([
  ['DNS', 'dns'],
  ['URI', 'uri'],
  ['IP Address', 'ip'],
  ['email', 'email'],
]);

/**
 * Reads what Node writes for the extension: `DNS:a, URI:"b"`, where a comma inside a name is always
 * escaped. Printable ASCII is all that such names may hold; a NUL has made others read
 * `good.example\0.evil.example` as `good.example` (CVE-2026-47778), so one such name is a fault of all.
 */
export function readAlternativeNames(text: string): Result<AlternativeNames, 'san_invalid' | 'san_too_many'> {
  const names = { dns: [] as string[], uri: [] as string[], ip: [] as string[], email: [] as string[] };
  const entries = text === '' ? [] : text.split(', ');
  if (entries.length > most) return fail('san_too_many');
  for (const entry of entries) {
    const colon = entry.indexOf(':');
    const kind = kinds.get(entry.slice(0, colon));
    if (kind === undefined) continue;
    const name = unquote(entry.slice(colon + 1));
    if (name === undefined || !/^[!-~]+$/.test(name)) return fail('san_invalid');
    if (kind === 'ip' && isIP(name) === 0) return fail('san_invalid');
    names[kind].push(name);
  }
  return ok(names);
}

function unquote(text: string): string | undefined {
  if (!text.startsWith('"')) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined;
  }
}
