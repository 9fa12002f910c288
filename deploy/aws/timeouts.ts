/**
 * Idle times along the way, in seconds. Whoever closes an idle connection first must be the side that opens new ones: if the
 * far side closed first, a request could already be on its way to a connection that is gone, which is a 502 now and then
 * that nobody can explain. So each wait is shorter than the one behind it:
 *
 *     CloudFront to ALB < ALB to EdgeBalancer < EdgeBalancer's own; EdgeBalancer to backend < the backend's own
 *
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html (idle timeout)
 */
export const IDLE_S = {
  /** CloudFront keeps an unused connection to the load balancer. */
  cloudFront: 55,
  /** The load balancer keeps one on either side. */
  loadBalancer: 60,
  /** `listeners.*.timeouts.idle` */
  edgeBalancer: 75,
  /** `pools.*.timeouts.idle` */
  toBackend: 50,
  /** `keepAliveTimeout` of the example backend. */
  backend: 65,
} as const;

/** How a task ends, in seconds. */
export const END_S = {
  /** The load balancer sends nothing new, and waits for what runs. */
  deregistration: 30,
  /** EdgeBalancer's drain: docs/operating.md. */
  drain: 30,
  /** Then ECS kills it. */
  stop: 60,
} as const;
