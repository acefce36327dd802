import type { JsonValue } from '../../../src/json/json.js';
import type { PolicySources } from '../../support/policy-bundle.js';

export interface TrickyPolicy {
  readonly rego: string;
  /** What `p/result` reads, in the words of `readPaths`. */
  readonly reads: readonly string[];
  readonly data?: unknown;
  /** Inputs that chance does not find. */
  readonly samples?: readonly JsonValue[];
}

/** Ways to read an input that a hasty look at the plan would miss. */
export const trickyPolicies: Readonly<Record<string, TrickyPolicy>> = {
  'a constant': { rego: 'result := 1', reads: [] },
  'a member': { rego: 'result if input.a.b == "x"', reads: ['input.a.b'] },
  'a member that only has to be there': {
    rego: 'result contains "seen" if { value := input.a.b }',
    reads: ['input.a.b'],
  },
  'a place in between that has to be there': {
    rego: 'result contains "a" if { value := input.a }\nresult contains "b" if { value := input.a.b; value == "x" }',
    reads: ['input.a.b'],
  },
  'a member that must not be there': { rego: 'result if not input.a.b', reads: ['input.a.b'] },
  'a name that is computed': { rego: 'result := input.a[input.b]', reads: ['input.a', 'input.b'] },
  'a name of the input itself': {
    rego: 'result := input[input.a]',
    reads: ['input'],
    samples: [
      { a: 'b', b: 1 },
      { a: 'b', b: 2 },
    ],
  },
  'an index': { rego: 'result := input.a[0]', reads: ['input.a'] },
  'an iteration': { rego: 'result if { some k; input.a[k] == input.b }', reads: ['input.a', 'input.b'] },
  'an iteration over the input': { rego: 'result contains k if some k, _ in input', reads: ['input'] },
  'a comprehension over headers': {
    rego: 'result := {lower(name): value | some name, value in input.headers; startswith(name, "x")}',
    reads: ['input.headers'],
  },
  every: { rego: 'result if every x in input.a { x != input.b }', reads: ['input.a', 'input.b'] },
  walk: { rego: 'result contains value if { walk(input.a, [path, value]); path[0] == "b" }', reads: ['input.a'] },
  'walk over the input': { rego: 'result if { walk(input, [_, "x"]) }', reads: ['input'] },
  'object.get': { rego: 'result := object.get(input.a, "b", input.c)', reads: ['input.a.b', 'input.c'] },
  'object.get with a computed name': {
    rego: 'result := object.get(input.a, input.b, 1)',
    reads: ['input.a', 'input.b'],
  },
  'object.get with a path': { rego: 'result := object.get(input.a, ["b", "c"], 1)', reads: ['input.a'] },
  'object.get of the input': { rego: 'result := object.get(input, "a", "none")', reads: ['input.a'] },
  membership: { rego: 'result if input.a in {"x", input.b}', reads: ['input.a', 'input.b'] },
  'membership in the input': { rego: 'result if "x" in input.a', reads: ['input.a'] },
  'a function argument': {
    rego: 'result := f(input.a)\nf(object) := object.b.c if object.d == 1\nf(object) := "none" if not object.d',
    reads: ['input.a.b.c', 'input.a.d'],
  },
  'a function with a name for argument': {
    rego: 'result := f(input.a, "b")\nf(object, name) := object[name]',
    reads: ['input.a'],
  },
  'one function for two places': {
    rego: 'result if f(input.a) == f(input.b)\nf(object) := object.c',
    reads: ['input.a.c', 'input.b.c'],
  },
  'a rule that is another name': {
    rego: 'result if alias.b == "x"\nalias := input.a',
    reads: ['input.a.b'],
  },
  'a rule with two definitions, which must not conflict': {
    rego: 'result if alias.b == "x"\nalias := input.a\nalias := input.c',
    reads: ['input.a', 'input.c'],
  },
  'a default that is another name': {
    rego: 'result if alias.b == "x"\ndefault alias := {"b": "x"}\nalias := input.a if input.c',
    reads: ['input.a.b', 'input.c'],
  },
  else: {
    rego: 'result := alias.b\nalias := input.a if { input.c == 1 } else := input.d if { input.e }',
    reads: ['input.a.b', 'input.c', 'input.d.b', 'input.e'],
  },
  'an assignment in a loop': {
    rego: 'result := alias.b\nalias := input.a[_]',
    reads: ['input.a'],
  },
  'an object made of the input': {
    rego: 'result := made.first.b\nmade := {"first": input.a, "second": input.c}',
    reads: ['input.a', 'input.c'],
  },
  'another input': {
    rego: 'result if allowed with input as {"a": input.b}\nallowed if input.a == "x"',
    reads: ['input.b'],
  },
  'a part of the input for an input': {
    rego: 'result := x if { x := inner with input as input.a }\ninner := input.b if input.c == 1',
    reads: ['input.a.b', 'input.a.c'],
  },
  'an input with another member': {
    rego: 'result := [input.b, x] if { x := inner with input.a.b as input.c }\ninner := input.a.d',
    reads: ['input.a.b', 'input.a.d', 'input.b', 'input.c'],
  },
  'an input with another member that is read': {
    rego: 'result := x if { x := inner with input.a.b as input.c }\ninner := input.a.b.d',
    reads: ['input.a.b.d', 'input.c'],
  },
  'another input inside another input': {
    rego: 'result := x if { x := outer with input as {"a": input.b, "c": input.c} }\nouter := [x, input.a] if { x := inner with input as input.c }\ninner := input.a',
    reads: ['input.b', 'input.c'],
  },
  'the input in the data': {
    rego: 'result if allowed with data.names as input.a\nallowed if "x" in data.names',
    reads: ['input.a'],
  },
  'a mocked function': {
    rego: 'result := x if { x := outer with f as g }\nouter := f(input.a)\nf(object) := object.b\ng(object) := object.c',
    reads: ['input.a.c'],
  },
  'a name in the data': {
    rego: 'result := data.roles[input.a][input.b]',
    reads: ['input.a', 'input.b'],
    data: { roles: { x: { b: 1, y: 2 }, b: { x: 3 } } },
    samples: [
      { a: 'x', b: 'b' },
      { a: 'x', b: 'y' },
    ],
  },
  'a set': { rego: 'result contains x if { x := input.a[_]; x != input.b }', reads: ['input.a', 'input.b'] },
  'a partial object': { rego: 'result[x] := y if { some x, y in input.a }', reads: ['input.a'] },
  'a partial object with two places': {
    rego: 'result.first := input.a.b\nresult[x] := 1 if { x := input.c }',
    reads: ['input.a.b', 'input.c'],
  },
  'a comparison of two places': { rego: 'result if input.a == input.b', reads: ['input.a', 'input.b'] },
  'an array pattern': {
    rego: 'result := x if { input.a = ["x", x, _] }',
    reads: ['input.a'],
    samples: [{ a: ['x', 1, 2] }, { a: ['x', 2, 2] }],
  },
  'an object pattern': {
    rego: 'result := x if { input.a = {"b": x} }',
    reads: ['input.a'],
    samples: [{ a: { b: 1 } }, { a: { b: 2 } }],
  },
  'the type': { rego: 'result := type_name(input.a)', reads: ['input.a'] },
  'the whole': { rego: 'result := input', reads: ['input'] },
  'a name that is no identifier': { rego: 'result := input.headers["x-a"]', reads: ['input.headers["x-a"]'] },
  'names that JavaScript knows': {
    rego: 'result contains 1 if { x := input.a.length }\nresult contains 2 if { x := input["__proto__"].b }\nresult contains 3 if input.constructor',
    reads: ['input.__proto__.b', 'input.a.length', 'input.constructor'],
  },
};

export function trickySources({ data, rego }: TrickyPolicy): PolicySources {
  return { rego: `package p\n${rego}\n`, entrypoints: ['p/result'], ...(data !== undefined && { data }) };
}
