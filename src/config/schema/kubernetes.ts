import { z } from 'zod';
import { fail, ok } from '../../errors/result.js';
import { byteSize } from '../units.js';
import { file, listenAddress, parsed, positiveDuration } from './forms.js';

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';
const urlHint = 'https://host:port of the API server, without query or credentials';

const apiUrl = parsed(/^https:\/\//, urlHint, (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url !== undefined && url.username === '' && url.search === '' && url.hash === '';
  return plain ? ok(url) : fail(urlHint);
});

const group = z
  .string()
  .regex(/^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?$/, 'an API group such as apps, or nothing for the core group')
  .default('')
  .describe('The API group, such as `apps`; empty for the core group.');

const version = z
  .string()
  .regex(/^v[0-9]+((alpha|beta)[0-9]+)?$/, 'a version such as v1')
  .default('v1')
  .describe('The version of the group.');

const resource = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'a resource in plural and lower case, such as deployments')
  .describe('The resource, in plural: `deployments`.');

const namespaces = z
  .array(z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'the name of a namespace'))
  .min(1)
  .optional();

const api = z.strictObject({
  url: apiUrl.default('https://kubernetes.default.svc').describe('The API server.'),
  ca: file.default(`${serviceAccount}/ca.crt`).describe('Certificate authorities of the API server, PEM.'),
  token: file
    .default(`${serviceAccount}/token`)
    .describe('The file of the service account token; read again when it changes.'),
  timeout: positiveDuration.prefault('2s').describe('How long one request may take, its answer included.'),
  max_response_size: byteSize
    .refine((bytes) => bytes >= 1024, 'at least 1KiB')
    .prefault('8MiB')
    .describe('The largest answer that is read.'),
});

const allowRule = z.strictObject({
  group,
  version,
  resource,
  namespaces: namespaces.describe(
    'The namespaces that may be asked for. Without them all, and lists of the whole cluster.',
  ),
  verbs: z
    .array(z.enum(['get', 'list']))
    .min(1)
    .default(['get', 'list'])
    .describe('`get` is one object by its name, `list` all of them or those of a selector.'),
});

const proxy = z.strictObject({
  address: listenAddress
    .default('127.0.0.1:8001')
    .describe('Where OPA asks: `unix:///path/to/socket`, or `host:port` of loopback.'),
  mode: z
    .string()
    .regex(/^0?[0-7]{3}$/, 'an octal file mode such as 0660')
    .default('0660')
    .describe('File mode of the Unix socket.'),
  allow: z.array(allowRule).min(1).describe('What may be asked. Nothing else is passed on.'),
  max_requests: z.int().min(1).max(1024).default(64).describe('Requests under way at once; one more is answered 429.'),
});

const label = z.string().min(1).max(1024);

const watched = z.strictObject({
  group,
  version,
  resource: resource
    .refine((name) => name !== 'feed' && name !== 'api', 'another resource: data.kubernetes has this name already')
    .describe('The resource, in plural: `deployments`. Policies see it as `data.kubernetes.deployments`.'),
  namespaces: namespaces.describe('The namespaces that are watched, one by one. Without them, the whole cluster.'),
  label_selector: label.optional().describe('Only objects with these labels, such as `app=shop,tier!=test`.'),
  field_selector: label.optional().describe('Only objects with these fields, such as `status.phase=Running`.'),
  keep: z
    .array(z.string().regex(/^(\*|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)$/, '* or a member such as metadata.labels'))
    .default(['metadata.labels'])
    .describe(
      'Members of each object that policies see, besides its name, namespace and resource version. `*` is all but `metadata.managedFields` and the data of Secrets, which must be named.',
    ),
});

const feed = z.strictObject({
  resources: z.array(watched).min(1).describe('What is watched.'),
  refresh: positiveDuration
    .prefault('2m')
    .describe(
      'A list of which the API server has said nothing for so long is read again. It says something about once a minute.',
    ),
  max_staleness: positiveDuration
    .prefault('5m')
    .describe('How old the data may become when the API server cannot be reached.'),
  on_stale: z
    .enum(['deny', 'decide'])
    .default('deny')
    .describe(
      '`deny` decides nothing on older data; `decide` leaves it to the policy, which sees the age in `data.kubernetes.feed`.',
    ),
});

export const kubernetes = z.strictObject({
  api: api.prefault({}).describe('The API server and how to call it.'),
  proxy: proxy
    .optional()
    .describe('A proxy to the API server for the policies of an OPA on this machine: see docs/kubernetes-data.md.'),
  feed: feed
    .optional()
    .describe('Objects of the API as `data.kubernetes`, kept up to date: see docs/kubernetes-data.md.'),
});
