import type { ChannelCredentials } from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';
import { type CallOptions, connectGrpc, type GrpcClient, type Message } from '../../support/grpc-client.js';

/** A client until the test ends. */
export function client(address: string, channel?: ChannelCredentials): GrpcClient {
  const connected = connectGrpc(address, channel);
  onTestFinished(() => connected.close());
  return connected;
}

/** A CheckRequest for an HTTP request, with whatever else of the attributes. */
export function httpCheck(http: Message, others: Message = {}): Message {
  return { attributes: { ...others, request: { http } } };
}

export const readUser = httpCheck({ method: 'GET', path: '/v1/admin/users/t' });
export const writeUser = httpCheck({ method: 'POST', path: '/v1/admin/users/t' });

/** `allow`, `deny` with Envoy's name of the HTTP status, or the gRPC status. */
export async function outcome(grpc: GrpcClient, request: Message, options?: CallOptions): Promise<string> {
  try {
    return verdict(await grpc.check(request, options));
  } catch (error) {
    return `grpc ${(error as { code?: number }).code}`;
  }
}

/** Envoy lets a request through by `status.code` 0 alone, so that nothing else counts as an allow here. */
function verdict(response: Message): string {
  const status = response['status'] as { code?: number } | undefined;
  if (status === undefined) return 'no status';
  if ((status.code ?? 0) === 0) return 'allow';
  const denied = response['denied_response'] as { status?: { code?: string } } | undefined;
  return `deny ${denied?.status?.code ?? 'Forbidden'}`;
}
