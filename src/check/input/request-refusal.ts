import { fail } from '../../errors/result.js';

/** Why a request is refused with 400 before any policy sees it: a metric label and a field of the decision log. */
export type RefusalReason =
  | 'path_bad_escape'
  | 'path_control_character'
  | 'path_backslash'
  | 'path_encoded_slash'
  | 'path_dot_segment'
  | 'path_double_encoding'
  | 'path_empty_segment'
  | 'path_fragment'
  | 'path_invalid_utf8'
  | 'path_not_absolute'
  | 'host_ambiguous'
  | 'query_invalid'
  | 'query_too_many'
  | 'body_invalid'
  | 'body_too_complex'
  | 'content_type_invalid'
  | 'content_length_invalid'
  | 'content_encoding_unsupported'
  | 'principal_invalid'
  | 'request_incomplete';

/** A request that is malformed or ambiguous. */
export interface RequestRefusal {
  readonly reason: RefusalReason;
  /** For the operator; with the compatible parsers in the words of opa-envoy-plugin. May quote the request. */
  readonly message: string;
}

/** A message may quote what the client sent; an answer and a log line stay short all the same. */
const longestMessage = 1000;

export function refuse(reason: RefusalReason, message: string): { readonly ok: false; readonly error: RequestRefusal } {
  return fail({ reason, message: message.slice(0, longestMessage) });
}
