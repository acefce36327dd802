import type { ApiClient } from '../api/api-client.js';
import type { KeptObject } from './informer.js';

export interface ApiList {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly KeptObject[];
}

/** Reads a whole list. Rejects, with a reason for the log, when the API server gives none. */
export async function readList(api: Pick<ApiClient, 'get'>, target: string): Promise<ApiList> {
  const answer = await api.get(target);
  if (!answer.ok) throw new Error(`${answer.error.kind}: ${answer.error.message}`);
  const { body, status } = answer.value;
  if (status !== 200) throw new Error(`the API server answered ${status} to ${target}`);
  const list = parse(body);
  if (!Array.isArray(list?.items) || typeof list.metadata?.resourceVersion !== 'string') {
    throw new Error(`the API server answered no list to ${target}`);
  }
  return list as ApiList;
}

function parse(body: Buffer): Partial<ApiList> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
