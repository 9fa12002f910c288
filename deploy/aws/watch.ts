/** What an operator looks at first, and what wakes one: a dashboard and alarms, which a topic tells of. */
import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

export interface WatchProps {
  readonly service: ecs.FargateService;
  readonly balancer: elb.ApplicationLoadBalancer;
  readonly target: elb.ApplicationTargetGroup;
}

const MINUTE = { period: Duration.minutes(1) };

export class Watch extends Construct {
  readonly topic: sns.Topic;

  constructor(scope: Construct, id: string, { service, balancer, target }: WatchProps) {
    super(scope, id);
    this.topic = new sns.Topic(this, 'Alarms', { enforceSSL: true });
    const own = balancer.metrics.httpCodeElb(elb.HttpCodeElb.ELB_5XX_COUNT, { ...MINUTE, statistic: 'sum' });
    const backend = target.metrics.httpCodeTarget(elb.HttpCodeTarget.TARGET_5XX_COUNT, { ...MINUTE, statistic: 'sum' });
    const requests = target.metrics.requestCount({ ...MINUTE, statistic: 'sum' });
    const p99 = target.metrics.targetResponseTime({ ...MINUTE, statistic: 'p99' });
    const unhealthy = target.metrics.unhealthyHostCount(MINUTE);
    const cpu = service.metricCpuUtilization(MINUTE);
    const memory = service.metricMemoryUtilization(MINUTE);
    const share = new cloudwatch.MathExpression({
      expression: 'IF(requests > 100, 100 * errors / requests, 0)',
      usingMetrics: { errors: backend, requests },
      label: 'share of 5xx, percent',
      ...MINUTE,
    });
    this.#alarm(
      'LoadBalancerErrors',
      own,
      10,
      'The load balancer answers 5xx itself: no task can be reached, or idle times disagree',
    );
    this.#alarm('Errors', share, 1, 'More than 1 % of the answers are 5xx');
    this.#alarm('Unhealthy', unhealthy, 1, 'A task is not ready');
    this.#alarm('Cpu', cpu, 85, 'Tasks are busy, and scaling does not follow');
    this.#alarm('Memory', memory, 85, 'Tasks are short of memory: EdgeBalancer refuses requests at 90 %');
    new cloudwatch.Dashboard(this, 'Dashboard', {
      widgets: [
        [graph('Requests', [requests]), graph('Errors', [own, backend]), graph('p99', [p99])],
        [graph('CPU and memory, percent', [cpu, memory]), graph('Tasks that are not ready', [unhealthy])],
      ],
    });
  }

  #alarm(id: string, metric: cloudwatch.IMetric, threshold: number, alarmDescription: string): void {
    const alarm = new cloudwatch.Alarm(this, id, {
      metric,
      threshold,
      alarmDescription,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new actions.SnsAction(this.topic));
  }
}

function graph(title: string, left: cloudwatch.IMetric[]): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({ title, left, width: 8 });
}
