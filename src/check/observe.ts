import type { DecisionLog } from '../decision-log/decision-log.js';
import type { DecisionRecord } from '../decision-log/decision-record.js';
import type { Attributes } from '../envoy/attributes.js';
import type { Identified } from '../identity/identify.js';
import type { CheckReason } from '../telemetry/check-reason.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { MutationRule } from '../telemetry/mutation-rule.js';
import type { MutationFault } from './decision/decision-fault.js';
import { headerView } from './input/headers.js';
import type { Verdict } from './verdict.js';

/** What became known of a check on its way, whether or not it came to the end. Times on the clock of `performance.now()`. */
export interface Trail {
  readonly decisionId: string;
  readonly started: number;
  attributes?: Attributes | undefined;
  decisionPath?: string;
  caller?: Identified;
  engine?: string;
  revision?: string | undefined;
  /** The engine was not asked: the decision cache answered. */
  cached?: true;
  /** Milliseconds. */
  engineDuration?: number;
}

export type Observer = (trail: Trail, verdict: Verdict) => void;

/** What any client can bring about at will: at `warn` it could fill the log, and the counters tell it anyway. */
const provokedByClients: ReadonlySet<CheckReason> = new Set(['request_invalid', 'cancelled', 'undefined']);

/** Milliseconds for which a rule that broke once is not warned of again. */
const quietTime = 60_000;

/** Counts each check, measures it, and writes it to the decision log. */
export function createObserver(metrics: Metrics, decisionLog: () => DecisionLog, logger: Logger): Observer {
  const engineDurations = new Map<string, (seconds: number) => void>();
  const observeEngine = (engine: string, seconds: number) => {
    const observe = engineDurations.get(engine) ?? metrics.engineDuration(engine);
    engineDurations.set(engine, observe);
    observe(seconds);
  };

  const warned = new Map<MutationRule, number>();
  const reportDropped = ({ decisionId, decisionPath }: Trail, { rule, message }: MutationFault) => {
    metrics.mutationDropped(rule);
    const now = performance.now();
    const quiet = now - (warned.get(rule) ?? Number.NEGATIVE_INFINITY) < quietTime;
    if (!quiet) warned.set(rule, now);
    logger[quiet ? 'debug' : 'warn'](
      { decision_id: decisionId, path: decisionPath, rule },
      `dropped from the decision: ${message}`,
    );
  };

  return (trail, verdict) => {
    const duration = performance.now() - trail.started;
    metrics.check(verdict.outcome, verdict.reason, duration / 1000);
    if (trail.engine !== undefined && trail.engineDuration !== undefined) {
      observeEngine(trail.engine, trail.engineDuration / 1000);
    }
    if (trail.caller !== undefined) countIdentity(metrics, trail.caller);
    if (verdict.error !== undefined) {
      metrics.error(verdict.error.code);
      const level = provokedByClients.has(verdict.reason) ? 'debug' : 'warn';
      logger[level](
        { err: verdict.error, decision_id: trail.decisionId, path: trail.decisionPath },
        'check not decided',
      );
    }
    for (const fault of verdict.dropped ?? []) reportDropped(trail, fault);
    const log = decisionLog();
    if (log.enabled) log.record(() => decisionRecord(trail, verdict, duration));
  };
}

function countIdentity(metrics: Metrics, caller: Identified): void {
  if (caller.kind === 'identified') metrics.identity(caller.identity.source, 'identified');
  else if (caller.kind === 'invalid') metrics.identity(caller.error.source, caller.error.reason);
  else if (caller.kind === 'unavailable') metrics.identity(caller.source, 'unavailable');
}

function decisionRecord(trail: Trail, verdict: Verdict, duration: number): DecisionRecord {
  const { attributes, caller } = trail;
  const http = attributes?.request?.http;
  return {
    time: Date.now() - duration,
    decisionId: trail.decisionId,
    outcome: verdict.outcome,
    reason: verdict.reason,
    policyReason: verdict.policyReason,
    status: answerStatus(verdict),
    decisionPath: trail.decisionPath,
    engine: trail.engine,
    revision: trail.revision,
    method: http?.method,
    host: http?.host,
    path: http?.path,
    requestId: headerView(http).get('x-request-id'),
    ...identityFields(caller),
    duration,
    cached: trail.cached,
    engineDuration: trail.engineDuration,
  };
}

function identityFields(caller: Identified | undefined): Partial<DecisionRecord> {
  if (caller?.kind === 'identified') {
    return { identitySource: caller.identity.source, subject: caller.identity.subject };
  }
  if (caller?.kind === 'unavailable') return { identitySource: caller.source };
  return caller?.kind === 'invalid' ? { identitySource: caller.error.source, identityError: caller.error.reason } : {};
}

function answerStatus({ answer }: Verdict): number | string | undefined {
  return answer.kind === 'allow' ? undefined : answer.status;
}
