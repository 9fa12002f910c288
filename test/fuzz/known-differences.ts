/**
 * Where llhttp refuses, or reads otherwise, what the codec accepts, and why that stands. Whatever is not listed here is a
 * failure.
 */
import type { Disagreement } from './second-opinion.ts';
import type { Sequence } from './sequence.ts';

interface KnownDifference {
  readonly name: string;
  readonly why: string;
  readonly covers: (disagreement: Disagreement, sequence: Sequence) => boolean;
}

/** What llhttp speaks HTTP/1 with; SOURCE, PRI and the methods of RTSP it knows, but wants another protocol behind them. */
const LLHTTP_METHODS = new Set(
  (
    'DELETE GET HEAD POST PUT CONNECT OPTIONS TRACE COPY LOCK MKCOL MOVE PROPFIND PROPPATCH SEARCH UNLOCK BIND REBIND ' +
    'UNBIND ACL REPORT MKACTIVITY CHECKOUT MERGE M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE PATCH PURGE MKCALENDAR LINK ' +
    'UNLINK QUERY'
  ).split(' '),
);

const PROXY_CONNECTION = /\nproxy-connection:/i;

/** How `dropped` is told: only where what is left when the dropped bytes are cut out is read alike. */
export const DROPPED = 'dropped';

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    name: 'method',
    why: 'llhttp has a closed list of methods; RFC 9110, section 9.1 lets a method be any token, and a proxy passes it on',
    covers: ({ message, what }, { reads }) => {
      const method = message.head.slice(0, message.head.indexOf(' '));
      return (
        reads === 'requests' &&
        !LLHTTP_METHODS.has(method) &&
        (what.startsWith('HPE_INVALID_') || what === 'head' || what === 'stopped')
      );
    },
  },
  {
    name: 'interim',
    why: 'llhttp reads a body behind 104 to 199 with framing fields; RFC 9112, section 6.3 has none behind any 1xx',
    covers: ({ message, what }) =>
      /^1\.[01] 1(?!0[0-3])/.test(message.head) && message.framing === 'none' && what === 'end',
  },
  {
    name: 'close',
    why: 'in HTTP/1.0 llhttp lets keep-alive win over close; RFC 9112, section 9.3 lets close win in every version',
    covers: ({ message, what }) => / 1\.0\n|^1\.0 /.test(message.head) && !message.keepAlive && what === 'keepAlive',
  },
  {
    name: 'upgrade',
    why: 'llhttp lets HTTP/1.0 ask for an upgrade; RFC 9110, section 7.8 has a server ignore that',
    covers: ({ message, what }) => / 1\.0\n|^1\.0 /.test(message.head) && !message.upgrade && what === 'upgrade',
  },
  {
    name: 'upgrade-to-nothing',
    why: 'llhttp takes any value of Upgrade for a protocol; a list of empty elements has none (RFC 9110, section 5.6.1)',
    covers: ({ message, what }) => /\nupgrade:[ \t]*,[ \t,]*(?:\n|$)/i.test(message.head) && what === 'upgrade',
  },
  {
    name: 'proxy-connection',
    why: 'llhttp obeys Proxy-Connection like Connection; no RFC defines it, and RFC 9112, appendix C.2.2 warns of it',
    covers: ({ message, previous, what }) =>
      what === 'HPE_CLOSED_CONNECTION'
        ? PROXY_CONNECTION.test(previous?.head ?? '')
        : what === 'keepAlive' && PROXY_CONNECTION.test(message.head),
  },
  {
    name: 'tab',
    why:
      'llhttp takes no HTAB behind `chunked` (a request is refused, an answer read to the close); RFC 9110, section 5.5 ' +
      'trims it like SP, and the proxy writes the field anew in both directions',
    covers: ({ head }) => /\r\ntransfer-encoding:[ \t]*chunked *\t[ \t]*\r\n/i.test(head),
  },
  {
    name: DROPPED,
    why:
      'chunk extensions are judged by llhttp and trailers may not frame there; the codec finds only where they end, and ' +
      'does not send them on',
    // Nothing to be seen from one reading: see `CodecFuzz`.
    covers: () => false,
  },
];

/** The name of the known difference that explains this one, or null. */
export function knownDifference(disagreement: Disagreement, sequence: Sequence): string | null {
  return KNOWN_DIFFERENCES.find((known) => known.covers(disagreement, sequence))?.name ?? null;
}
