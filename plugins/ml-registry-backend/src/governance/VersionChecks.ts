import type { Clock } from '@downstage/common';
import type { ReconcilePatch } from '@downstage/node';
import type { CheckStore } from './stores/CheckStore';
import type { StageStore } from '../versions/stores/StageStore';
import type { VersionQueries } from '../versions/stores/VersionQueries';
import type { Announcer } from '../versions/Announcer';
import { inTheWay, type GateEvaluator } from './GateEvaluator';
import type { ModelProfiles } from '../owners/ModelProfiles';
import type { VersionVerdicts } from './VersionVerdicts';

const soonMs = 5_000;
const laterMs = 15 * 60_000;
const giveUpMs = 24 * 3_600_000;

/**
 * The way of a new version into staging: announced once it is there, its gates asked until they pass. Every look stores
 * the verdicts of the gates of production, for readers of the version.
 *
 * @remarks
 * While the run goes on it is asked every few seconds; afterwards now and then for a day, because the entity's gates
 * may be corrected; then no more. A promotion asks the gates itself at any time.
 */
export class VersionChecks {
  readonly #checks: CheckStore;
  readonly #versions: VersionQueries;
  readonly #stages: StageStore;
  readonly #profiles: ModelProfiles;
  readonly #gates: GateEvaluator;
  readonly #verdicts: VersionVerdicts;
  readonly #announcer: Announcer;
  readonly #clock: Clock;

  constructor(options: {
    checks: CheckStore;
    versions: VersionQueries;
    stages: StageStore;
    profiles: ModelProfiles;
    gates: GateEvaluator;
    verdicts: VersionVerdicts;
    announcer: Announcer;
    clock: Clock;
  }) {
    this.#checks = options.checks;
    this.#versions = options.versions;
    this.#stages = options.stages;
    this.#profiles = options.profiles;
    this.#gates = options.gates;
    this.#verdicts = options.verdicts;
    this.#announcer = options.announcer;
    this.#clock = options.clock;
  }

  /** Finds versions that have no check yet. */
  async open(): Promise<void> {
    await this.#checks.open(this.#clock());
  }

  /** One look at one version. */
  async look(id: string): Promise<ReconcilePatch> {
    const check = await this.#checks.find(id);
    const version =
      check && (await this.#versions.findVersion(check.name, check.version));
    if (!check || !version) return { next_reconcile_at: null };
    if (!check.announced) {
      await this.#announcer.versionCreated(version.name, version.version);
      await this.#checks.noteAnnounced(id);
    }
    const done = { announced: true, looks: check.looks + 1 };
    const subject = {
      version,
      profile: await this.#profiles.get(version.name),
      champion: await this.#gates.championFor(version),
    };
    const shown = await this.#verdicts.ask(id, subject);
    const verdicts =
      version.stage === 'none'
        ? await this.#gates.evaluate({ ...subject, to: 'staging' })
        : shown.filter(({ status }) => status === 'pending');
    if (inTheWay(verdicts).length === 0) {
      if (version.stage === 'none') {
        await this.#enterStaging(
          version.name,
          version.version,
          verdicts.length,
        );
      }
      return { ...done, next_reconcile_at: null };
    }
    const now = this.#clock().getTime();
    const running = version.run?.status === 'RUNNING';
    const old = now - new Date(version.createdAt).getTime() > giveUpMs;
    if (old && !running) return { ...done, next_reconcile_at: null };
    const pending = verdicts.some(({ status }) => status === 'pending');
    const pause = running || pending ? soonMs : laterMs;
    return { ...done, next_reconcile_at: new Date(now + pause).toISOString() };
  }

  async #enterStaging(name: string, version: number, gates: number) {
    const moves = await this.#stages.transaction(async tx => {
      await this.#stages.lockModel(tx, name);
      if ((await this.#stages.stageOf(tx, name, version)) !== 'none') return [];
      return this.#stages.enter(tx, {
        name,
        version,
        from: 'none',
        to: 'staging',
        actor: 'service:ml-registry',
        action: 'staged',
        message: gates ? 'All gates passed' : 'The model asks for no gates',
        unasked: true,
        now: this.#clock(),
      });
    });
    await this.#announcer.stagesChanged(name, moves);
  }
}
