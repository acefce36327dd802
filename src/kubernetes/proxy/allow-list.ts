import type { ResourceRequest } from './resource-request.js';

/** What may be asked. */
export interface AllowRule {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly verbs: readonly ('get' | 'list')[];
  /** Undefined: all of them, and lists of the whole cluster. */
  readonly namespaces?: readonly string[] | undefined;
}

export function isAllowed(request: ResourceRequest, rules: readonly AllowRule[]): boolean {
  return rules.some(
    (rule) =>
      rule.group === request.group &&
      rule.version === request.version &&
      rule.resource === request.resource &&
      rule.verbs.includes(request.verb) &&
      (rule.namespaces === undefined ||
        (request.namespace !== undefined && rule.namespaces.includes(request.namespace))),
  );
}
