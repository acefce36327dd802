import type { OpaServer } from '../../support/opa-server.js';

export async function get({ url }: OpaServer, path: string): Promise<unknown> {
  const answer = await fetch(`${url}${path}`);
  return answer.json();
}

export async function post({ url }: OpaServer, path: string, body: unknown): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return answer.json();
}
