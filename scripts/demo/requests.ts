/** A request to try, and the status that the client must see. */
export interface DemoRequest {
  /** The rows of the reference that it shows. */
  readonly rows: string;
  readonly method: string;
  readonly path: string;
  /** Whose token it carries. */
  readonly as?: 'alice' | 'james' | 'kelly' | 'john' | 'admin' | 'nobody-knows';
  readonly header?: readonly [name: string, value: string];
  readonly body?: string;
  readonly status: number;
  readonly why: string;
}

const user = '/v1/admin/users/testuser';
const car = '/cars/663dc85d-2455-466c-b2e5-76691b0ce14e';
const toyota = '{"model":"Toyota","vehicle_id":"357192","owner_id":"4821"}';
const status = '{"mileage":742,"speed":90,"fuel":6.42}';

export const requests: readonly DemoRequest[] = [
  { rows: 'A-13', method: 'GET', path: '/health/liveness', status: 200, why: 'health is not checked' },
  { rows: 'A-10', method: 'GET', path: user, status: 200, why: 'everyone may read' },
  { rows: 'A-11', method: 'POST', path: user, status: 401, why: 'nobody is known' },
  { rows: 'A-11', method: 'POST', path: user, as: 'alice', status: 403, why: 'alice is no administrator' },
  { rows: 'A-02', method: 'POST', path: user, as: 'admin', status: 200, why: 'an administrator may write' },
  {
    rows: 'A-47',
    method: 'POST',
    path: user,
    header: ['x-user-roles', 'ADMIN_ROLE'],
    status: 401,
    why: 'a role that the client claims is dropped',
  },
  {
    rows: 'A-50',
    method: 'POST',
    path: user,
    header: ['USER_ROLES', 'ADMIN_ROLE'],
    status: 400,
    why: 'a name with an underscore is refused',
  },
  { rows: 'C-20', method: 'GET', path: '/', status: 200, why: 'everyone may look' },
  { rows: 'C-21', method: 'GET', path: '/cars', status: 200, why: 'everyone may look' },
  { rows: 'D-07', method: 'GET', path: '/cars', as: 'nobody-knows', status: 401, why: 'an unknown token is refused' },
  { rows: 'C-23', method: 'PUT', path: '/cars/test-car', body: toyota, status: 401, why: 'nobody is known' },
  { rows: 'C-23', method: 'PUT', path: '/cars/test-car', as: 'kelly', body: toyota, status: 403, why: 'no manager' },
  { rows: 'C-23', method: 'PUT', path: '/cars/test-car', as: 'alice', body: toyota, status: 200, why: 'a manager' },
  { rows: 'C-24', method: 'DELETE', path: '/cars/test-car', as: 'kelly', status: 403, why: 'no manager' },
  { rows: 'C-24', method: 'DELETE', path: '/cars/test-car', as: 'james', status: 200, why: 'a manager' },
  { rows: 'C-25', method: 'GET', path: `${car}/status`, as: 'john', status: 403, why: 'no employee' },
  { rows: 'C-25', method: 'GET', path: `${car}/status`, as: 'kelly', status: 200, why: 'a car administrator' },
  { rows: 'C-26', method: 'PUT', path: `${car}/status`, as: 'james', body: status, status: 403, why: 'only a manager' },
  { rows: 'C-26', method: 'PUT', path: `${car}/status`, as: 'kelly', body: status, status: 200, why: 'her task' },
  { rows: 'B-01', method: 'GET', path: '/demo', as: 'alice', status: 200, why: 'another policy, by the route' },
  { rows: 'B-02', method: 'POST', path: '/demo', as: 'admin', status: 200, why: 'another policy' },
  { rows: 'B-03', method: 'GET', path: '/demo', as: 'admin', status: 403, why: 'another policy' },
  { rows: 'B-04', method: 'POST', path: '/demo', as: 'alice', status: 403, why: 'another policy' },
  { rows: 'A-60', method: 'GET', path: '/healthcare', status: 401, why: 'only the exact health paths are free' },
  { rows: 'A-60', method: 'POST', path: `/health/..${user}`, status: 401, why: 'the path is made plain first' },
  { rows: 'A-43', method: 'GET', path: '/cars%2f..%2fadmin', status: 400, why: 'an ambiguous path is refused' },
];

export function headersOf(request: DemoRequest): Record<string, string> {
  return {
    ...(request.as && { authorization: `Bearer ${request.as}-demo-token` }),
    ...(request.header && { [request.header[0]]: request.header[1] }),
    ...(request.body && { 'content-type': 'application/json' }),
  };
}

/** The line to type. */
export function curlLine(request: DemoRequest, origin: string): string {
  const options = Object.entries(headersOf(request)).map(([name, value]) => `-H '${name}: ${value}'`);
  if (request.method !== 'GET') options.unshift(`-X ${request.method}`);
  if (request.body) options.push(`-d '${request.body}'`);
  if (request.path.includes('..')) options.push('--path-as-is');
  return ['curl -i', ...options, `${origin}${request.path}`].join(' ');
}
