import { equalValues, sortedUnique } from './rego/equality.js';
import { isArrayOrSet, member, type RegoObject, type RegoValue, setOf } from './rego/rego-value.js';

/** Paths can grow exponentially with the graph, and WebAssembly cannot be interrupted. */
const maxPaths = 10_000;

type Path = readonly RegoValue[];

/** Every path through the graph from the given nodes, as a set; undefined if there are too many. */
export function reachablePaths(graph: RegoObject, initial: readonly RegoValue[]): RegoValue | undefined {
  const paths: Path[] = [];
  for (const node of initial) {
    const edges = edgesOf(graph, node);
    if (edges === undefined) continue;
    if (edges.length === 0) paths.push([node]);
    for (const neighbour of edges) if (!follow(graph, neighbour, [node], paths)) return undefined;
  }
  return setOf(sortedUnique(paths));
}

function follow(graph: RegoObject, node: RegoValue, path: Path, paths: Path[]): boolean {
  if (paths.length >= maxPaths || path.length >= maxPaths) return false;
  const edges = edgesOf(graph, node);
  const longer = edges === undefined ? path : [...path, node];
  if (edges === undefined || edges.length === 0) {
    paths.push(longer);
    return true;
  }
  return edges.every((neighbour) => {
    if (!longer.some((seen) => equalValues(seen, neighbour))) return follow(graph, neighbour, longer, paths);
    paths.push(longer);
    return true;
  });
}

function edgesOf(graph: RegoObject, node: RegoValue): readonly RegoValue[] | undefined {
  const edges = typeof node === 'string' ? member(graph, node) : undefined;
  if (edges === undefined) return undefined;
  return isArrayOrSet(edges) ? edges : [];
}
