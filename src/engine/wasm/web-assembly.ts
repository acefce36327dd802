/**
 * What is used of the WebAssembly JavaScript API. The types for it come with TypeScript's browser
 * library only, which would declare a window as well.
 */
export interface WebAssemblyApi {
  compile(bytes: Uint8Array<ArrayBuffer>): Promise<CompiledModule>;
  readonly Instance: new (
    module: CompiledModule,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => LinearMemory;
  readonly Module: { exports(module: CompiledModule): readonly { readonly name: string }[] };
}

declare const compiled: unique symbol;

export interface CompiledModule {
  readonly [compiled]: true;
}

export interface LinearMemory {
  /** Another one each time the memory has grown. */
  readonly buffer: ArrayBuffer;
}

export interface GlobalVariable {
  readonly value: unknown;
}

export const webAssembly = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;
