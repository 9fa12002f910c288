/**
 * When so few of a pool's backends are eligible that sparing the others does more harm than using them: then every backend
 * that probes do not call down is used, whatever its circuit says.
 *
 * Why: circuits open one after another when load, not backends, is the trouble; the few that are left would be drowned.
 * Conditions: fewer than `threshold` of the pool's members are eligible, and ignoring circuits adds some. A threshold of 0
 * never panics. Precedence: what an operator took out (drained, in maintenance, of weight 0) is no member and stays out.
 * Recovery: at once when enough are eligible again. Source: Envoy's panic threshold, without those that probes call down.
 */
export function isPanic(eligible: number, notDown: number, members: number, threshold: number): boolean {
  return notDown > eligible && eligible < threshold * members;
}
