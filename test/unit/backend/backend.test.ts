import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createBackend } from '../../../examples/backend/backend.js';

const honda = '663dc85d-2455-466c-b2e5-76691b0ce14e';

let server: Server;
let url: string;

beforeEach(async () => {
  server = createBackend().listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const put = (path: string, body: string) => fetch(url + path, { method: 'PUT', body });
const resultOf = async (response: Response) => ((await response.json()) as { result: unknown }).result;

/** Sends bytes as they are, which `fetch` would refuse or tidy up. */
async function sendRaw(request: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.end(request, 'latin1');
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}

test('A-01 GET of a user greets', async () => {
  const response = await fetch(`${url}/v1/admin/users/testuser`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
  expect(await response.text()).toBe('Hello!! testuser You have reached the Get Users');
});

test('A-02 POST of a user greets', async () => {
  const response = await fetch(`${url}/v1/admin/users/test%20user`, { method: 'POST' });
  expect(await response.text()).toBe('Hello!! test user You have access to edits');
});

test('A-03 A-04 the health paths answer', async () => {
  expect(await (await fetch(`${url}/health/liveness`)).json()).toEqual({ status: 'alive' });
  expect(await (await fetch(`${url}/health/readiness?probe`)).json()).toEqual({ status: 'ready' });
});

test.each(['/nope', '/cars/', '/cars/none', '/cars/none/status', '/cars/%FF', '/health', '/demonstration'])(
  'A-05 GET %s is 404',
  async (path) => expect((await fetch(url + path)).status).toBe(404),
);

test('C-01 the root lists the routes in order', async () => {
  const list = (await resultOf(await fetch(`${url}/`))) as string[];
  expect(list).toContain('PUT /cars/{id}/status');
  expect(list).toEqual([...list].sort());
});

test('C-02 C-03 the cars are listed and found', async () => {
  const list = (await resultOf(await fetch(`${url}/cars`))) as { id: string }[];
  expect(list).toHaveLength(4);
  const car = await resultOf(await fetch(`${url}/cars/${honda}`));
  expect(car).toEqual({ id: honda, model: 'Honda', vehicle_id: '127482', owner_id: '742' });
});

test('C-04 C-05 a car is created, changed and deleted once', async () => {
  const body = { model: 'Toyota', vehicle_id: '357192', owner_id: '4821' };
  expect(await resultOf(await put('/cars/test-car', JSON.stringify(body)))).toEqual({ id: 'test-car', ...body });
  await put('/cars/test-car', '{"model":"Ford"}');
  const deleted = await fetch(`${url}/cars/test-car`, { method: 'DELETE' });
  expect(await resultOf(deleted)).toEqual({ id: 'test-car', model: 'Ford' });
  expect((await fetch(`${url}/cars/test-car`, { method: 'DELETE' })).status).toBe(404);
});

test('C-06 C-07 the status of a car is changed and read', async () => {
  const status = { position: { latitude: -39.91045, longitude: -161.70716 }, mileage: 743, speed: 90, fuel: 6.42 };
  expect((await put(`/cars/${honda}/status`, JSON.stringify(status))).status).toBe(200);
  expect(await resultOf(await fetch(`${url}/cars/${honda}/status`))).toEqual(status);
  expect((await put('/cars/none/status', '{}')).status).toBe(404);
});

test('a body that is no JSON object is refused', async () => {
  for (const body of ['', '[]', 'null', '{', '"x"']) expect((await put(`/cars/${honda}`, body)).status).toBe(400);
});

test('a body that is too large is refused', async () => {
  expect((await put(`/cars/${honda}`, 'x'.repeat(1024 * 1024 + 1))).status).toBe(413);
});

test('names of object members are ids like any other', async () => {
  for (const id of ['__proto__', 'constructor']) expect((await fetch(`${url}/cars/${id}`)).status).toBe(404);
});

test.each(['GET', 'POST', 'DELETE'])('the demo answers %s', async (method) => {
  expect((await fetch(`${url}/demo/x`, { method })).status).toBe(200);
  expect((await fetch(`${url}/demo`, { method })).status).toBe(200);
});

test('the echo shows method, path, body and each header line', async () => {
  const head = 'PUT /any/../path?q=%20 HTTP/1.1\r\nhost: b\r\nx-echo: 1\r\nX-A: 1\r\nx-a: 2\r\nconnection: close\r\n';
  const answer = await sendRaw(`${head}content-length: 2\r\n\r\nhi`);
  const echo = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
  expect(echo).toMatchObject({ method: 'PUT', path: '/any/../path?q=%20', body: 'hi', body_base64: 'aGk=' });
  expect(echo.headers.slice(2, 4)).toEqual([
    ['X-A', '1'],
    ['x-a', '2'],
  ]);
});
