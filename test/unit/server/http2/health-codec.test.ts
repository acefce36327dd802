import type { MethodDefinition, ServiceDefinition } from '@grpc/proto-loader';
import { expect, test } from 'vitest';
import { loadPackageDefinition } from '../../../../src/envoy/service-definition.js';
import {
  readHealthCheckRequest,
  writeHealthCheckResponse,
  writeHealthListResponse,
} from '../../../../src/server/http2/health-codec.js';

const service = loadPackageDefinition()['grpc.health.v1.Health'] as ServiceDefinition;
const method = (name: string) => service[name] as MethodDefinition<object, object>;

test.each(['', 'envoy.service.auth.v3.Authorization', 'ü'])('reads what a general encoder writes for "%s"', (name) => {
  const bytes = method('Check').requestSerialize({ service: name });
  expect(readHealthCheckRequest(bytes)).toEqual({ ok: true, value: name });
});

test('passes over fields that it does not know, and takes the last of several', () => {
  const bytes = Buffer.concat([Buffer.of(0x10, 7), Buffer.of(0x0a, 1, 0x61), Buffer.of(0x0a, 1, 0x62)]);
  expect(readHealthCheckRequest(bytes)).toEqual({ ok: true, value: 'b' });
});

test.each([
  ['truncated', Buffer.of(0x0a, 5, 0x61)],
  ['no UTF-8', Buffer.of(0x0a, 1, 0xff)],
  ['no field', Buffer.of(0x00)],
])('%s is malformed', (_, bytes) => {
  expect(readHealthCheckRequest(bytes).ok).toBe(false);
});

test.each(['SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const)('a general decoder reads %s', (status) => {
  expect(method('Check').responseDeserialize(writeHealthCheckResponse(status))).toMatchObject({ status });
});

test('a general decoder reads the list', () => {
  const bytes = writeHealthListResponse(['', 'a.Service'], 'NOT_SERVING');
  expect(method('List').responseDeserialize(bytes)).toMatchObject({
    statuses: { '': { status: 'NOT_SERVING' }, 'a.Service': { status: 'NOT_SERVING' } },
  });
});
