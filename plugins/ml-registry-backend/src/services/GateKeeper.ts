import type { GateVerdict, Stage } from '@downstage/plugin-ml-registry-common';
import type { Gate, GateSubject } from '@downstage/plugin-ml-registry-node';
import { evaluateEntityGates } from '../domain/gates';
import { modelRefOf, versionRefOf } from '../domain/refs';
import type { VersionFacts, VersionReader } from '../stores/VersionReader';
import type { ModelFiles } from './ModelFiles';
import type { ModelProfile } from './ModelProfiles';
import { summaryOf } from './versionView';

/** Asks every gate: those of the Model entity first, then those that modules installed. */
export class GateKeeper {
  readonly #versions: VersionReader;
  readonly #files: ModelFiles;
  readonly #gates: Gate[];

  constructor(options: {
    versions: VersionReader;
    files: ModelFiles;
    gates: Gate[];
  }) {
    this.#versions = options.versions;
    this.#files = options.files;
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

  async evaluate(request: {
    version: VersionFacts;
    profile: ModelProfile;
    to: Stage;
    champion?: VersionFacts;
  }): Promise<GateVerdict[]> {
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
      champion: champion && summaryOf(champion),
    };
    const installed = await Promise.all(
      this.#gates.map(gate => askGate(gate, subject)),
    );
    return [
      ...entityProblem(profile),
      ...evaluateEntityGates(profile.evaluation, subject),
      ...installed.flat(),
    ];
  }
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
