import { ReflectionService } from '@grpc/reflection';
import { describe, expect, test } from 'vitest';
import { loadPackageDefinition } from '../../../src/envoy/service-definition.js';
import { authorizationService, checkPath } from '../../../src/envoy/service-names.js';

describe('the package definition', () => {
  const definition = loadPackageDefinition();

  test('has the service at the path that Envoy calls', () => {
    expect(checkPath).toBe('/envoy.service.auth.v3.Authorization/Check');
    expect(definition[authorizationService]).toMatchObject({
      Check: { path: checkPath, requestStream: false, responseStream: false },
    });
  });

  test.each([
    'grpc.health.v1.Health',
    'grpc.reflection.v1.ServerReflection',
    'grpc.reflection.v1alpha.ServerReflection',
  ])('has %s', (service) => {
    expect(definition).toHaveProperty([service]);
  });

  test('can be shown by reflection', () => {
    expect(() => new ReflectionService(definition)).not.toThrow();
  });
});
