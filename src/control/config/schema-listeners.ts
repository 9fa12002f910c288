/** Listeners: where clients come in. */
import { z } from 'zod';
import { cidr, count, duration, listenAddress, name, section, size } from './fields.ts';

const tls = section({
  certificates: z
    .array(
      section({
        cert: z.string().min(1).meta({ description: 'PEM file with the certificate and its chain' }),
        key: z.string().min(1).meta({ description: 'PEM file with the private key' }),
      }),
    )
    .min(1)
    .meta({ description: 'Chosen by the name that the client asks for (SNI)' }),
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').meta({ description: 'The oldest version spoken' }),
  clientCa: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .meta({ description: 'PEM file; client certificates are required and verified' }),
});

const limits = section({
  connections: count(1, 10_000_000)
    .default(65_536)
    .meta({ description: 'Client connections open at one time, all workers together' }),
  headerBytes: size({ min: 1024, max: 1024 ** 2 })
    .prefault('32KiB')
    .meta({ description: 'Size of a whole request head; more is answered 431' }),
  headerCount: count(1, 1000)
    .default(100)
    .meta({ description: 'Field lines of a request head; more are answered 431' }),
  targetBytes: size({ min: 64, max: 1024 ** 2 })
    .prefault('8KiB')
    .meta({ description: 'Length of a request target; more is answered 414' }),
  bodyBytes: size({ min: 1, orNone: true })
    .prefault(0)
    .meta({ description: 'Size of a request body; more is answered 413; 0: no limit' }),
  bodyBytesPerSecond: count(0, 1_000_000_000)
    .default(100)
    .meta({ description: 'The least pace of a request body, over `timeouts.body`; less is answered 408; 0: any pace' }),
});

const timeouts = section({
  header: duration({ min: 10 }).prefault('10s').meta({ description: "From a request head's first byte to its last" }),
  body: duration({ min: 10, orNone: true })
    .prefault('30s')
    .meta({ description: 'The longest silence inside a request body; 0: no limit' }),
  idle: duration({ min: 10, orNone: true }).prefault('75s').meta({
    description:
      'The longest silence between two requests on one connection; 0: no limit. Keep it above that of a load balancer in front',
  }),
  write: duration({ min: 10, orNone: true })
    .prefault('30s')
    .meta({ description: 'The longest time in which a client takes none of what it asked for; 0: no limit' }),
});

export const listener = section({
  name: name().default('public').meta({ description: 'Its name in metrics and logs' }),
  address: listenAddress()
    .prefault('0.0.0.0:8080')
    .meta({
      description: 'Host and port, a port alone (every IPv4 address), or a unix socket',
      samples: ['0.0.0.0:8080', '[::]:8080', ':8080', 'unix:/run/edgebalancer.sock'],
    }),
  tls: tls.nullable().default(null).meta({ description: 'TLS for clients; null: none' }),
  http2: z.boolean().default(true).meta({ description: 'HTTP/2: by ALPN under TLS, by prior knowledge without' }),
  proxyProtocol: z
    .boolean()
    .default(false)
    .meta({ description: 'Expect a PROXY header (v1 or v2) from trusted proxies' }),
  trustedProxies: z
    .array(cidr())
    .max(1000)
    .prefault([])
    .meta({
      description: 'Networks whose PROXY header and X-Forwarded-* fields are believed',
      samples: [['10.0.0.0/8']],
    }),
  limits: limits.prefault({}).meta({ description: 'What one listener takes at most' }),
  timeouts: timeouts.prefault({}).meta({ description: 'How long clients may take' }),
});
