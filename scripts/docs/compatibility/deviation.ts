/** One way in which Portcullis answers otherwise than opa-envoy-plugin, on purpose. */
export interface Deviation {
  /** Heading of the entry. */
  readonly title: string;
  /** What opa-envoy-plugin does. */
  readonly plugin: string;
  /** What Portcullis does with `compatibility: none`. */
  readonly portcullis: string;
  readonly why: string;
  /** The key and value that bring the plugin's way back, or why there is none. */
  readonly back: Switch | NoSwitch;
  /** Sections of the configuration under which the cases are asked, besides the switch. */
  readonly config?: Sections;
  /** The engine that deviates; without it, both do. */
  readonly engine?: 'opa' | 'wasm';
  readonly cases: readonly DeviationCase[];
  /** Instead of cases, where one request cannot show it: the file of a test and its title. */
  readonly shownBy?: readonly [file: string, title: string];
}

export interface Switch {
  /** Such as `input.path_parsing`. */
  readonly key: string;
  readonly value: unknown;
}

export interface NoSwitch {
  readonly none: string;
}

export type Sections = { readonly [section: string]: { readonly [key: string]: unknown } };

/** A request, and both answers in the words of {@link describeReply}. */
export interface DeviationCase {
  /** For the page. */
  readonly asked: string;
  readonly ask: Ask;
  readonly plugin: string;
  readonly portcullis: string;
  /** With `compatibility: opa-envoy-plugin`; by default `plugin` if there is a switch, else `portcullis`. */
  readonly preset?: string;
  /** The recorded case whose answer `plugin` is. Without it, the answer is by the plugin's specification. */
  readonly recorded?: string;
}

export type Json = { readonly [name: string]: unknown };

/** A CheckRequest, in the protobuf JSON mapping, for the policy of the recording. */
export interface Ask {
  /** The whole message, in hexadecimal digits. */
  readonly bytes?: string;
  readonly http?: Json;
  /** Beside the request. */
  readonly attributes?: Json;
  /** JSON text that the policy returns; without it, the policy shows its input. */
  readonly decision?: string;
  /** Name of what the policy does, where JSON text cannot say it. */
  readonly rule?: string;
  /** The member of the input that is shown, such as `parsed_path`; `header modes` shows how headers are set. */
  readonly shows?: string;
}
