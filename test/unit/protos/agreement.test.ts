import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import protobuf from 'protobufjs';
import { expect, describe as group, test } from 'vitest';
import { compare, type NewerField } from '../../../scripts/protos/compare.js';
import { type Description, describe } from '../../../scripts/protos/describe.js';
import { loadOwnProtos, loadProtos } from '../../../scripts/protos/load-protos.js';

const require = createRequire(import.meta.url);
const own = describe(loadOwnProtos());
const newer = JSON.parse(
  readFileSync(new URL('../../fixtures/protos/newer-than-upstream.json', import.meta.url), 'utf8'),
) as readonly NewerField[];

function packageFolder(name: string): string {
  return dirname(require.resolve(`${name}/package.json`));
}

function under(description: Description, prefixes: readonly string[]): Description {
  return new Map([...description].filter(([name]) => prefixes.some((prefix) => name.startsWith(prefix))));
}

function envoyUpstream(): Description {
  const deps = join(packageFolder('@grpc/grpc-js-xds'), 'deps');
  const folders = ['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'].map((folder) => join(deps, folder));
  folders.push(packageFolder('protobufjs'));
  return withSnakeCase(describe(loadProtos(['envoy/service/auth/v3/external_auth.proto'], folders)));
}

/** protobufjs brings the well-known types itself, with the fields in camel case. */
function withSnakeCase(description: Description): Description {
  const snakeCase = (member: string) => member.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const entries = [...description].map(([name, members]): [string, ReadonlyMap<string, string>] => {
    const camelCase = name.startsWith('google.protobuf.') && !name.endsWith('.NullValue');
    return [name, camelCase ? new Map([...members].map(([member, is]) => [snakeCase(member), is])) : members];
  });
  return new Map(entries);
}

group('protos agree with', () => {
  const envoy = under(own, ['envoy.', 'google.']);

  test('the Envoy definitions that grpc-js-xds carries, and the reviewed table for what is newer', () => {
    expect(envoy.size).toBeGreaterThan(20);
    expect(compare(envoy, envoyUpstream(), newer)).toEqual([]);
  });

  test('the well-known types, all of which are carried and compared', () => {
    expect([...under(own, ['google.protobuf.']).keys()].sort()).toEqual([
      'google.protobuf.Any',
      'google.protobuf.BoolValue',
      'google.protobuf.ListValue',
      'google.protobuf.NullValue',
      'google.protobuf.Struct',
      'google.protobuf.Timestamp',
      'google.protobuf.Value',
    ]);
  });

  test('the health service of grpc-health-check', () => {
    const theirs = describe(
      loadProtos(['health/v1/health.proto'], [join(packageFolder('grpc-health-check'), 'proto')]),
    );
    expect(compare(under(own, ['grpc.health.']), theirs)).toEqual([]);
  });

  test('the reflection services of @grpc/reflection', () => {
    const files = ['v1', 'v1alpha'].map((version) => `grpc/reflection/${version}/reflection.proto`);
    const theirs = describe(loadProtos(files, [join(packageFolder('@grpc/reflection'), 'build/proto')]));
    expect(compare(under(own, ['grpc.reflection.']), theirs)).toEqual([]);
  });
});

group('the comparison finds', () => {
  const theirs = describe(
    protobuf.parse(
      'syntax = "proto3"; package p; message M { string a = 1; enum E { X = 0; Y = 1; } oneof o { int32 b = 2; } }',
    ).root,
  );

  function differences(text: string, table: readonly NewerField[] = []): readonly string[] {
    return compare(describe(protobuf.parse(`syntax = "proto3"; package p; ${text}`).root), theirs, table);
  }

  test.each([
    ['another number', 'message M { string a = 9; enum E { X = 0; Y = 1; } oneof o { int32 b = 2; } }'],
    ['another type', 'message M { bytes a = 1; enum E { X = 0; Y = 1; } oneof o { int32 b = 2; } }'],
    ['another label', 'message M { repeated string a = 1; enum E { X = 0; Y = 1; } oneof o { int32 b = 2; } }'],
    [
      'a field of ours alone',
      'message M { string a = 1; enum E { X = 0; Y = 1; } oneof o { int32 b = 2; } bool c = 3; }',
    ],
    ['a field that we lack', 'message M { enum E { X = 0; Y = 1; } oneof o { int32 b = 2; } }'],
    ['a field outside its oneof', 'message M { string a = 1; enum E { X = 0; Y = 1; } int32 b = 2; }'],
    ['another enum value', 'message M { string a = 1; enum E { X = 0; Y = 2; } oneof o { int32 b = 2; } }'],
    ['an enum value that we lack', 'message M { string a = 1; enum E { X = 0; } oneof o { int32 b = 2; } }'],
    ['a nested type that we lack', 'message M { string a = 1; oneof o { int32 b = 2; } }'],
  ])('%s', (_title, text) => {
    expect(differences(text)).toHaveLength(1);
  });

  test('a message of ours alone', () => {
    expect(differences('message N {}')).toEqual(['p.N is ours alone']);
  });

  test('a reviewed entry that upstream has caught up with', () => {
    const entry = { message: 'p.M', field: 'a', is: '1 optional string', since: '1', source: '' };
    expect(differences('', [entry])).toEqual(['p.M field a is no longer newer']);
  });
});
