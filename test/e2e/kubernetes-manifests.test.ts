/** deploy/kubernetes: what the objects say of each other, of the image and of the configuration agrees. */
/* eslint-disable @typescript-eslint/no-unsafe-call -- objects of Kubernetes are looked at field by field, without types */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { loadConfig } from '#control/config/load.ts';
import { schemaProblems, unknownFields, type KubernetesObject } from '../support/kubernetes-types.ts';
import { formatProblem } from '#control/config/problem.ts';

const FILE = join(import.meta.dirname, '../../deploy/kubernetes/edgebalancer.yaml');
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- objects of Kubernetes, looked at field by field
type Manifest = any;
const objects: Manifest[] = parseAllDocuments(readFileSync(FILE, 'utf8')).map((document) => {
  assert.deepEqual(document.errors, []);
  return document.toJS() as Manifest;
});
const of = (kind: string): Manifest => {
  const found = objects.filter((object) => object.kind === kind);
  assert.equal(found.length, 1, kind);
  return found[0];
};
const pod = of('Deployment').spec.template;
const [container] = pod.spec.containers;

/** Kind to the version that is served by every release from 1.25 on. */
const VERSIONS: Readonly<Record<string, string>> = {
  ServiceAccount: 'v1',
  ConfigMap: 'v1',
  Service: 'v1',
  Role: 'rbac.authorization.k8s.io/v1',
  RoleBinding: 'rbac.authorization.k8s.io/v1',
  Deployment: 'apps/v1',
  PodDisruptionBudget: 'policy/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  NetworkPolicy: 'networking.k8s.io/v1',
};

test('each object is of a version that is served, and has a name', () => {
  for (const { apiVersion, kind, metadata } of objects) {
    assert.equal(apiVersion, VERSIONS[kind], kind);
    assert.equal(metadata.name, 'edgebalancer', kind);
  }
  assert.deepEqual(objects.map(({ kind }) => kind).sort(), Object.keys(VERSIONS).sort());
});

test('each object meets the schema of the API, and has no field that it does not know', async () => {
  for (const object of objects)
    assert.deepEqual(await schemaProblems(object as KubernetesObject), [], String(object.kind));
  assert.deepEqual(unknownFields(objects as KubernetesObject[]), []);
});

test('a slip would be found', async () => {
  const slip = structuredClone(of('Deployment'));
  slip.spec.template.spec.containers[0].readinessProb = slip.spec.template.spec.containers[0].readinessProbe;
  delete slip.spec.selector;
  assert.match((await schemaProblems(slip)).join(), /selector/);
  assert.match(unknownFields([slip]).join(), /readinessProb/);
});

test('selectors find the pods, names what they name', () => {
  const { labels } = pod.metadata;
  for (const selector of [
    of('Deployment').spec.selector.matchLabels,
    of('Service').spec.selector,
    of('PodDisruptionBudget').spec.selector.matchLabels,
    of('NetworkPolicy').spec.podSelector.matchLabels,
    pod.spec.topologySpreadConstraints[0].labelSelector.matchLabels,
  ])
    assert.deepEqual(selector, labels);
  const ports = container.ports.map(({ name }: Manifest) => name);
  for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) assert.ok(ports.includes(container[probe].httpGet.port)); // prettier-ignore
  for (const { targetPort } of of('Service').spec.ports) assert.ok(ports.includes(targetPort));
  for (const rule of of('NetworkPolicy').spec.ingress)
    for (const { port } of rule.ports) assert.ok(ports.includes(port));
  const volumes = pod.spec.volumes.map(({ name }: Manifest) => name).sort();
  assert.deepEqual(container.volumeMounts.map(({ name }: Manifest) => name).sort(), volumes);
  assert.equal(of('RoleBinding').roleRef.name, of('Role').metadata.name);
  assert.equal(of('RoleBinding').subjects[0].name, pod.spec.serviceAccountName);
  assert.equal(of('HorizontalPodAutoscaler').spec.scaleTargetRef.name, of('Deployment').metadata.name);
  assert.ok(of('PodDisruptionBudget').spec.minAvailable < of('HorizontalPodAutoscaler').spec.minReplicas);
});

test('pods meet the restricted profile of pod security', () => {
  const { securityContext: own } = pod.spec;
  assert.equal(own.runAsNonRoot, true);
  assert.equal(own.seccompProfile.type, 'RuntimeDefault');
  const { securityContext } = container;
  assert.equal(securityContext.allowPrivilegeEscalation, false);
  assert.equal(securityContext.readOnlyRootFilesystem, true);
  assert.deepEqual(securityContext.capabilities, { drop: ['ALL'] });
  assert.match(readFileSync(join(FILE, '../../../Dockerfile'), 'utf8'), new RegExp(`^USER ${own.runAsUser}:${own.runAsGroup}$`, 'm')); // prettier-ignore
  assert.deepEqual(Object.keys(container.resources.limits).sort(), ['cpu', 'memory']);
});

test('the configuration is valid, its ports are those of the pod, and a drain ends before the pod is killed', () => {
  const text = of('ConfigMap').data['edgebalancer.yaml'] as string;
  const { config, problems } = loadConfig(text, 'edgebalancer.yaml', { REDIS_PASSWORD: 'x', POD_NAMESPACE: 'shop' });
  assert.deepEqual(problems.map(formatProblem), []);
  const portOf = (name: string): number => container.ports.find((port: Manifest) => port.name === name).containerPort;
  const address = config?.listeners[0]?.address;
  assert.ok(address?.kind === 'tcp' && address.port === portOf('http'));
  assert.ok(config?.admin.address?.kind === 'tcp' && config.admin.address.port === portOf('admin'));
  const given = new Set(container.env.map(({ name }: Manifest) => name));
  for (const [, name] of text.matchAll(/\$\{(\w+)/g)) assert.ok(given.has(name), name);
  const drainS = Number(
    /up to (\d+) s; exit 0/.exec(readFileSync(join(FILE, '../../../docs/operating.md'), 'utf8'))?.[1],
  );
  const { seconds } = container.lifecycle.preStop.sleep;
  assert.ok(seconds + drainS < pod.spec.terminationGracePeriodSeconds, `${seconds} + ${drainS} s`);
  const { list, watch } = Object.fromEntries(of('Role').rules[0].verbs.map((verb: string) => [verb, true])) as Record<string, boolean>; // prettier-ignore
  assert.ok(list && watch);
});
