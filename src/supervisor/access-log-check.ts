/**
 * Each worker opens the access log for itself, and one that cannot has nobody to tell but its supervisor, when it is too late.
 * So the destination is tried before a plan is given to any worker. A file that is missing is not created: the plan may yet be
 * refused, or be a dry run's. Workers create it.
 */
import type { AccessLogPlan } from '#core/plan-failures.ts';
import { checkOutput, OutputError } from '#observe/line-output.ts';
import { OperatorError } from './operator-error.ts';

/** Throws a sentence for the operator when the log cannot be written to. Creates nothing. */
export function checkAccessLog(plan: AccessLogPlan | null): void {
  if (plan === null) return;
  try {
    checkOutput(plan.to);
  } catch (error) {
    if (error instanceof OutputError) throw new OperatorError(`Access log (log.access.to): ${error.message}`);
    throw error;
  }
}

/** The same as a sentence; null: it can be written. */
export function accessLogRefusal(plan: AccessLogPlan | null): string | null {
  try {
    checkAccessLog(plan);
    return null;
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
    throw error;
  }
}
