import type { CheckOutcome, CheckReason } from '../telemetry/check-reason.js';

/** What an auditor needs to know of one check. Times in milliseconds. */
export interface DecisionRecord {
  /** Milliseconds since 1970, when the check arrived. */
  readonly time: number;
  /** Also in the answer's dynamic metadata, for Envoy's access log. */
  readonly decisionId: string;
  readonly outcome: CheckOutcome;
  readonly reason: CheckReason;
  /** The policy's own words. */
  readonly policyReason?: string | undefined;
  /** HTTP status of a denial, or the name of the gRPC status. */
  readonly status?: number | string | undefined;
  readonly decisionPath?: string | undefined;
  readonly engine?: string | undefined;
  readonly revision?: string | undefined;
  readonly method?: string | undefined;
  readonly host?: string | undefined;
  /** The request target; its query is cut off before it is written. */
  readonly path?: string | undefined;
  /** `x-request-id`. */
  readonly requestId?: string | undefined;
  readonly identitySource?: string | undefined;
  readonly subject?: string | undefined;
  readonly identityError?: string | undefined;
  readonly duration: number;
  /** The result was that of an earlier evaluation, from the decision cache. */
  readonly cached?: true | undefined;
  readonly engineDuration?: number | undefined;
}

/** Characters kept of each text that a client or a policy chose. */
const maxText = 1024;

/**
 * One line of JSON with its line feed. The members are named one by one, so that nothing reaches the
 * log because someone added it to a record: no headers, no credentials, no body, no query.
 */
export function decisionLine(record: DecisionRecord): string {
  const line = JSON.stringify({
    time: new Date(record.time).toISOString(),
    decision_id: record.decisionId,
    outcome: record.outcome,
    reason: record.reason,
    policy_reason: clip(record.policyReason),
    status: record.status,
    decision_path: record.decisionPath,
    engine: record.engine,
    revision: clip(record.revision),
    method: clip(record.method),
    host: clip(withoutUserInfo(record.host)),
    path: clip(withoutQuery(record.path)),
    request_id: clip(record.requestId),
    identity_source: record.identitySource,
    subject: clip(record.subject),
    identity_error: record.identityError,
    duration_ms: round(record.duration),
    cached: record.cached,
    engine_ms: round(record.engineDuration),
  });
  return `${escapeInvisible(line)}\n`;
}

function clip(text: string | undefined): string | undefined {
  return text === undefined || text.length <= maxText ? text : `${text.slice(0, maxText)}…`;
}

/** A query may hold tokens and personal data; a fragment should not be there at all. */
function withoutQuery(path: string | undefined): string | undefined {
  return path?.replace(/[?#].*$/s, '');
}

function withoutUserInfo(host: string | undefined): string | undefined {
  return host?.replace(/^.*@/s, '');
}

function round(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.round(milliseconds * 1000) / 1000;
}

// JSON leaves DEL, the C1 controls, the Unicode line separators and the format characters (which can
// turn the direction of what follows, or hide it) as they are; some terminals and log viewers act on
// them, and a client may put them into a path.
const invisible = /[\u007f-\u009f\u2028\u2029\p{Cf}]/gu;

function escapeInvisible(line: string): string {
  return line.replace(invisible, (character) => character.split('').map(escapeUnit).join(''));
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
