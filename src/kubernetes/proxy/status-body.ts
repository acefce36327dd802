/** The reasons that the API server itself gives for these statuses. */
const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  403: 'Forbidden',
  405: 'MethodNotAllowed',
  429: 'TooManyRequests',
  500: 'InternalError',
  502: 'ServiceUnavailable',
  504: 'Timeout',
};

/** An error in the form in which the API server gives its own, so that a policy reads both alike. */
export function statusBody(code: number, message: string): string {
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    reason: reasons[code] ?? 'Unknown',
    message: `portcullis: ${message}`,
    code,
  });
}
