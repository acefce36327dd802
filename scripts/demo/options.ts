import { parseArgs } from 'node:util';
import { fail, ok, type Result } from '../../src/errors/result.js';

/** What each port is for, by the option that changes it. */
export const ports = {
  port: { default: 8080, of: 'Envoy' },
  'backend-port': { default: 8081, of: 'the backend' },
  'portcullis-port': { default: 9191, of: 'Portcullis (gRPC)' },
  'admin-port': { default: 9090, of: 'Portcullis (health, metrics)' },
  'envoy-admin-port': { default: 9901, of: "Envoy's admin page" },
  'opa-port': { default: 8181, of: 'OPA' },
} as const;

export type PortOption = keyof typeof ports;

export interface DemoOptions {
  readonly engine: 'wasm' | 'opa';
  /** Send the requests, compare, and end. */
  readonly check: boolean;
  readonly help: boolean;
  readonly ports: Readonly<Record<PortOption, number>>;
}

const names = Object.keys(ports) as PortOption[];

export const usage = [
  'npm start -- [options]',
  '',
  '  --engine wasm|opa           evaluate the policy inside Portcullis (default) or ask a real OPA',
  '  --check                     send the requests, compare the status, and end: exit code 0 or 1',
  ...names.map((name) => `  --${`${name} N`.padEnd(26)}port of ${ports[name].of} (default ${ports[name].default})`),
].join('\n');

export function parseOptions(args: readonly string[]): Result<DemoOptions> {
  const options = {
    engine: { type: 'string', default: 'wasm' },
    check: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
    ...(Object.fromEntries(names.map((name) => [name, { type: 'string' }])) as Record<PortOption, { type: 'string' }>),
  } as const;
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true });
    const { engine, check, help } = values;
    if (engine !== 'wasm' && engine !== 'opa') return fail(`--engine: expected wasm or opa, found ${engine}`);
    const chosen = names.map((name) => [name, readPort(values[name] ?? String(ports[name].default))] as const);
    const wrong = chosen.find(([, port]) => port === undefined);
    if (wrong) return fail(`--${wrong[0]}: expected a port from 1 to 65535, found ${values[wrong[0]]}`);
    return ok({ engine, check, help, ports: Object.fromEntries(chosen) as Record<PortOption, number> });
  } catch (error) {
    return fail((error as Error).message);
  }
}

function readPort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** The ports that are listened on: that of OPA only where one runs. */
export function usedPorts(options: DemoOptions): PortOption[] {
  return names.filter((name) => name !== 'opa-port' || options.engine === 'opa');
}
