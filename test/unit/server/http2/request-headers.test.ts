import { expect, test } from 'vitest';
import { readRequestHeaders } from '../../../../src/server/http2/request-headers.js';

const check = { ':method': 'POST', 'content-type': 'application/grpc' };

test.each([
  [check, Number.POSITIVE_INFINITY],
  [{ ...check, 'grpc-timeout': '200m' }, 200],
  [{ ...check, 'grpc-encoding': 'identity' }, Number.POSITIVE_INFINITY],
  [{ ...check, 'content-type': 'application/grpc+proto' }, Number.POSITIVE_INFINITY],
  [{ ...check, 'content-type': 'application/grpc; charset=utf-8' }, Number.POSITIVE_INFINITY],
  [{ ...check, 'content-type': 'Application/gRPC' }, Number.POSITIVE_INFINITY],
])('%j is a call', (headers, timeout) => {
  expect(readRequestHeaders(headers)).toEqual({ ok: true, value: timeout });
});

test.each([
  [{ ...check, ':method': 'GET' }, 405],
  [{ ...check, ':method': 'post' }, 405],
  [{ ...check, ':method': undefined }, 405],
  [{ ...check, 'content-type': undefined }, 415],
  [{ ...check, 'content-type': 'application/grpc-web' }, 415],
  [{ ...check, 'content-type': 'application/grpcx' }, 415],
  [{ ...check, 'content-type': 'text/application/grpc' }, 415],
])('%j is no gRPC', (headers, status) => {
  expect(readRequestHeaders(headers)).toEqual({ ok: false, error: { kind: 'http', status } });
});

test.each([
  [{ ...check, 'grpc-encoding': 'gzip' }, 'UNIMPLEMENTED'],
  [{ ...check, 'grpc-encoding': 'identity, gzip' }, 'UNIMPLEMENTED'],
  [{ ...check, 'grpc-timeout': '' }, 'INTERNAL'],
  [{ ...check, 'grpc-timeout': '1m, 1m' }, 'INTERNAL'],
])('%j is a call that fails', (headers, status) => {
  expect(readRequestHeaders(headers)).toMatchObject({ ok: false, error: { kind: 'status', status } });
});
