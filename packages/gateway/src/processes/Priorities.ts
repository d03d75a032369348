import { readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { setSession, setThreads } from './niceness';

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
  /** Makes a process this much nicer than the gateway was at its start; false when that is not allowed now. */
  setNiceness(pid: number, niceness: number): boolean;
};

/** What a model's process has been given to do. */
export type Activity = 'loads' | 'answers' | 'rests';

type Watched = {
  activity: () => Activity;
  usage: Usage;
  at: number;
  /** As it was set; undefined until then. */
  niceness: number | undefined;
  isLoaded: boolean;
  calmSince: number | undefined;
  starvedSince: number | undefined;
  /** Until then it does not give way again. */
  sparedUntil: number;
};

/** The part of one processor from which on a model gives way. */
const heavy = 0.2;
/** Running less than this part, and wanting no more than `moderate`, it no longer does. */
const light = 0.1;
const moderate = 0.5;
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
 * gives way from its start until it is loaded. Later it does when it used more than a fifth of a processor in the last
 * tenth of a second. It is as before once it has wanted little for a second. Nothing is taken from it while nobody else wants the
 * processor. Giving way must cost a model little. A model is spared for a while when others leave it less than a
 * quarter of what it wants. Training jobs may cause this.
 *
 * A model that computes little runs before other programs, as the gateway does, where the gateway was allowed to. One
 * that is spared does not: it runs beside them.
 */
export class Priorities {
  readonly #heavy: number;
  readonly #light: number;
  readonly #system: ProcessorSystem;
  readonly #now: () => number;
  readonly #watched = new Map<number, Watched>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param options - `niceness` is that of heavy models; 0 leaves all of them alike. `light` is that of the gateway and
   * of the other models, 0 or less.
   */
  constructor(options: {
    niceness: number;
    light?: number;
    system?: ProcessorSystem;
    now?: () => number;
  }) {
    this.#heavy = options.niceness;
    this.#light = options.light ?? 0;
    this.#system = options.system ?? linux(this.#light);
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Watches a process.
   *
   * @returns what to call when it has ended
   */
  watch(pid: number, activity: () => Activity): () => void {
    const usage = this.#heavy ? this.#system.usageOf(pid) : undefined;
    if (!usage) return () => {};
    const watched: Watched = {
      activity,
      usage,
      at: this.#now(),
      niceness: undefined,
      isLoaded: false,
      calmSince: undefined,
      starvedSince: undefined,
      sparedUntil: 0,
    };
    this.#watched.set(pid, watched);
    if (activity() === 'loads') this.#set(pid, watched, this.#heavy);
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
      const activity = watched.activity();
      if (!watched.isLoaded && activity !== 'loads') {
        // Loading says nothing of its runs.
        watched.isLoaded = this.#set(pid, watched, this.#light);
        continue;
      }
      if (watched.niceness === this.#light && activity === 'rests') continue;
      const usage = this.#system.usageOf(pid);
      if (!usage) continue;
      const passed = now - watched.at;
      const ran = (usage.ran - watched.usage.ran) / passed;
      const waited = (usage.waited - watched.usage.waited) / passed;
      watched.usage = usage;
      watched.at = now;
      if (passed > staleMs) continue;
      // A process that waits does not run: the time that it would take counts here.
      const wanted = ran + waited;
      const isCalm = ran < light && wanted < moderate;
      watched.calmSince = isCalm ? watched.calmSince ?? now : undefined;
      const isStarved = !isCalm && ran < wanted * leastPart;
      watched.starvedSince =
        isStarved && watched.niceness === this.#heavy
          ? watched.starvedSince ?? now
          : undefined;
      if (now - (watched.calmSince ?? now) >= calmMs) {
        this.#set(pid, watched, this.#light);
      } else if (now - (watched.starvedSince ?? now) >= starvedMs) {
        if (this.#set(pid, watched, 0)) watched.sparedUntil = now + sparedMs;
      } else if (ran >= heavy && now >= watched.sparedUntil) {
        this.#set(pid, watched, this.#heavy);
      }
    }
  }

  #set(pid: number, watched: Watched, niceness: number): boolean {
    if (watched.niceness === niceness) return true;
    if (!this.#system.setNiceness(pid, niceness)) return false;
    watched.niceness = niceness;
    watched.calmSince = undefined;
    watched.starvedSince = undefined;
    return true;
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
 *
 * @param change - by how much the gateway's niceness has been changed since its start
 */
function linux(change: number): ProcessorSystem {
  const base = getPriority() - change;
  let maySetBack: boolean | undefined;
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
      if (!setSession(pid, niceness)) return false;
      try {
        if (maySetBack === undefined) {
          setThreads(pid, base + 1);
          maySetBack = false;
          setThreads(pid, base);
          maySetBack = true;
        }
        if (maySetBack) setThreads(pid, base + niceness);
      } catch {
        // Not allowed here, or already gone.
      }
      return true;
    },
  };
}
