import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** A request as it arrived over the wire. */
export interface Received {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What one request gets instead of an answer of the receiver's. */
export type Fault =
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** The connection ends without an answer; `after`: once the receiver has taken the request. */
  | { readonly kind: 'reset'; readonly after?: boolean }
  /** Nothing comes until the receiver closes. */
  | { readonly kind: 'hang' }
  /** A header, then a body that never ends. */
  | { readonly kind: 'slow-body' }
  /** A body shorter than its content-length, after the receiver has taken the request. */
  | { readonly kind: 'truncated' }
  /** More than anyone should read. */
  | { readonly kind: 'flood' };

export type Handle = (request: Received) => Reply;

/** A receiver on 127.0.0.1: what it gets, it hands to `handle`, unless a fault is planned. */
export class Receiver implements AsyncDisposable {
  readonly requests: Received[] = [];
  /** What a strict receiver did not like; empty, unless the test is about that. */
  readonly violations: string[] = [];
  /** Taken one a request, first come, first served; `undefined` lets a request through. */
  readonly faults: (Fault | undefined)[] = [];
  handle: Handle = () => ({ status: 200 });
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(port = 0): Promise<Receiver> {
    const server = createServer({ maxHeaderSize: 64 * 1024 });
    const receiver = new Receiver(server);
    server.on('request', (request, response) => {
      void receiver.#serve(request, response);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return portOf(this.#server.address());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  violation(what: string): Reply {
    this.violations.push(what);
    return { status: 400, body: what };
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    message.on('error', () => {});
    response.on('error', () => {});
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of message) chunks.push(Buffer.from(chunk));
    } catch {
      return;
    }
    const request: Received = {
      method: message.method ?? '',
      path: message.url ?? '',
      headers: message.headers,
      body: Buffer.concat(chunks),
    };
    this.requests.push(request);
    const fault = this.faults.shift();
    switch (fault?.kind) {
      case undefined:
        answer(response, this.handle(request));
        return;
      case 'reply':
        answer(response, fault.reply);
        return;
      case 'reset':
        if (fault.after === true) this.handle(request);
        message.socket.resetAndDestroy();
        return;
      case 'hang':
        return;
      case 'slow-body':
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{');
        return;
      case 'truncated':
        this.handle(request);
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"text":"Succ', () => message.socket.destroy());
        return;
      case 'flood': {
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(64 * 1024, 0x78)));
        };
        response.writeHead(503);
        response.on('drain', more);
        more();
      }
    }
  }
}

function answer(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, { ...headers });
  response.end(body ?? '');
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === 'string') throw new TypeError('the receiver is closed');
  return address.port;
}

/** The decompressed body, or `undefined` if it is no gzip or larger. */
export function gunzipped(body: Buffer, maxBytes: number): string | undefined {
  try {
    return gunzipSync(body, { maxOutputLength: maxBytes }).toString('utf8');
  } catch {
    return undefined;
  }
}
