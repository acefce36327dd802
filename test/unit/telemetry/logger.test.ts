import { expect, test } from 'vitest';
import { PortcullisError } from '../../../src/errors/portcullis-error.js';
import { createLogger } from '../../../src/telemetry/logger.js';

function logged(write: (log: ReturnType<typeof createLogger>) => void, level: 'info' | 'silent' = 'info') {
  const lines: string[] = [];
  write(createLogger(level, { write: (line) => lines.push(line) }));
  return lines;
}

test('writes one line of JSON for each event', () => {
  const [line = ''] = logged((log) => log.info({ address: '127.0.0.1:9191' }, 'listening'));
  expect(line.endsWith('\n')).toBe(true);
  expect(JSON.parse(line)).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    address: '127.0.0.1:9191',
    msg: 'listening',
  });
});

test('line breaks in a field or a message do not make a second line', () => {
  const [line = ''] = logged((log) => log.warn({ path: '/a\r\n{"level":"info"}' }, 'odd\nrequest'));
  expect(line.slice(0, -1)).not.toMatch(/[\r\n]/);
  expect(JSON.parse(line)).toMatchObject({ path: '/a\r\n{"level":"info"}', msg: 'odd\nrequest' });
});

test('a named failure is logged by its code and cause, without a stack', () => {
  const error = new PortcullisError('engine_unreachable', 'OPA cannot be reached', {
    cause: new Error('ECONNREFUSED'),
  });
  const [line = ''] = logged((log) => log.error({ err: error }, 'check failed'));
  expect(JSON.parse(line).err).toEqual({
    code: 'engine_unreachable',
    message: 'OPA cannot be reached',
    cause: 'ECONNREFUSED',
  });
});

test('a fault of our own is logged with the place where it happened', () => {
  const [line = ''] = logged((log) => log.error({ err: new TypeError('oops') }, 'fault'));
  expect(JSON.parse(line).err).toEqual({ message: 'oops', stack: expect.stringContaining('logger.test') });
});

test('silent is silent', () => {
  expect(logged((log) => log.fatal('nobody hears'), 'silent')).toEqual([]);
});
