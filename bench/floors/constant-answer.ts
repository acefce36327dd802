/** An encoded CheckResponse that allows: `status { code: 0 }`, `ok_response {}`. */
export const constantAnswer = Buffer.from([0x0a, 0x00, 0x1a, 0x00]);

/** Where to listen: the first argument, `host:port`. */
export function listenAddress(): { readonly host: string; readonly port: number } {
  const [host = '127.0.0.1', port = '0'] = (process.argv[2] ?? '').split(':');
  return { host, port: Number(port) };
}
