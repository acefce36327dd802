import { Buffer } from 'node:buffer';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { parseGrpcDescriptors } from '../../../src/check/grpc-body/grpc-descriptors.js';
import { descriptorBytes, descriptors } from './grpc-fixture.js';

const set = fromBinary(FileDescriptorSetSchema, descriptorBytes);

function encode(file: typeof set.file): Uint8Array {
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file }));
}

const problem = (bytes: Uint8Array) => {
  const parsed = parseGrpcDescriptors(bytes);
  return parsed.ok ? undefined : parsed.error;
};

describe('methods', () => {
  test('are found by service and name', () => {
    expect(descriptors().method(['bookshop.v1.Shop', 'Order'])?.input.typeName).toBe('bookshop.v1.OrderRequest');
    expect(descriptors().method(['bookshop.v1.Shop'])).toBeUndefined();
    expect(descriptors().method(['bookshop.v1.Shop', 'Order', ''])).toBeUndefined();
  });
});

describe('a set', () => {
  test('may hold its files in any order', () => {
    expect(problem(encode(set.file.toReversed()))).toBeUndefined();
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['without files', Buffer.alloc(0), /no service/],
    ['without services', encode(set.file.filter(({ service }) => service.length === 0)), /no service/],
    ['that is cut off', descriptorBytes.subarray(0, -5), /./],
    ['that is text', Buffer.from('syntax = "proto3";'), /./],
    ['that is JSON', Buffer.from('{"file":[]}'), /./],
    ['without an import', encode(set.file.filter(({ name }) => name !== 'google/protobuf/any.proto')), /any\.proto/],
  ])('%s is refused', (_, bytes, expected) => {
    expect(problem(bytes)).toMatch(expected);
  });

  test('of files that import each other is refused', () => {
    const file = set.file.map((one) => (one.name === 'bookshop.proto' ? { ...one, dependency: ['kinds.proto'] } : one));
    const circle = file.map((one) =>
      one.name === 'kinds.proto' ? { ...one, dependency: [...one.dependency, 'bookshop.proto'] } : one,
    );
    expect(problem(encode(circle))).toMatch(/proto/);
  });
});
