import type { Config } from '../../config/schema.js';
import type { Result } from '../../errors/result.js';
import type { RequestRefusal } from '../input/request-refusal.js';
import { parsePluginBody } from './body-plugin.js';
import { parseStrictBody } from './body-strict.js';
import type { BodyRequest, ParsedBody } from './parsed-body.js';

/** The body as the policy sees it. */
export function parseBody(
  request: BodyRequest,
  mode: Exclude<Config['input']['body_parsing'], 'off'>,
): Result<ParsedBody, RequestRefusal> {
  return mode === 'strict' ? parseStrictBody(request) : parsePluginBody(request);
}
