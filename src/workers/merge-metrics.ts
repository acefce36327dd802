/**
 * Joins several pages in the Prometheus text format into one, in which all samples of a metric stand together, as the
 * format demands. Nothing is added up: the samples of each page must carry a label that tells them from the others'.
 */
export function mergeMetrics(pages: readonly string[]): string {
  const families = new Map<string, { readonly head: readonly string[]; readonly samples: string[] }>();
  for (const page of pages) {
    for (const { name, head, samples } of readFamilies(page)) {
      const known = families.get(name);
      if (known === undefined) families.set(name, { head, samples: [...samples] });
      else known.samples.push(...samples);
    }
  }
  return [...families.values()].flatMap(({ head, samples }) => [...head, ...samples, '']).join('\n');
}

interface Family {
  readonly name: string;
  readonly head: readonly string[];
  readonly samples: readonly string[];
}

function readFamilies(page: string): Family[] {
  return page
    .split(/^(?=# HELP )/m)
    .map((part) => part.split('\n').filter((line) => line !== ''))
    .filter((lines) => lines.length > 0)
    .map((lines) => ({
      name: /^# HELP (\S+)/.exec(lines[0] ?? '')?.[1] ?? '',
      head: lines.filter((line) => line.startsWith('#')),
      samples: lines.filter((line) => !line.startsWith('#')),
    }));
}
