import {
  letsPass,
  type Evidence,
  type GateVerdict,
  type Stage,
  type Waiver,
} from '@downstage/plugin-ml-registry-common';
import type { Gate, GateSubject } from '@downstage/plugin-ml-registry-node';
import {
  cardGate,
  externalFilesGate,
  filesGate,
  filesPresentGate,
  pickleGate,
  schemaGate,
} from './domain/evidenceGates';
import { evaluateEntityGates } from './domain/gates';
import { modelRefOf, versionRefOf } from '../kernel/refs';
import type { ModelFile } from '../versions/domain/signature';
import type { Measured } from './domain/sameData';
import type { EvidenceStore } from './stores/EvidenceStore';
import type { PromotionStore } from './stores/PromotionStore';
import type {
  VersionFacts,
  VersionQueries,
} from '../versions/stores/VersionQueries';
import type { CardSource } from './CardSource';
import type { VersionFileReader } from '../integrity/VersionFileReader';
import type { ModelFiles } from '../versions/ModelFiles';
import { artifactPathOf } from '../kernel/artifactUri';
import type { ModelProfile } from '../owners/ModelProfiles';
import type { VersionFiles } from '../versions/VersionFiles';
import { datasetsOf, summaryOf } from '../versions/versionView';

type GateRequest = {
  version: VersionFacts;
  profile: ModelProfile;
  to: Stage;
  champion?: VersionFacts;
  /** Decisions have files read again that changed or were read long ago; `stored` touches none. */
  files?: 'stored' | 'fresh';
};

/**
 * Asks every gate: those of the Model entity first, then those on the evidence, then those that modules installed.
 *
 * @remarks
 * Reading all files again, the card and the schema are asked for candidate and production only; staging is what the
 * entity's gates decide.
 */
export class GateEvaluator {
  readonly #versions: VersionQueries;
  readonly #promotions: PromotionStore;
  readonly #evidence: EvidenceStore;
  readonly #files: ModelFiles;
  readonly #versionFiles: VersionFiles;
  readonly #reader: VersionFileReader;
  readonly #cards: CardSource | undefined;
  readonly #cardFields: Partial<Record<ModelProfile['risk'], string[]>>;
  readonly #gates: Gate[];

  constructor(options: {
    versions: VersionQueries;
    promotions: PromotionStore;
    evidence: EvidenceStore;
    files: ModelFiles;
    versionFiles: VersionFiles;
    reader: VersionFileReader;
    cards?: CardSource;
    /** Fields of the card that have to be filled, per risk class, where the entity names none. */
    cardFields?: Partial<Record<ModelProfile['risk'], string[]>>;
    gates: Gate[];
  }) {
    this.#versions = options.versions;
    this.#promotions = options.promotions;
    this.#evidence = options.evidence;
    this.#files = options.files;
    this.#versionFiles = options.versionFiles;
    this.#reader = options.reader;
    this.#cards = options.cards;
    this.#cardFields = options.cardFields ?? {};
    this.#gates = options.gates;
  }

  /** The version in production, unless it is the one that is looked at. */
  async championFor(version: VersionFacts): Promise<VersionFacts | undefined> {
    const [champion] = await this.#versions.inStages(
      [version.name],
      ['production'],
    );
    return champion?.version === version.version ? undefined : champion;
  }

  async evaluate(request: GateRequest): Promise<GateVerdict[]> {
    const { version, profile, to, champion } = request;
    const file = await this.#files.read(version.storageLocation);
    const subject: GateSubject = {
      modelRef: modelRefOf(version.name),
      versionRef: versionRefOf(version.name, version.version),
      version: version.version,
      to,
      metrics: version.run?.metrics ?? {},
      signature: file.signature,
      flavors: file.flavors,
      tags: version.tags,
      running: version.run?.status === 'RUNNING',
      risk: profile.risk,
      datasets: datasetsOf(version),
      dataQuality: profile.evaluation?.dataQuality,
      champion: champion && summaryOf(champion),
    };
    const compares = profile.evaluation?.gates?.some(
      gate => gate.notWorseThanChampionBy !== undefined,
    );
    const comparison = {
      version: await this.#measured(version, compares ?? false),
      ...(champion &&
        compares && {
          champion: {
            ...(await this.#measuredChampion(champion)),
            version: champion.version,
          },
        }),
    };
    const missingFiles = await this.#filesMissing(version, file);
    const installed = await Promise.all(
      this.#gates.map(gate => askGate(gate, subject)),
    );
    return [
      ...entityProblem(profile),
      ...missingFiles,
      ...evaluateEntityGates(profile.evaluation, subject, comparison),
      ...(to === 'candidate' || to === 'production'
        ? await this.#evidenceGates(request, subject)
        : []),
      ...installed.flat(),
      ...dataQualityUnanswered(subject, installed.flat()),
    ];
  }

  /** Silent where there are files. A model without any is a name, and passes nothing. */
  async #filesMissing(
    version: VersionFacts,
    file: ModelFile,
  ): Promise<GateVerdict[]> {
    if (file.flavors.length > 0) return [];
    if (artifactPathOf(version.storageLocation) === undefined) {
      return [externalFilesGate(version.storageLocation)];
    }
    const { items } = await this.#versionFiles.list(version.storageLocation);
    return filesPresentGate(items.length, {
      running: version.run?.status === 'RUNNING',
      location: version.storageLocation,
    });
  }

  async #evidenceGates(
    { version, profile, champion, files: use }: GateRequest,
    { signature }: GateSubject,
  ): Promise<GateVerdict[]> {
    const seen = await (use === 'stored'
      ? this.#reader.stored(version)
      : this.#reader.fresh(version));
    const before =
      champion && (await this.#files.read(champion.storageLocation));
    const required =
      profile.evaluation?.requiredCardFields ??
      this.#cardFields[profile.risk] ??
      [];
    const card =
      required.length > 0 ? await this.#cards?.read(version) : undefined;
    return [
      ...schemaGate({
        signature,
        champion: champion && {
          version: champion.version,
          signature: before?.signature,
        },
        onChange: profile.evaluation?.schemaChange ?? 'refuse',
      }),
      ...cardGate({ required, filled: card?.filled ?? [] }),
      ...(seen.count || seen.check.state === 'reading'
        ? [filesGate(seen)]
        : []),
      ...pickleGate({ scan: seen.pickles, risk: profile.risk }),
    ];
  }

  async #measured(
    version: VersionFacts,
    withMeasurements: boolean,
  ): Promise<Measured> {
    return {
      metrics: version.run?.metrics ?? {},
      datasets: datasetsOf(version),
      measurements: withMeasurements
        ? await this.#evidence.measurements(version.name, version.version)
        : [],
    };
  }

  /**
   * The champion as it was approved: what was frozen then wins over what its run says now, so that nobody makes it
   * look worse. Data it was not measured on then may be added later.
   */
  async #measuredChampion(champion: VersionFacts): Promise<Measured> {
    const now = await this.#measured(champion, true);
    const approved = await this.#promotions.list({
      name: champion.name,
      version: champion.version,
      to: 'production',
      states: ['approved'],
    });
    const frozen: Evidence | undefined = approved.at(0)?.evidence;
    if (!frozen) return now;
    const frozenMeasurements = frozen.measurements ?? [];
    return {
      metrics: { ...now.metrics, ...frozen.metrics },
      datasets: frozen.datasets,
      measurements: [
        ...frozenMeasurements,
        ...now.measurements.filter(
          ({ metric, dataset }) =>
            !frozenMeasurements.some(
              old =>
                old.metric === metric &&
                old.dataset.name === dataset.name &&
                old.dataset.digest === dataset.digest,
            ),
        ),
      ],
    };
  }
}

/** The verdicts with the waivers that count put on them. Only a gate that says so can be waived. */
export function withWaivers(
  verdicts: GateVerdict[],
  waivers: Waiver[],
): GateVerdict[] {
  return verdicts.map(verdict => {
    const waiver = waivers.find(({ gate }) => gate === verdict.gate);
    if (!waiver || verdict.status !== 'failed' || !verdict.waivable) {
      return verdict;
    }
    return { ...verdict, status: 'waived' as const, waiver };
  });
}

/** The verdicts that keep a version out. */
export function inTheWay(verdicts: GateVerdict[]): GateVerdict[] {
  return verdicts.filter(verdict => !letsPass(verdict));
}

async function askGate(gate: Gate, subject: GateSubject) {
  try {
    return await gate.evaluate(subject);
  } catch (error) {
    // A broken gate must not let anything pass, and must not hide the verdicts of the others.
    const message = error instanceof Error ? error.message : String(error);
    const pending: GateVerdict = {
      gate: gate.name,
      status: 'pending',
      saw: 'an error',
      wanted: 'a verdict',
      message: `The gate could not be asked: ${message}`,
    };
    return [pending];
  }
}

/** A gate the entity asks for must not be missed because the module that answers it is not installed. */
function dataQualityUnanswered(
  { dataQuality }: GateSubject,
  verdicts: GateVerdict[],
): GateVerdict[] {
  const answered = verdicts.some(({ gate }) => gate.startsWith('data quality'));
  if (!dataQuality || answered) return [];
  return [
    {
      gate: 'data quality',
      status: 'pending',
      saw: 'nobody who knows the data',
      wanted: `data whose checks are ${dataQuality}`,
      message: 'The Model entity asks for checked data, and nobody answers',
      how: 'Install @downstage/plugin-ml-registry-backend-module-data',
    },
  ];
}

function entityProblem({ problem }: ModelProfile): GateVerdict[] {
  if (!problem) return [];
  return [
    {
      gate: 'model entity',
      status: 'failed',
      saw: problem,
      wanted: 'a Model entity whose spec can be read',
      message: `The Model entity cannot be used: ${problem}`,
      how: 'Correct the file of the Model entity',
    },
  ];
}
