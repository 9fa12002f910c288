/**
 * A DNS server on a port of this machine: UDP and TCP, RFC 1035, with A, AAAA and SRV (RFC 2782) records that a test sets. What
 * is too long for UDP is cut there, and says so.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket as Stream } from 'node:net';

export interface DnsRecord {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'SRV';
  readonly ttl: number;
  /** An address; for SRV `priority weight port target`. */
  readonly data: string;
}

const TYPES = { A: 1, AAAA: 28, SRV: 33 } as const;
const NXDOMAIN = 3;
const SERVFAIL = 2;
/** RFC 1035, 4.2.1. This server takes no larger one, whatever a client offers. */
const UDP_BYTES_MAX = 512;
const TRUNCATED = 0x0200;

export class DnsServer {
  records: DnsRecord[] = [];
  /** What it does instead of answering. */
  fails: 'no' | 'servfail' | 'silent' = 'no';
  asked = 0;
  askedByTcp = 0;
  readonly #socket: Socket;
  readonly #server: Server;

  private constructor(socket: Socket, server: Server) {
    this.#socket = socket;
    this.#server = server;
    server.on('connection', (stream) => this.#listen(stream));
    socket.on('message', (query, from) => {
      this.asked += 1;
      if (this.fails !== 'silent') socket.send(fitting(this.#answer(query)), from.port, from.address);
    });
  }

  static async start(): Promise<DnsServer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const server = createServer().listen(socket.address().port, '127.0.0.1');
    await once(server, 'listening');
    return new DnsServer(socket, server);
  }

  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  stop(): void {
    this.#socket.close();
    this.#server.close();
  }

  /** Over TCP each message has its length before it. */
  #listen(stream: Stream): void {
    let waiting = Buffer.alloc(0);
    stream.on('error', () => {});
    stream.on('data', (bytes: Buffer) => {
      waiting = Buffer.concat([waiting, bytes]);
      while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
        const end = 2 + waiting.readUInt16BE(0);
        const answer = this.#answer(waiting.subarray(2, end));
        waiting = waiting.subarray(end);
        this.askedByTcp += 1;
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        stream.write(Buffer.concat([length, answer]));
      }
    });
  }

  #answer(query: Buffer): Buffer {
    const { name, end } = nameAt(query, 12);
    const type = query.readUInt16BE(end);
    const question = query.subarray(12, end + 4);
    const ofName = this.records.filter((record) => record.name === name);
    const found = this.fails === 'servfail' ? [] : ofName.filter((record) => TYPES[record.type] === type);
    const code = this.fails === 'servfail' ? SERVFAIL : ofName.length === 0 ? NXDOMAIN : 0;
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8180 | code, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(found.length, 6);
    return Buffer.concat([head, question, ...found.map(written)]);
  }
}

/** Without its records, and marked as cut, where it is too long. */
function fitting(answer: Buffer): Buffer {
  if (answer.length <= UDP_BYTES_MAX) return answer;
  const { end } = nameAt(answer, 12);
  const cut = Buffer.from(answer.subarray(0, end + 4));
  cut.writeUInt16BE(cut.readUInt16BE(2) | TRUNCATED, 2);
  cut.writeUInt16BE(0, 6);
  return cut;
}

function nameAt(message: Buffer, from: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = from;
  for (let length = message[at]!; length > 0; length = message[at]!) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length).toLowerCase());
    at += length + 1;
  }
  return { name: labels.join('.'), end: at + 1 };
}

function written({ type, ttl, data }: DnsRecord): Buffer {
  const body = dataOf(type, data);
  // 0xc00c: the name of the question.
  const head = Buffer.from([0xc0, 0x0c, 0, TYPES[type], 0, 1, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(body.length, 10);
  return Buffer.concat([head, body]);
}

function dataOf(type: DnsRecord['type'], data: string): Buffer {
  if (type === 'A') return Buffer.from(data.split('.').map(Number));
  if (type === 'AAAA') {
    const [left = '', right = ''] = data.split('::');
    const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => parseInt(group, 16)));
    const [first, last] = [groups(left), groups(right)];
    const all = [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
    return Buffer.from(all.flatMap((group) => [group >> 8, group & 255]));
  }
  const [priority, weight, port, target = ''] = data.split(' ');
  const numbers = [priority, weight, port].flatMap((text) => [Number(text) >> 8, Number(text) & 255]);
  const labels = target.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.from([...numbers, ...labels, 0]);
}
