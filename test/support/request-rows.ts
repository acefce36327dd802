import { as, type Person } from '../e2e/callers.js';
import type { HttpRequest } from './http.js';

const car = '/cars/663dc85d-2455-466c-b2e5-76691b0ce14e';
const newCar = JSON.stringify({ model: 'Toyota', vehicle_id: '357192', owner_id: '4821' });
const status = JSON.stringify({
  position: { latitude: -39.91045, longitude: -161.70716 },
  mileage: 742,
  speed: 90,
  fuel: 6.42,
});

interface Row {
  readonly ids: string;
  readonly method: string;
  readonly path: string;
  /** Who gets what; `-` is nobody. */
  readonly expected: Partial<Record<Person | '-', number>>;
  readonly body?: string;
}

const everyone = (code: number) => ({ alice: code, james: code, kelly: code, john: code, '-': code });
const nobody = { alice: 403, james: 403, kelly: 403, john: 403, '-': 401 };

const rows: readonly Row[] = [
  { ids: 'A-10', method: 'GET', path: '/v1/admin/users/testuser', expected: { '-': 200, kelly: 200, admin: 200 } },
  { ids: 'A-11 A-06', method: 'POST', path: '/v1/admin/users/testuser', expected: { '-': 401, kelly: 403 } },
  { ids: 'A-12 A-02', method: 'POST', path: '/v1/admin/users/testuser', expected: { admin: 200 } },
  { ids: 'A-13', method: 'GET', path: '/health/liveness', expected: { '-': 200 } },
  { ids: 'A-13', method: 'GET', path: '/health/readiness', expected: { '-': 200 } },
  { ids: 'A-28', method: 'PUT', path: '/v1/admin/users/testuser', expected: { '-': 401, admin: 403 } },
  { ids: 'B-01', method: 'GET', path: '/demo', expected: { alice: 200 } },
  { ids: 'B-02', method: 'POST', path: '/demo', expected: { admin: 200 } },
  { ids: 'B-03', method: 'GET', path: '/demo', expected: { admin: 403 } },
  { ids: 'B-04', method: 'POST', path: '/demo', expected: { alice: 403 } },
  ...['HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].map((method) => ({
    ids: 'B-05',
    method,
    path: '/demo',
    expected: { alice: 403, admin: 403 } as const,
  })),
  { ids: 'B-06', method: 'GET', path: '/demo/any', expected: { john: 403, '-': 401 } },
  { ids: 'C-20', method: 'GET', path: '/', expected: everyone(200) },
  { ids: 'C-21 C-02', method: 'GET', path: '/cars', expected: everyone(200) },
  { ids: 'C-22 C-03', method: 'GET', path: car, expected: everyone(200) },
  { ids: 'C-22', method: 'GET', path: '/cars/', expected: everyone(404) },
  {
    ids: 'C-23 C-04',
    method: 'PUT',
    path: car,
    body: newCar,
    expected: { alice: 200, james: 200, kelly: 403, john: 403, '-': 401 },
  },
  {
    ids: 'C-26 C-07',
    method: 'PUT',
    path: `${car}/status`,
    body: status,
    expected: { alice: 200, james: 403, kelly: 200, john: 403, '-': 401 },
  },
  {
    ids: 'C-25 C-06',
    method: 'GET',
    path: `${car}/status`,
    expected: { alice: 200, james: 200, kelly: 200, john: 403, '-': 401 },
  },
  {
    ids: 'C-24 C-35',
    method: 'DELETE',
    path: '/cars/no-such-car',
    expected: { alice: 404, james: 404, kelly: 403, john: 403, '-': 401 },
  },
  ...['HEAD', 'POST', 'PATCH', 'OPTIONS'].map((method) => ({ ids: 'C-27', method, path: '/cars', expected: nobody })),
  { ids: 'C-28', method: 'GET', path: `${car}/status/`, expected: nobody },
  { ids: 'C-28', method: 'GET', path: '/trucks', expected: nobody },
];

export interface RequestCase extends Omit<Row, 'expected'> {
  readonly person: Person | '-';
  readonly code: number;
}

/** The request tables of the reference documents, a case for each caller. They may be run again on the same backend. */
export const requestCases: readonly RequestCase[] = rows.flatMap(({ expected, ...row }) =>
  Object.entries(expected).map(([person, code]) => ({ ...row, person: person as Person | '-', code })),
);

export function requestOf({ method, person, body }: RequestCase): HttpRequest {
  return {
    method,
    headers: {
      ...as(person === '-' ? undefined : person),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body }),
  };
}
