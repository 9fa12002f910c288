/** The source that a pool's settings name. */
import type { Timers } from '#core/ports.ts';
import type { Listener, Source } from './source.ts';
import { cloudMapSource, ecsSource, type AwsCall, type CloudMapSettings, type EcsSettings } from './sources/aws.ts';
import { dnsSource, srvSource, type DnsSettings, type SrvSettings } from './sources/dns.ts';
import { fileSource, type FileSettings, type ReadMembers } from './sources/file.ts';
import { KubernetesSource, type KubernetesApi, type KubernetesSettings } from './sources/kubernetes.ts';

/** Exactly one of the sources; durations in milliseconds. */
export interface DiscoverySettings {
  readonly dns?: DnsSettings | undefined;
  readonly srv?: SrvSettings | undefined;
  readonly file?: FileSettings | undefined;
  readonly ecs?: EcsSettings | undefined;
  readonly cloudMap?: CloudMapSettings | undefined;
  readonly kubernetes?: KubernetesSettings | undefined;
  /** How long the last good answer is used while the source fails; 0: for good. */
  readonly keepFor: number;
}

export interface SourcePorts {
  readonly timers: Timers;
  /** A reader for each file. */
  readonly memberReader: () => ReadMembers;
  readonly aws: AwsCall;
  /** Throws a sentence outside a cluster. */
  readonly kubernetes: () => KubernetesApi;
}

export interface NamedSource {
  readonly kind: string;
  readonly begin: (listener: Listener) => Source;
}

export function sourceOf(settings: DiscoverySettings, ports: SourcePorts): NamedSource {
  const { timers, aws, memberReader, kubernetes } = ports;
  const { dns, srv, file, ecs, cloudMap, kubernetes: cluster } = settings;
  if (dns !== undefined) return { kind: 'dns', begin: (listener) => dnsSource(dns, listener, timers) };
  if (srv !== undefined) return { kind: 'srv', begin: (listener) => srvSource(srv, listener, timers) };
  if (file !== undefined)
    return { kind: 'file', begin: (listener) => fileSource(file, memberReader(), listener, timers) };
  if (ecs !== undefined) return { kind: 'ecs', begin: (listener) => ecsSource(ecs, aws, listener, timers) };
  if (cloudMap !== undefined)
    return { kind: 'cloudMap', begin: (listener) => cloudMapSource(cloudMap, aws, listener, timers) };
  if (cluster === undefined) throw new Error('discovery names no source');
  return {
    kind: 'kubernetes',
    begin: (listener) => {
      try {
        return new KubernetesSource(cluster, kubernetes(), listener, timers);
      } catch (error) {
        listener.failure((error as Error).message);
        return { stop: () => {} };
      }
    },
  };
}
