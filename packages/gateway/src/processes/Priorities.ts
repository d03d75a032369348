import { readFileSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** What a process had of the processors since it started, in milliseconds. */
type Usage = {
  ran: number;
  /** Could have run, and waited for a processor. */
  waited: number;
};

/** What `Priorities` asks of the operating system. */
export type ProcessorSystem = {
  /** Undefined where the system does not tell, or when the process has ended. */
  usageOf(pid: number): Usage | undefined;
  /** Makes a process this much nicer than the gateway; false when that is not allowed now. */
  setNiceness(pid: number, niceness: number): boolean;
};

type Watched = {
  isBusy: () => boolean;
  usage: Usage;
  at: number;
  gaveWay: boolean;
  calmSince: number | undefined;
  starvedSince: number | undefined;
  /** Until then it does not give way again. */
  sparedUntil: number;
};

/** The part of one processor from which on a model gives way. */
const heavy = 0.2;
/** Wanting less than this part, it no longer does. */
const light = 0.1;
const lookMs = 100;
const calmMs = 1_000;
/** What one that gives way gets at least of the time that it wants. */
const leastPart = 0.25;
const starvedMs = 500;
const sparedMs = 30_000;
/** Usage over a longer time says nothing of the request that runs now. */
const staleMs = 3 * lookMs;

/**
 * Lets models that compute much give way to the gateway and to models that compute little.
 *
 * @remarks
 * Without this the processors are shared out equally. A request that needs half a millisecond then waits several
 * milliseconds behind a run that takes seconds. It waits so each time it comes to the gateway or to its model. A model
 * that used more than a fifth of a processor in the last tenth of a second becomes nicer; it is as before once it has
 * wanted less than a tenth for a second. Nothing is taken from it while nobody else wants the processor. Giving way
 * must cost a model little. A model is spared for a while when others leave it less than a quarter of what it wants.
 * Training jobs may cause this.
 */
export class Priorities {
  readonly #niceness: number;
  readonly #system: ProcessorSystem;
  readonly #now: () => number;
  readonly #watched = new Map<number, Watched>();
  #timer: NodeJS.Timeout | undefined;

  /** @param options - `niceness` is that of heavy models; 0 leaves all of them alike */
  constructor(options: {
    niceness: number;
    system?: ProcessorSystem;
    now?: () => number;
  }) {
    this.#niceness = options.niceness;
    this.#system = options.system ?? linux();
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Watches a process.
   *
   * @param isBusy - whether it has been given something to do
   * @returns what to call when it has ended
   */
  watch(pid: number, isBusy: () => boolean): () => void {
    const usage = this.#niceness ? this.#system.usageOf(pid) : undefined;
    if (!usage) return () => {};
    const watched: Watched = {
      isBusy,
      usage,
      at: this.#now(),
      gaveWay: false,
      calmSince: undefined,
      starvedSince: undefined,
      sparedUntil: 0,
    };
    this.#watched.set(pid, watched);
    this.#timer ??= setInterval(() => this.look(), lookMs).unref();
    return () => {
      if (this.#watched.get(pid) === watched) this.#watched.delete(pid);
      if (this.#watched.size) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** Looks at every process that does something; ten times a second. */
  look(): void {
    const now = this.#now();
    for (const [pid, watched] of this.#watched) {
      if (!watched.gaveWay && !watched.isBusy()) continue;
      const usage = this.#system.usageOf(pid);
      if (!usage) continue;
      const passed = now - watched.at;
      const ran = (usage.ran - watched.usage.ran) / passed;
      const waited = (usage.waited - watched.usage.waited) / passed;
      watched.usage = usage;
      watched.at = now;
      if (passed > staleMs) continue;
      if (!watched.gaveWay) {
        if (ran < heavy || now < watched.sparedUntil) continue;
        watched.gaveWay = this.#system.setNiceness(pid, this.#niceness);
        watched.calmSince = undefined;
        watched.starvedSince = undefined;
        continue;
      }
      // A process that waits does not run: the time that it would take counts here.
      const wanted = ran + waited;
      const isCalm = wanted < light;
      const isStarved = !isCalm && ran < wanted * leastPart;
      watched.calmSince = isCalm ? watched.calmSince ?? now : undefined;
      watched.starvedSince = isStarved
        ? watched.starvedSince ?? now
        : undefined;
      const calmFor = now - (watched.calmSince ?? now);
      const starvedFor = now - (watched.starvedSince ?? now);
      if (calmFor < calmMs && starvedFor < starvedMs) continue;
      watched.gaveWay = !this.#system.setNiceness(pid, 0);
      if (starvedFor >= starvedMs) watched.sparedUntil = now + sparedMs;
    }
  }
}

/**
 * Linux, by /proc. Elsewhere nothing is known of usage, and so nothing is changed.
 *
 * @remarks
 * The kernel may share the processors out by session (`sched_autogroup_enabled`). The niceness of the session then
 * counts, and every model has a session of its own. Anybody may raise that niceness and take it back. In a control
 * group, as services and containers have, the niceness of the process counts. To take that back needs a right
 * (`LimitNICE=20`, CAP_SYS_NICE), so it is tried first, by one: a model is not made slow for good because it was busy
 * once.
 */
function linux(): ProcessorSystem {
  let base: number | undefined;
  let maySetBack: boolean | undefined;
  const ofSession = (pid: number, niceness: number) => {
    try {
      writeFileSync(`/proc/${pid}/autogroup`, String(niceness));
      return true;
    } catch (error) {
      // Without rights ten changes a second are allowed, over all sessions: tried again at the next look.
      return (error as NodeJS.ErrnoException).code !== 'EAGAIN';
    }
  };
  const ofProcess = (pid: number, niceness: number) => {
    try {
      base ??= getPriority();
      if (maySetBack === undefined) {
        setPriority(pid, Math.min(base + 1, 19));
        maySetBack = false;
        setPriority(pid, base);
        maySetBack = true;
      }
      if (maySetBack) setPriority(pid, Math.min(base + niceness, 19));
    } catch {
      // Not allowed here, or already gone.
    }
  };
  return {
    usageOf(pid) {
      try {
        const text = readFileSync(`/proc/${pid}/schedstat`, 'utf8');
        const [ran, waited] = text.split(' ').map(Number);
        return { ran: ran / 1e6, waited: waited / 1e6 };
      } catch {
        return undefined;
      }
    },
    setNiceness(pid, niceness) {
      if (!ofSession(pid, niceness)) return false;
      ofProcess(pid, niceness);
      return true;
    },
  };
}
