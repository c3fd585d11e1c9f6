/**
 * A client of server-sent events that reads only as fast as a test says.
 */
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';

/** One event as it came. */
export interface SseEvent {
  readonly id: string;
  readonly event: string;
  /** The data, parsed. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** One stream of events. */
export interface SseStream extends AsyncDisposable {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** The next event; undefined when the stream has ended whole. Rejects when it was cut. */
  next(): Promise<SseEvent | undefined>;
  /** Everything up to the end, or up to and with the first event of that name. */
  until(name?: string): Promise<readonly SseEvent[]>;
  /** All text so far, comments too. */
  readonly text: string;
  /** Leaves. */
  leave(): void;
}

/** Opens a stream; resolves with its head. */
export function openEvents(url: string, headers: Readonly<Record<string, string>> = {}): Promise<SseStream> {
  return new Promise((resolve, reject) => {
    const request: ClientRequest = httpRequest(url, { agent: false, headers }, (response) => {
      request.on('error', () => {
        // The reader sees the same on the response.
      });
      resolve(new OpenStream(request, response));
    });
    request.once('error', reject);
    request.end();
  });
}

class OpenStream implements SseStream {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  text = '';
  readonly #request: ClientRequest;
  readonly #parts: AsyncIterator<string>;
  #rest = '';

  constructor(request: ClientRequest, response: IncomingMessage) {
    this.#request = request;
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    response.setEncoding('utf8');
    this.#parts = response[Symbol.asyncIterator]() as AsyncIterator<string>;
  }

  async next(): Promise<SseEvent | undefined> {
    for (;;) {
      const end = this.#rest.indexOf('\n\n');
      if (end === -1) {
        const part = await this.#parts.next();
        if (part.done === true) return undefined;
        this.text += part.value;
        this.#rest += part.value;
        continue;
      }
      const event = parse(this.#rest.slice(0, end));
      this.#rest = this.#rest.slice(end + 2);
      if (event !== undefined) return event;
    }
  }

  async until(name?: string): Promise<readonly SseEvent[]> {
    const events: SseEvent[] = [];
    for (let event = await this.next(); event !== undefined; event = await this.next()) {
      events.push(event);
      if (event.event === name) break;
    }
    return events;
  }

  leave(): void {
    this.#request.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.leave();
  }
}

/** The event in a block of lines; undefined for a comment. */
function parse(block: string): SseEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = /^([a-z]*):? ?(.*)$/.exec(line) ?? [];
    if (name !== '') fields.set(name, value);
  }
  const data = fields.get('data');
  if (data === undefined) return undefined;
  return {
    id: fields.get('id') ?? '',
    event: fields.get('event') ?? 'message',
    data: JSON.parse(data) as SseEvent['data'],
  };
}
