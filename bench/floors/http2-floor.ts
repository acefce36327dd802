import { createServer, type ServerHttp2Stream } from 'node:http2';
import { constantAnswer, listenAddress } from './constant-answer.js';

// What Node's HTTP/2 alone costs: the request is received whole and a constant is answered, with gRPC's trailers.
const head = { ':status': 200, 'content-type': 'application/grpc' };
const trailers = { 'grpc-status': '0' };
const frame = Buffer.concat([Buffer.from([0, 0, 0, 0, constantAnswer.length]), constantAnswer]);

const server = createServer({ settings: { maxConcurrentStreams: 1024 } });
server.on('stream', (stream: ServerHttp2Stream) => {
  stream.resume();
  stream.on('error', () => {});
  stream.once('end', () => {
    stream.respond(head, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end(frame);
  });
});
const { host, port } = listenAddress();
server.listen(port, host);
process.once('SIGTERM', () => process.exit());
