import type { PolicySources } from '../../support/policy-bundle.js';

const rego = `package contract

allow if input.user == "alice"

default verdict := false

verdict if input.user == "alice"

object := {"allowed": true, "headers": {"x-user": input.user}, "number": 1.0, "large": 12345678901234567890, "roles": data.roles[input.user]}

set := {role | some role in input.unsorted}

conflict := value if some value in input.values

builtin_error if time.parse_rfc3339_ns(input.time) > 0

handled_error if not builtin_error

echo := input

slow := count([1 | some _ in numbers.range(1, input.size); some _ in numbers.range(1, input.size)])
`;

const rules = [
  'allow',
  'verdict',
  'object',
  'set',
  'conflict',
  'builtin_error',
  'handled_error',
  'echo',
  'slow',
] as const;

/** The policy both engines evaluate in their contract test. */
export const contractPolicy: PolicySources = {
  rego,
  data: { roles: { alice: ['admin', 'user'] } },
  entrypoints: rules.map((rule) => `contract/${rule}`),
  revision: 'rev-1',
};
