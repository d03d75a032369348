import type { Clock } from '@downstage/common';
import type { GateVerdict } from '@downstage/plugin-ml-registry-common';
import { fingerprint } from './domain/evidenceBasis';
import type { ModelFile } from '../versions/domain/signature';
import type { CheckStore } from './stores/CheckStore';
import type { VersionFacts } from '../versions/stores/VersionQueries';
import type { GateEvaluator } from './GateEvaluator';
import type { ModelFiles } from '../versions/ModelFiles';
import type { ModelProfile } from '../owners/ModelProfiles';

/** What no fingerprint shows, such as checks of data, is asked again when somebody looks after this long. */
const oldMs = 15 * 60_000;

type Subject = {
  version: VersionFacts;
  profile: ModelProfile;
  champion?: VersionFacts;
};

/** What pages show of a version's gates. */
export type ShownVerdicts = {
  gates: GateVerdict[];
  /** When the gates were asked; absent until they were. */
  at?: string;
  file: ModelFile;
};

const notAsked: GateVerdict = {
  gate: 'gates',
  status: 'pending',
  saw: 'nothing yet',
  wanted: 'a verdict of every gate',
  message: 'The gates are being asked; look again in a moment',
};

/**
 * The verdicts that pages show: what the gates of production said when something changed last.
 *
 * @remarks
 * A loop asks the gates and stores what they say; reading asks no gate and touches no file. A verdict carries a
 * fingerprint of what the gates saw. A reader sees by it that the verdict is out of date, and has it asked again.
 * Decisions never rely on what is stored here.
 */
export class VersionVerdicts {
  readonly #checks: CheckStore;
  readonly #gates: GateEvaluator;
  readonly #files: ModelFiles;
  readonly #clock: Clock;

  constructor(options: {
    checkStore: CheckStore;
    gates: GateEvaluator;
    files: ModelFiles;
    clock: Clock;
  }) {
    this.#checks = options.checkStore;
    this.#gates = options.gates;
    this.#files = options.files;
    this.#clock = options.clock;
  }

  /** Asks the gates and stores what they say. */
  async ask(id: string, subject: Subject): Promise<GateVerdict[]> {
    const rivals = withoutItself(subject);
    const gates = await this.#gates.evaluate({
      ...rivals,
      to: 'production',
      files: 'stored',
    });
    await this.#checks.saveVerdicts(id, {
      gates,
      basis: basisOf(rivals),
      at: this.#clock().toISOString(),
      file: await this.#files.read(subject.version.storageLocation),
    });
    return gates;
  }

  /** What is stored of versions of one model, by number. */
  async of(
    versions: VersionFacts[],
    context: { profile: ModelProfile; champion?: VersionFacts },
  ): Promise<Map<number, ShownVerdicts>> {
    const shown = new Map<number, ShownVerdicts>();
    if (!versions.length) return shown;
    const [{ name }] = versions;
    const stored = await this.#checks.verdicts(
      name,
      versions.map(({ version }) => version),
    );
    const now = this.#clock();
    const due: number[] = [];
    for (const version of versions) {
      const known = stored.get(version.version);
      const isOld =
        !known ||
        now.getTime() - new Date(known.at).getTime() > oldMs ||
        known.basis !== basisOf(withoutItself({ version, ...context }));
      if (isOld) due.push(version.version);
      shown.set(
        version.version,
        known ?? { gates: [notAsked], file: { flavors: [] } },
      );
    }
    if (due.length) await this.#checks.markDue(name, due, now);
    return shown;
  }
}

function withoutItself({ version, profile, champion }: Subject): Subject {
  const isOther = champion && champion.version !== version.version;
  return { version, profile, ...(isOther && { champion }) };
}

/** Whatever of it changes may change a verdict. */
function basisOf({ version, profile, champion }: Subject): string {
  const { evaluation, risk, problem } = profile;
  return fingerprint({
    run: version.run && {
      metrics: version.run.metrics,
      datasets: version.run.datasets,
      running: version.run.status === 'RUNNING',
    },
    tags: version.tags,
    profile: { evaluation, risk, problem },
    champion: champion?.version,
  });
}
