/** Says what was measured. It is not held against anything: it depends on the machine. */
export function report(what: string, measured: string): void {
  process.stdout.write(`measured: ${what}: ${measured}\n`);
}

/** In decimal megabytes, as `docker images` writes them. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
