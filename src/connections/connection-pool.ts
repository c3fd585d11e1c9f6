/**
 * Who may have a connection: caps over all and per host, a bounded queue, idle ones kept for reuse.
 *
 * Knows nothing of HTTP. Invariant: slots in use, idle and closing together never exceed
 * `maxTotal`, those of one host never `maxPerHost`; a slot is given back only after its socket closed.
 */
import { type Clock, MoonpoolError } from '../core/index.ts';

/** What the pool needs to know of a connection. */
export interface Pooled {
  /** False once the peer or an error closed it. */
  readonly isAlive: boolean;
  /** Closes it; resolves when the socket is closed. */
  destroy(): Promise<void>;
  /** Sets who is called when it closes by itself; replaces the one before. */
  onGone(listener: () => void): void;
}

/** The right to have one connection open. */
export interface Slot<C> {
  readonly key: string;
  readonly host: string;
  /** An idle connection to reuse, or undefined: the holder opens one and sets it. */
  connection: C | undefined;
  /** True when `connection` served an earlier request. */
  isReused: boolean;
}

/** The limits of a pool. */
export interface PoolLimits {
  readonly maxTotal: number;
  readonly maxPerHost: number;
  readonly maxQueue: number;
  readonly queueWaitMs: number;
  readonly idleMs: number;
}

/** The pool in numbers. */
export interface PoolCounts {
  readonly active: number;
  readonly idle: number;
  readonly waiting: number;
  /** Slots in use, idle or closing. */
  readonly open: number;
}

interface Waiter<C> {
  readonly key: string;
  readonly host: string;
  /** An idle connection is being closed to make room for it. */
  isEvicting: boolean;
  grant(slot: Slot<C>): void;
  refuse(error: unknown): void;
}

interface Idle<C> {
  readonly slot: Slot<C>;
  readonly cancelTimer: () => void;
}

/** A pool of connections of kind `C`. */
export class ConnectionPool<C extends Pooled> {
  readonly #limits: PoolLimits;
  readonly #clock: Clock;
  readonly #idle: Idle<C>[] = [];
  #waiting: Waiter<C>[] = [];
  readonly #perHost = new Map<string, number>();
  #open = 0;
  #active = 0;
  #isClosed = false;
  readonly #onEmpty: (() => void)[] = [];

  constructor(limits: PoolLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  get counts(): PoolCounts {
    return { active: this.#active, idle: this.#idle.length, waiting: this.#waiting.length, open: this.#open };
  }

  /**
   * A slot for `key` (what makes connections exchangeable) on `host`; waits in arrival order.
   *
   * @throws CONN_OVERLOADED when the queue is full or the wait was too long; CONN_CLOSED after `close`;
   *   the signal's reason when aborted
   */
  acquire(key: string, host: string, signal: AbortSignal): Promise<Slot<C>> {
    if (this.#isClosed) return Promise.reject(closedError());
    if (signal.aborted) return Promise.reject(signal.reason);
    const slot = this.#take(key, host);
    if (slot !== undefined) return Promise.resolve(slot);
    if (this.#waiting.length >= this.#limits.maxQueue) {
      return Promise.reject(overloadedError(`${this.#waiting.length} requests wait already`));
    }
    return this.#wait(key, host, signal);
  }

  /** Gives a slot back; `isReusable` keeps its connection for the next request. Resolves when that is done. */
  async release(slot: Slot<C>, isReusable: boolean): Promise<void> {
    this.#active -= 1;
    if (isReusable && slot.connection?.isAlive === true && !this.#isClosed) {
      this.#keep(slot, slot.connection);
      this.#dispatch();
      return;
    }
    await this.#discard(slot);
  }

  /** Closes the idle connections of `key`: one of them turned out to be dead. */
  async discardIdle(key: string): Promise<void> {
    await Promise.all(this.#idle.filter((idle) => idle.slot.key === key).map((idle) => this.#evict(idle)));
  }

  /** Refuses waiters and newcomers, closes what is idle; resolves when the last slot came back. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const waiter of this.#waiting.splice(0)) waiter.refuse(closedError());
    await Promise.all(this.#idle.slice().map((idle) => this.#evict(idle)));
    if (this.#open > 0) await new Promise<void>((resolve) => this.#onEmpty.push(resolve));
  }

  #take(key: string, host: string): Slot<C> | undefined {
    // The most recently used one is the least likely to be closed by its peer right now.
    const idle = this.#idle.findLast((candidate) => candidate.slot.key === key);
    if (idle !== undefined) {
      this.#unlist(idle);
      this.#active += 1;
      idle.slot.isReused = true;
      return idle.slot;
    }
    const hostCount = this.#perHost.get(host) ?? 0;
    if (this.#open >= this.#limits.maxTotal || hostCount >= this.#limits.maxPerHost) return undefined;
    this.#open += 1;
    this.#active += 1;
    this.#perHost.set(host, hostCount + 1);
    return { key, host, connection: undefined, isReused: false };
  }

  #wait(key: string, host: string, signal: AbortSignal): Promise<Slot<C>> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        cancelTimer();
        signal.removeEventListener('abort', onAbort);
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
      };
      const waiter: Waiter<C> = {
        key,
        host,
        isEvicting: false,
        grant(slot) {
          settle();
          resolve(slot);
        },
        refuse(error) {
          settle();
          reject(error);
        },
      };
      const { queueWaitMs } = this.#limits;
      const tooLong = (): void => waiter.refuse(overloadedError('none came free in time'));
      const onAbort = (): void => {
        // Out of time without ever having had a connection: the host is not to blame.
        if ((signal.reason as { code?: unknown } | undefined)?.code === 'CONN_TIMEOUT') tooLong();
        else waiter.refuse(signal.reason);
      };
      const cancelTimer = this.#clock.after(queueWaitMs, tooLong);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiter);
      this.#makeRoom(waiter);
    });
  }

  /** Serves every waiter that can be served, in order; others do not block those behind them. */
  #dispatch(): void {
    for (const waiter of this.#waiting.slice()) {
      const slot = this.#take(waiter.key, waiter.host);
      if (slot !== undefined) waiter.grant(slot);
      else this.#makeRoom(waiter);
    }
  }

  /** Closes one idle connection that stands in the waiter's way, if there is one. */
  #makeRoom(waiter: Waiter<C>): void {
    if (waiter.isEvicting) return;
    const isHostFull = (this.#perHost.get(waiter.host) ?? 0) >= this.#limits.maxPerHost;
    const idle = this.#idle.find((candidate) => !isHostFull || candidate.slot.host === waiter.host);
    if (idle === undefined) return;
    waiter.isEvicting = true;
    void this.#evict(idle).then(() => {
      waiter.isEvicting = false;
      // The room may have gone to one who waited longer.
      if (this.#waiting.includes(waiter)) this.#makeRoom(waiter);
    });
  }

  #keep(slot: Slot<C>, connection: C): void {
    const idle: Idle<C> = {
      slot,
      cancelTimer: this.#clock.after(this.#limits.idleMs, () => void this.#evict(idle)),
    };
    this.#idle.push(idle);
    connection.onGone(() => void this.#evict(idle));
  }

  #unlist(idle: Idle<C>): boolean {
    const index = this.#idle.indexOf(idle);
    if (index === -1) return false;
    this.#idle.splice(index, 1);
    idle.cancelTimer();
    return true;
  }

  async #evict(idle: Idle<C>): Promise<void> {
    if (this.#unlist(idle)) await this.#discard(idle.slot);
  }

  async #discard(slot: Slot<C>): Promise<void> {
    await slot.connection?.destroy();
    this.#open -= 1;
    const left = (this.#perHost.get(slot.host) ?? 1) - 1;
    if (left === 0) this.#perHost.delete(slot.host);
    else this.#perHost.set(slot.host, left);
    this.#dispatch();
    if (this.#open === 0) for (const resolve of this.#onEmpty.splice(0)) resolve();
  }
}

function closedError(): MoonpoolError {
  return new MoonpoolError('CONN_CLOSED', 'The connections were shut down; no request is sent any more.');
}

function overloadedError(why: string): MoonpoolError {
  return new MoonpoolError('CONN_OVERLOADED', `No outbound connection was free: ${why}; try again later.`, {
    details: { retry_after_ms: 1000 },
  });
}
