/**
 * The policy by which OPA decides who may ask it what (`system.authz`): checks and health, nothing else. Without it,
 * whoever reaches OPA reads its data and replaces its policies.
 *
 * @param tokenHash SHA-256 of the bearer token, in hexadecimal digits; without one, whoever reaches OPA may ask
 */
export function opaAuthorization(paths: readonly string[], tokenHash: string | undefined): string {
  const asked = paths.map((path) => JSON.stringify(['v1', 'data', ...path.split('/')]).replaceAll(',', ', '));
  const token = tokenHash === undefined ? [] : [`\tcrypto.sha256(input.identity) == ${JSON.stringify(tokenHash)}`];
  return [
    '# Written by `portcullis opa-config`: OPA answers checks and probes, and nothing else.',
    'package system.authz',
    '',
    'default allow := false',
    '',
    'allow if {',
    '\tinput.method == "GET"',
    '\tinput.path == ["health"]',
    '}',
    '',
    'allow if {',
    '\tinput.method == "POST"',
    '\tinput.path in decision_paths',
    ...token,
    '}',
    '',
    'decision_paths := {',
    ...asked.map((path) => `\t${path},`),
    '}',
    '',
  ].join('\n');
}
