import { z } from 'zod';
import type { Result } from '../../errors/result.js';
import { listenAddressHint, parseListenAddress, parseTcpAddress, tcpAddressHint } from '../address.js';
import { parseAddressRange } from '../address-range.js';
import { duration } from '../units.js';

export const file = z
  .string('the name of a file')
  .regex(/^[^\0\r\n]+$/, 'the name of a file')
  .meta({ 'x-form': 'file' });

export const headerName = z.string().regex(/^[!#$%&'*+\-.^_`|~0-9a-z]+$/, 'a header name in lower case');

/** Text of the given pattern that a parser accepts too; what the parser says is the error. */
export function parsed(pattern: RegExp, hint: string, parse: (text: string) => Result<unknown>) {
  return z
    .string()
    .regex(pattern, { error: hint, abort: true })
    .superRefine((text, context) => {
      const result = parse(text);
      if (!result.ok) context.addIssue({ code: 'custom', message: result.error });
    });
}

/** An IP address or a range of them, in the notation of RFC 4632. */
export const addressRange = z.string().superRefine((text, context) => {
  const range = parseAddressRange(text);
  if (!range.ok) context.addIssue({ code: 'custom', message: range.error });
});

const tcpPattern = /^(\[[0-9A-Fa-f:.]+\]|[^:/[\]\s]+):[0-9]{1,5}$/;
export const tcpAddress = parsed(tcpPattern, tcpAddressHint, parseTcpAddress);
export const listenAddress = parsed(
  new RegExp(`^unix:///.+$|${tcpPattern.source}`),
  listenAddressHint,
  parseListenAddress,
);

export const positiveDuration = duration.refine((milliseconds) => milliseconds > 0, 'a duration longer than 0');
