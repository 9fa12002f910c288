import { NetTransport } from '#transport/net/engine.ts';
import { conform } from './conformance.ts';

conform('net, lean handles', () => new NetTransport({ lean: true }));
conform('net, whole sockets', () => new NetTransport({ lean: false }));
