import { readFileSync } from 'node:fs';
import { decisionDeviations } from './compatibility/decision-deviations.js';
import type { Deviation, DeviationCase } from './compatibility/deviation.js';
import { presetAnswer } from './compatibility/deviations.js';
import { outcomeDeviations } from './compatibility/outcome-deviations.js';
import { pluginOptions } from './compatibility/plugin-options.js';
import { requestDeviations } from './compatibility/request-deviations.js';
import { code, table } from './markdown.js';

const recorded = JSON.parse(
  readFileSync(new URL('../../test/fixtures/peer/opa-envoy-plugin.json', import.meta.url), 'utf8'),
) as { readonly input: readonly unknown[]; readonly decision: readonly unknown[] };

const introduction = `# Compatibility with opa-envoy-plugin

Generated from \`scripts/docs/compatibility/\` by \`npm run docs\`; a test fails when it is out of date. Tests ask a running
Portcullis for every answer below: as it is by default, with the switch alone, and under the preset.

Policies written for opa-envoy-plugin run unchanged: \`input\` has the same shape, decisions have the same keys. Where that
plugin's way is unsafe or a nuisance, Portcullis has its own by default. Each of these deviations is one entry here, with the
key that brings the plugin's way back. \`compatibility: opa-envoy-plugin\` sets all keys of
[the preset](configuration.md#presets) at once; a key set by hand wins over it, in either direction.

Under the preset, Portcullis answers ${recorded.input.length} recorded requests and ${recorded.decision.length} recorded decisions of the plugin (OPA 1.19.1) as it did,
with an OPA server and with WebAssembly, save for what the entries without a switch say and for the protected headers.
Where an entry's case is not among the recorded ones, the plugin's answer follows from its rules.
`;

const migration = `## Moving from opa-envoy-plugin

1. Start Portcullis beside the plugin: with an OPA server that has the same bundle, or with the bundle compiled for WebAssembly.

   \`\`\`yaml
   compatibility: opa-envoy-plugin
   engine:
     kind: opa
     opa: { url: "http://127.0.0.1:8181" }
     paths: [{ path: envoy/authz/allow }]
   \`\`\`

2. Point a copy of Envoy's \`ext_authz\` cluster, or the filter of one route, at it.
3. Take the preset's keys back one by one, as the entries below say; at the end take the preset out.

An identity header that the policy sets belongs into \`decision.protected_headers\`. Once an identity source is configured,
a denial without \`http_status\` is 401 for a caller who is not known; the plugin has no such sources.
`;

const words = `An answer is written in one line. \`allow, bare\` has no HTTP response; \`set\` is a header towards the backend, \`respond\` one
towards the client, \`header\` one of a denial. What follows the name of a member, such as \`parsed_path\`, is its value.
`;

/** `docs/compatibility.md`. */
export function compatibilityPage(): string {
  const parts = [
    introduction,
    migration,
    table(['option there', 'key here', 'to know'], pluginOptions),
    words,
    section('Requests', requestDeviations),
    section('Decisions', decisionDeviations),
    section('Without a decision, and limits', outcomeDeviations),
  ];
  return `${parts.map((part) => part.trim()).join('\n\n')}\n`;
}

function section(title: string, deviations: readonly Deviation[]): string {
  return [`## ${title}`, ...deviations.map(entry)].join('\n\n');
}

function entry(deviation: Deviation): string {
  const { title, plugin, portcullis, why, cases } = deviation;
  const lines = [
    ['', ''],
    ['opa-envoy-plugin', plugin],
    ['Portcullis', portcullis],
    ['why', why],
    ["the plugin's way", back(deviation)],
  ];
  const facts = table(lines[0] ?? [], lines.slice(1));
  return [`### ${title}`, facts, ...(cases.length === 0 ? [] : [caseTable(deviation)])].join('\n\n');
}

function back({ back: way, engine }: Deviation): string {
  if ('key' in way) return code(`${way.key}: ${JSON.stringify(way.value).replace(/^"(.*)"$/, '$1')}`);
  return `none: ${way.none}${engine === undefined ? '' : ` (concerns \`engine.kind: ${engine}\` alone)`}`;
}

function caseTable(deviation: Deviation): string {
  const preset = deviation.cases.some((each) => differsUnderPreset(deviation, each));
  const head = ['asked', 'opa-envoy-plugin', 'Portcullis', ...(preset ? ['under the preset'] : [])];
  const rows = deviation.cases.map((each) => [
    each.asked,
    text(each.plugin),
    text(each.portcullis),
    ...(preset ? [text(presetAnswer(deviation, each))] : []),
  ]);
  return table(head, rows);
}

/** Where the preset gives neither the plugin's answer nor our own. */
function differsUnderPreset(deviation: Deviation, each: DeviationCase): boolean {
  return ![each.plugin, each.portcullis].includes(presetAnswer(deviation, each)) || each.preset === each.portcullis;
}

const longest = 90;

/** The same with every request that is refused. */
const refusal = ', body "the request is malformed or ambiguous"';

function text(answer: string): string {
  const line = answer.replace(refusal, '').replaceAll('\r', '␍').replaceAll('\n', '␊').replaceAll('\0', '␀');
  return code(line.length > longest ? `${line.slice(0, longest)}…` : line);
}
