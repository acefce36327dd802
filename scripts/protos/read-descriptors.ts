import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor/index.js';

const nameTag = 0x0a;
const syntaxField = 12;

/** Files that no field's type comes from. */
const annotations = /^(validate|udpa\/annotations|xds\/annotations|envoy\/annotations)\/|\/descriptor\.proto$/;

/**
 * The proto files that a C++ program was built with, and what they import: protobuf keeps each
 * one's encoded FileDescriptorProto in the program. One that the program does not have is an error.
 */
export function readDescriptors(program: Buffer, files: readonly string[]): protobuf.Root {
  const found = new Map<string, protobuf.Message>();
  const wanted = [...files];
  for (let file = wanted.pop(); file !== undefined; file = wanted.pop()) {
    if (found.has(file)) continue;
    const read = readDescriptor(program, file);
    found.set(file, read);
    wanted.push(...(read as Imports).dependency.filter((name) => !annotations.test(name)));
  }
  const set = descriptor.FileDescriptorSet.create({ file: [...found.values()] });
  return (protobuf.Root as unknown as FromDescriptor).fromDescriptor(set);
}

interface Imports extends protobuf.Message {
  readonly dependency: readonly string[];
}

/** What `protobufjs/ext/descriptor` adds when it is loaded. */
interface FromDescriptor {
  fromDescriptor(set: protobuf.Message): protobuf.Root;
}

function readDescriptor(program: Buffer, file: string): protobuf.Message {
  const start = program.indexOf(Buffer.concat([Buffer.from([nameTag, file.length]), Buffer.from(file)]));
  if (start < 0) throw new Error(`the program has no descriptor of ${file}`);
  const reader = protobuf.Reader.create(program.subarray(start));
  // The syntax comes last: nothing says how long the whole is.
  for (let field = 0; field !== syntaxField; ) {
    const tag = reader.uint32();
    field = tag >>> 3;
    reader.skipType(tag & 7);
  }
  return descriptor.FileDescriptorProto.decode(program.subarray(start, start + reader.pos));
}
