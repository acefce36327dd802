import { z } from 'zod';
import { byteSize } from '../units.js';
import { file } from './forms.js';

export const input = z.strictObject({
  ambiguous_host: z
    .enum(['refuse', 'pass'])
    .default('refuse')
    .describe(
      'A host that readers take for different ones (two at once, with a user name, with escapes): `refuse` the request with 400, or `pass` it to the policy as opa-envoy-plugin does.',
    ),
  incomplete: z
    .enum(['refuse', 'pass'])
    .default('refuse')
    .describe(
      'An HTTP request without method or path, or a check with neither a request nor a connection: `refuse` it with 400, or `pass` it to the policy as opa-envoy-plugin does. The `http-api` shape refuses a missing method always.',
    ),
  leading_empty_segment: z
    .boolean()
    .default(false)
    .describe('In the `http-api` shape, keep the empty segment before the first slash: `["", "v1"]`.'),
  path_parsing: z
    .enum(['strict', 'opa-envoy-plugin'])
    .default('strict')
    .describe(
      '`strict` decodes per segment and refuses ambiguous paths with 400; `opa-envoy-plugin` decodes before splitting.',
    ),
  encoded_slashes: z
    .enum(['refuse', 'keep'])
    .default('refuse')
    .describe('With strict parsing: refuse `%2F` in a path, or keep it inside its segment.'),
  query_parsing: z
    .enum(['strict', 'lenient'])
    .default('strict')
    .describe(
      '`strict` refuses a malformed query with 400, as opa-envoy-plugin does; `lenient` leaves malformed pairs out.',
    ),
  body_parsing: z
    .enum(['strict', 'opa-envoy-plugin', 'off'])
    .default('strict')
    .describe(
      '`strict` reads the media type as RFC 9110 says and refuses malformed bodies with 400; `opa-envoy-plugin` matches it as the plugin does; `off` leaves `parsed_body` and `truncated_body` out.',
    ),
  grpc: z
    .strictObject({
      descriptors: file
        .optional()
        .describe(
          'The FileDescriptorSet by which gRPC bodies are read; read again on SIGHUP. Without it, they are `null`: see docs/grpc-bodies.md.',
        ),
      max_decompressed_size: byteSize
        .refine((bytes) => bytes >= 1024, 'at least 1KiB')
        .prefault('4MiB')
        .describe(
          'With strict parsing: the largest gRPC message after decompression; a larger one is refused with 400.',
        ),
    })
    .prefault({})
    .describe('gRPC request bodies.'),
  metadata_numbers: z
    .enum(['plain', 'exponent'])
    .default('plain')
    .describe(
      'How numbers of Envoy metadata are written: `1569026124`, or `1.569026124e+09` as opa-envoy-plugin writes them.',
    ),
  certificates: z
    .enum(['parsed', 'off'])
    .default('parsed')
    .describe(
      '`parsed` shows what stands in the certificate that Envoy sends with `include_peer_certificate` as `source_certificate`, and refuses a principal with control characters with 400; `off` does neither.',
    ),
  refusal_text: z
    .enum(['generic', 'opa-envoy-plugin'])
    .default('generic')
    .describe(
      "What the client of a refused request is told: a fixed text, or the parser's words as opa-envoy-plugin tells them.",
    ),
});
