import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import type { FuzzTarget } from '../../../scripts/fuzz/target.js';
import { parsePluginMultipart, parseStrictMultipart } from '../../../src/check/body/body-multipart.js';

/** What is accepted strictly has the same fields for a reader that cares about nothing but the boundary. */
export const multipart: FuzzTarget = {
  name: 'multipart',
  dictionary: [
    ...[
      '--B',
      '--B--',
      '\r\n',
      '\n',
      '\r\n\r\n',
      '\r\n--B\r\n',
      'Content-Disposition: form-data; name="a"',
      '; filename="f"',
    ],
    ...[
      'name=',
      "name*=utf-8''",
      'Content-Type: application/json',
      'Content-Transfer-Encoding: quoted-printable',
      '=\r\n',
      '=41',
    ],
  ],
  run(bytes) {
    parsePluginMultipart(bytes, 'B');
    const parsed = parseStrictMultipart(bytes, 'B');
    // Readers count differently how many replacement characters bytes that are no text make.
    if (!parsed.ok || !isUtf8(bytes) || /application\/json/i.test(bytes.toString('latin1'))) return;
    assert.deepEqual({ ...parsed.value }, sloppy(bytes.toString('latin1')));
  },
};

function sloppy(body: string): Record<string, string[]> {
  const fields: Record<string, string[]> = Object.create(null);
  for (const piece of body.split('--B').slice(1)) {
    if (piece.startsWith('--')) break;
    const { index = 0, 0: empty = '' } = /\r?\n\r?\n/.exec(piece) ?? {};
    const disposition = /^content-disposition:.*$/im.exec(piece.slice(0, index))?.[0] ?? '';
    const name = /;[ \t]*name="?([^";]*)/i.exec(disposition)?.[1]?.trim() ?? '';
    const content = piece.slice(index + empty.length).replace(/\r\n$/, '');
    fields[utf8(name)] = [...(fields[utf8(name)] ?? []), utf8(content)];
  }
  return { ...fields };
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
