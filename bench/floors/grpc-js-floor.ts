import { Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import { constantAnswer, listenAddress } from './constant-answer.js';

// What grpc-js costs with the options that Portcullis gives it, without reading the request.
const asIs = (bytes: Buffer) => bytes;
const server = new Server({ 'grpc.enable_channelz': 0, 'grpc.max_concurrent_streams': 1024 });
server.register(
  '/envoy.service.auth.v3.Authorization/Check',
  (_call: unknown, reply: sendUnaryData<Buffer>) => reply(null, constantAnswer),
  asIs,
  asIs,
  'unary',
);
const { host, port } = listenAddress();
server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
});
process.once('SIGTERM', () => process.exit());
