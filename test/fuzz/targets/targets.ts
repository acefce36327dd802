import type { FuzzTarget } from '../../../scripts/fuzz/target.js';
import { body } from './body.js';
import { certificate } from './certificate.js';
import { decision } from './decision.js';
import { grpcBody } from './grpc-body.js';
import { input } from './input.js';
import { json } from './json.js';
import { multipart } from './multipart.js';
import { opaAnswer } from './opa-answer.js';
import { path } from './path.js';
import { query } from './query.js';
import { reader } from './reader.js';

export const targets: readonly FuzzTarget[] = [
  reader,
  path,
  query,
  body,
  multipart,
  json,
  decision,
  input,
  opaAnswer,
  grpcBody,
  certificate,
];
