/** One list that is watched: a resource, of one namespace or of the whole cluster. */
export interface WatchSpec {
  /** `''` is the core group. */
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
  /** Members of each object that are kept, such as `metadata.labels`; `*` keeps nearly everything. */
  readonly keep: readonly string[];
}

/** The path of the list, without a query. */
export function listPath({ group, namespace, resource, version }: WatchSpec): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespace === undefined ? `${root}/${resource}` : `${root}/namespaces/${namespace}/${resource}`;
}

/** The same with the selectors. */
export function listTarget(spec: WatchSpec): string {
  const query = new URLSearchParams();
  if (spec.labelSelector !== undefined) query.set('labelSelector', spec.labelSelector);
  if (spec.fieldSelector !== undefined) query.set('fieldSelector', spec.fieldSelector);
  const text = query.toString();
  return text === '' ? listPath(spec) : `${listPath(spec)}?${text}`;
}
