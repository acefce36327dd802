import { readFileSync } from 'node:fs';
import { findTool } from '../tools/find-tool.js';
import { compare } from './compare.js';
import { describe } from './describe.js';
import { loadOwnProtos } from './load-protos.js';
import { readDescriptors } from './read-descriptors.js';

const files = [
  'envoy/service/auth/v3/external_auth.proto',
  'envoy/service/auth/v3/attribute_context.proto',
  'envoy/config/core/v3/address.proto',
  'envoy/config/core/v3/base.proto',
  'envoy/type/v3/http_status.proto',
  'google/rpc/status.proto',
  'google/protobuf/any.proto',
  'google/protobuf/struct.proto',
  'google/protobuf/timestamp.proto',
  'google/protobuf/wrappers.proto',
];

/** What the Envoy binary itself says about the messages we carry: the last word on every number. */
const envoy = describe(readDescriptors(readFileSync(await findTool('envoy')), files));
const own = new Map([...describe(loadOwnProtos())].filter(([name]) => !name.startsWith('grpc.')));
const differences = compare(own, envoy);
for (const difference of differences) console.error(difference);
console.log(`${own.size} messages, enums and services compared with Envoy, ${differences.length} differences`);
process.exitCode = differences.length === 0 ? 0 : 1;
