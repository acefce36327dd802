import { z } from 'zod';
import { file } from './forms.js';

/** The signature that a bundle must have. */
export const verification = z.strictObject({
  key: file.describe('PEM public key or, for the HS algorithms, the secret; read again when the bundle is.'),
  algorithm: z
    .enum(['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'])
    .default('RS256')
    .describe('The only algorithm that is accepted.'),
  scope: z.string().default('').describe('The scope that the signature must be made for.'),
});
