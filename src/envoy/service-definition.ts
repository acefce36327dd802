import { fileURLToPath } from 'node:url';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';

/** The same depth in the source tree and in the built one. */
const protosFolder = fileURLToPath(new URL('../../protos', import.meta.url));

const services = [
  'envoy/service/auth/v3/external_auth.proto',
  'grpc/health/v1/health.proto',
  'grpc/reflection/v1/reflection.proto',
  'grpc/reflection/v1alpha/reflection.proto',
];

/**
 * Everything in `protos/`, for gRPC reflection and for clients in tests: field names as in the
 * proto files, int64 as text, enums by name. Reads files, so call it at start only.
 */
export function loadPackageDefinition(): PackageDefinition {
  return loadSync(services, {
    includeDirs: [protosFolder],
    keepCase: true,
    longs: String,
    enums: String,
    oneofs: true,
  });
}
