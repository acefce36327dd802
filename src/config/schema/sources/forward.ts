import { z } from 'zod';
import { file, headerName, positiveDuration } from '../forms.js';

const token = z.strictObject({
  header: headerName.default('x-identity-token').describe('Header that carries the token to the backend.'),
  issuer: z.string().min(1).default('portcullis').describe('`iss` of the token.'),
  audience: z
    .array(z.string().min(1))
    .min(1, 'at least one audience')
    .describe('`aud` of the token: the backends it is for.'),
  lifetime: positiveDuration
    .prefault('1m')
    .describe('How long the token is good for; never longer than the credential it was made for.'),
  keys: z
    .array(z.strictObject({ file: file.describe('Private key, PEM: EC P-256 (ES256) or Ed25519 (EdDSA).') }))
    .min(1, 'at least one key')
    .describe('The first signs; all stand in the key set on the admin port, `/.well-known/jwks.json`.'),
});

export const forward = z.strictObject({
  headers: z
    .strictObject({
      subject: headerName.optional().describe('Header that tells the backend the subject.'),
      email: headerName.optional().describe('Header that tells the backend the e-mail address.'),
      roles: headerName.optional().describe('Header that tells the backend the roles, separated by commas.'),
      groups: headerName.optional().describe('Header that tells the backend the groups, separated by commas.'),
      session: headerName.optional().describe('Header that tells the backend the id of the session.'),
    })
    .prefault({})
    .describe('Headers that are set on an allowed request, and removed from what the client sent.'),
  token: token.optional().describe('A short token of our own that the backend can verify. Without it, none.'),
  remove_credentials: z
    .boolean()
    .default(false)
    .describe('Keep what the identity sources look at (`Authorization`, session cookie, API key) from the backend.'),
});
