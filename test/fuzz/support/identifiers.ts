import { createHash } from 'node:crypto';
import { createIdentifier, type Identifier } from '../../../src/identity/identify.js';
import { createTokenFileSource } from '../../../src/identity/token-file.js';
import { createTrustedHeaderSource } from '../../../src/identity/trusted-header.js';

const good = createHash('sha256').update('good').digest('hex');
const tokens = createTokenFileSource(new Map([[good, { subject: 'alice', roles: ['admin'] }]]));
const header = createTrustedHeaderSource({
  subject: 'x-user',
  roles: 'x-user-roles',
  underscore_alias: true,
  trusted_peers: [],
  unsafe_any_peer: true,
});

/** No source, each kind, and both. */
export const identifiers: readonly Identifier[] = [[], [tokens], [header], [tokens, header]].map(createIdentifier);
