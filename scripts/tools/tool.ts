export type ToolName =
  | 'envoy'
  | 'opa'
  | 'redis-server'
  | 'kubectl'
  | 'helm'
  | 'hadolint'
  | 'caddy'
  | 'egctl'
  | 'istioctl'
  | 'registry'
  | 'versitygw';

/** The ones that `npm test` needs, or the demo. */
export const toolNames: readonly ToolName[] = [
  'envoy',
  'opa',
  'redis-server',
  'kubectl',
  'helm',
  'hadolint',
  'versitygw',
  'registry',
];

/** A program that the demo or the tests need beside Node. */
export interface Tool {
  readonly name: ToolName;
  /** The release that is provided and tested. */
  readonly version: string;
  /** Older ones on the PATH are passed over. */
  readonly oldest: string;
  readonly versionArgs: readonly string[];
  /** Finds the release in what `versionArgs` prints. */
  readonly versionPattern: RegExp;
  /** What `go install` builds, where that is a way to it. */
  readonly goPackage?: string;
  /** What Go calls the release, where it is not `v` and the version. */
  readonly goVersion?: string;
  /** The variable that holds the release, where the program cannot tell it from its own build. */
  readonly goVersionVariable?: string;
  /** An image that holds it, and where. */
  readonly image?: string;
  readonly imagePath?: string;
  /** What a person can install instead. */
  readonly advice: string;
}

export const tools: Readonly<Record<ToolName, Tool>> = {
  envoy: {
    name: 'envoy',
    version: '1.40.0',
    oldest: '1.36.0',
    versionArgs: ['--version'],
    versionPattern: /\/(\d+\.\d+\.\d+)[^/]*\//,
    image: 'envoyproxy/envoy:v1.40.0',
    imagePath: '/usr/local/bin/envoy',
    advice: 'Install Python 3 with pip, or Docker, or put `envoy` on the PATH.',
  },
  opa: {
    name: 'opa',
    version: '1.22.2',
    oldest: '1.0.0',
    versionArgs: ['version'],
    versionPattern: /^Version: (\d+\.\d+\.\d+)/m,
    goPackage: 'github.com/open-policy-agent/opa',
    image: 'openpolicyagent/opa:1.22.2-static',
    imagePath: '/opa',
    advice: 'Install Go, or Docker, or put `opa` on the PATH.',
  },
  'redis-server': {
    name: 'redis-server',
    version: '6.2.14',
    oldest: '6.2.0',
    versionArgs: ['--version'],
    versionPattern: / v=(\d+\.\d+\.\d+) /,
    image: 'redis:6.2.14-bookworm',
    imagePath: '/usr/local/bin/redis-server',
    advice: 'Put `redis-server` on the PATH: `apt-get install redis-server`, or `brew install redis`.',
  },
  kubectl: {
    name: 'kubectl',
    version: '1.36.3',
    oldest: '1.33.0',
    versionArgs: ['version', '--client'],
    versionPattern: /^Client Version: v(\d+\.\d+\.\d+)/m,
    advice: 'Put `kubectl` on the PATH.',
  },
  helm: {
    name: 'helm',
    version: '4.2.3',
    oldest: '3.14.0',
    versionArgs: ['version', '--short'],
    versionPattern: /^v(\d+\.\d+\.\d+)/,
    advice: 'Put `helm` on the PATH.',
  },
  hadolint: {
    name: 'hadolint',
    version: '2.15.1',
    oldest: '2.12.0',
    versionArgs: ['--version'],
    versionPattern: /Linter (\d+\.\d+\.\d+)/,
    advice: 'Install Python 3 with pip, or put `hadolint` on the PATH.',
  },
  caddy: {
    name: 'caddy',
    version: '2.11.9',
    // Older ones leave a client's own X-User on the request when the check sets none.
    oldest: '2.11.2',
    versionArgs: ['version'],
    versionPattern: /^v?(\d+\.\d+\.\d+)/,
    goPackage: 'github.com/caddyserver/caddy/v2/cmd/caddy',
    goVersionVariable: 'github.com/caddyserver/caddy/v2.CustomVersion',
    image: 'caddy:2.11.9',
    imagePath: '/usr/bin/caddy',
    advice: 'Install Go, or Docker, or put `caddy` on the PATH.',
  },
  egctl: {
    name: 'egctl',
    // Translates as Envoy Gateway does. Of the release whose definitions the manifests are held against.
    version: '1.9.1',
    oldest: '1.9.0',
    versionArgs: ['version', '--remote=false'],
    versionPattern: /^v(\d+\.\d+\.\d+)/m,
    goPackage: 'github.com/envoyproxy/gateway/cmd/egctl',
    goVersionVariable: 'github.com/envoyproxy/gateway/internal/cmd/version.envoyGatewayVersion',
    advice: 'Install Go, or put `egctl` on the PATH.',
  },
  istioctl: {
    name: 'istioctl',
    version: '1.31.0',
    oldest: '1.31.0',
    versionArgs: ['version', '--remote=false'],
    versionPattern: /^client version: v?(\d+\.\d+\.\d+)/m,
    goPackage: 'istio.io/istio/istioctl/cmd/istioctl',
    // Istio's releases are no versions of its Go module. This is its branch for 1.31 in the week before the release.
    goVersion: 'v0.0.0-20260827124520-eed52ebb66ad',
    goVersionVariable: 'istio.io/istio/pkg/version.buildVersion',
    advice: 'Install Go, or put `istioctl` on the PATH.',
  },
  versitygw: {
    name: 'versitygw',
    version: '1.8.0',
    oldest: '1.8.0',
    versionArgs: ['--version'],
    versionPattern: /^Version *: v?(\d+\.\d+\.\d+)/m,
    goPackage: 'github.com/versity/versitygw/cmd/versitygw',
    goVersionVariable: 'main.Version',
    image: 'versity/versitygw:v1.8.0',
    imagePath: '/usr/local/bin/versitygw',
    advice: 'Install Go, or Docker, or put `versitygw` (an S3 server) on the PATH.',
  },
  registry: {
    name: 'registry',
    version: '3.1.1',
    oldest: '3.0.0',
    versionArgs: ['--version'],
    versionPattern: / v(\d+\.\d+\.\d+)/,
    goPackage: 'github.com/distribution/distribution/v3/cmd/registry',
    image: 'registry:3.1.1',
    imagePath: '/bin/registry',
    advice: 'Install Go, or Docker, or put `registry` (an OCI registry) on the PATH.',
  },
};

/** The same tool, another release of it, neither newer nor older. */
export function atVersion(tool: Tool, version: string): Tool {
  const image = tool.image?.replace(tool.version, version);
  return { ...tool, version, oldest: version, ...(image !== undefined && { image }) };
}

/** Reads the release out of the output of the tool's version command. */
export function readVersion(tool: Tool, output: string): string | undefined {
  return tool.versionPattern.exec(output)?.[1];
}

/** True if `version` is `oldest` or newer, both as `major.minor.patch`. */
export function isAtLeast(version: string, oldest: string): boolean {
  return version.localeCompare(oldest, 'en', { numeric: true }) >= 0;
}
