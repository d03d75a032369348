import { createHash, randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import type { AuditorService } from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import { audited, type Authorizer, type Call } from '@downstage/node';
import {
  mlRegistryRegisterPermission,
  type DeclaredCard,
  type ModelCard,
  type VersionComparison,
} from '@downstage/plugin-ml-registry-common';
import { parse } from 'yaml';
import { z } from 'zod';
import { toBom } from './domain/bom';
import {
  cardCompleteness,
  cardMetrics,
  readRequirements,
  trimCard,
} from './domain/card';
import { toCardMarkdown } from './domain/cardMarkdown';
import { compareVersions } from './domain/compareVersions';
import {
  modelRefOf,
  nameOfModelRef,
  nameOfPath,
  versionRefOf,
  type VersionPath,
  type ModelPath,
} from '../kernel/refs';
import { STAMPED } from '../kernel/tags';
import type { CardStore } from './CardStore';
import type { EvidenceStore } from '../governance/stores/EvidenceStore';
import type { LedgerStore } from '../ledger/LedgerStore';
import type {
  VersionFacts,
  VersionQueries,
} from '../versions/stores/VersionQueries';
import type { Announcer } from '../versions/Announcer';
import type { CardSource } from '../governance/CardSource';
import type { ModelFiles } from '../versions/ModelFiles';
import type { ModelProfile, ModelProfiles } from '../owners/ModelProfiles';
import {
  noVersion,
  type ModelReads,
  type ModelFacts,
} from '../access/ModelReads';
import type { VersionFiles } from '../versions/VersionFiles';
import { commitOf, datasetsOf, jobOf } from '../versions/versionView';

const largestTextFile = 1_000_000;

const modelEnvironmentSchema = z.object({
  mlflow_version: z.string().optional(),
  flavors: z
    .object({
      python_function: z
        .object({ python_version: z.string().optional() })
        .optional(),
    })
    .optional(),
});

/** Model cards: what the registry knows for certain, and beside it what people say. */
export class CardService implements CardSource {
  readonly #deps: CardDeps;

  constructor(deps: CardDeps) {
    this.#deps = deps;
  }

  async get(path: VersionPath, call: Call): Promise<ModelCard> {
    const name = nameOfPath(path);
    const facts = await this.#deps.reads.require(name, call.caller);
    return this.#card(name, path.version, facts);
  }

  /** Owners write cards, at any stage: what is known about a model grows. The change is in the ledger. */
  async save(
    request: VersionPath & { declared: DeclaredCard },
    { caller }: Call,
  ): Promise<ModelCard> {
    const {
      authorizer,
      auditor,
      cards,
      clock,
      ledger,
      announcer,
      profiles,
      versions,
    } = this.#deps;
    const permission = mlRegistryRegisterPermission;
    await authorizer.requireAny({ caller, permission });
    const name = nameOfPath(request);
    await this.#deps.reads.requireSeen(name, caller, () => noVersion(request));
    const { version } = await this.#find(name, request.version);
    const profile = await profiles.get(name);
    const { owner } = profile;
    await authorizer.require({ caller, permission, owner });
    const by = caller.actor;
    const declared = trimCard(request.declared);
    const meta = { actor: by, model: name, version };
    await audited(auditor, { eventId: 'card-save', caller, meta }, () =>
      cards.transaction(async tx => {
        const before = await cards.findUpTo(name, version, tx);
        const old = before?.version === version ? before.declared : {};
        const changed = [
          ...new Set([...Object.keys(old), ...Object.keys(declared)]),
        ].filter(
          field =>
            Object.entries(old).find(([key]) => key === field)?.[1] !==
            Object.entries(declared).find(([key]) => key === field)?.[1],
        );
        const at = clock().toISOString();
        await cards.save(tx, { name, version }, { declared, at, by });
        await ledger.append(tx, name, {
          at,
          actor: by,
          action: 'card-changed',
          version,
          message: changed.length
            ? `Card: ${changed.join(', ')}`
            : 'Card saved as it was',
          details: { changed, before: old, after: declared },
        });
      }),
    );
    await announcer.modelChanged(name);
    const model = await versions.findModel(name);
    return this.#card(name, version, { model, profile });
  }

  async markdown(path: VersionPath, call: Call): Promise<string> {
    return toCardMarkdown(await this.get(path, call));
  }

  async bom(path: VersionPath, call: Call) {
    return toBom(await this.get(path, call), {
      serial: randomUUID(),
      now: this.#deps.clock().toISOString(),
    });
  }

  async compare(
    request: ModelPath & { left: number; right: number; rightModel?: string },
    call: Call,
  ): Promise<VersionComparison> {
    const name = nameOfPath(request);
    const rightName = request.rightModel
      ? nameOfModelRef(request.rightModel)
      : name;
    const { reads } = this.#deps;
    const ofLeft = await reads.require(name, call.caller);
    const ofRight =
      rightName === name ? ofLeft : await reads.require(rightName, call.caller);
    const [left, right] = await Promise.all([
      this.#card(name, request.left, ofLeft),
      this.#card(rightName, request.right, ofRight),
    ]);
    return {
      left: left.ref,
      right: right.ref,
      rows: compareVersions(left, right),
    };
  }

  /** What was saved for exactly this version; a proposal counts for nothing. */
  async read({ name, version }: { name: string; version: number }) {
    const saved = await this.#deps.cards.findUpTo(name, version);
    if (saved?.version !== version) return undefined;
    return {
      ...cardCompleteness(saved.declared),
      digest: `sha256:${createHash('sha256')
        .update(JSON.stringify(saved.declared))
        .digest('hex')}`,
    };
  }

  async #card(
    name: string,
    number: number,
    { model, profile }: { model?: ModelFacts; profile: ModelProfile },
  ): Promise<ModelCard> {
    const { cards, evidence, files, versionFiles } = this.#deps;
    const version = await this.#find(name, number);
    const saved = await cards.findUpTo(name, number);
    const own = saved?.version === number ? saved : undefined;
    const overview =
      version.description ?? profile.description ?? model?.description;
    const proposed = saved?.declared ?? (overview ? { overview } : {});
    const file = await files.read(version.storageLocation);
    const { owner } = profile;
    const jobId = jobOf(version);
    const commit = commitOf(version);
    return {
      ref: versionRefOf(name, number),
      modelRef: modelRefOf(name),
      name,
      version: number,
      stage: version.stage,
      ...(owner && { owner }),
      declared: own?.declared ?? proposed,
      ...(own && { saved: { at: own.at, by: own.by } }),
      ...(!own &&
        (saved || overview) && {
          proposedFrom: saved
            ? versionRefOf(name, saved.version)
            : modelRefOf(name),
        }),
      completeness: cardCompleteness(own?.declared),
      verified: {
        metrics: cardMetrics({
          metrics: version.run?.metrics ?? {},
          measurements: await evidence.measurements(name, number),
        }),
        datasets: datasetsOf(version),
        files: await versionFiles.list(version.storageLocation),
        environment: await this.#environment(version),
        flavors: file.flavors,
        ...(file.signature && { signature: file.signature }),
        params: version.run?.params ?? {},
        lineage: {
          ...(version.runId && { runId: version.runId }),
          ...(version.run && { experimentId: version.run.experimentId }),
          ...(jobId && { jobId }),
          ...(commit && { commit }),
          source: version.source,
          features: profile.features,
          createdBy: version.createdBy ?? 'unknown',
          createdAt: version.createdAt,
        },
      },
    };
  }

  async #environment(version: VersionFacts) {
    const location = version.storageLocation;
    const model = modelEnvironmentSchema.safeParse(
      parseYaml(await this.#text(location, 'MLmodel')),
    );
    const requirements = await this.#text(location, 'requirements.txt');
    const lock = version.run?.tags[STAMPED.environment];
    const python = model.data?.flavors?.python_function?.python_version;
    const mlflow = model.data?.mlflow_version;
    return {
      ...(python && { python }),
      ...(mlflow && { mlflow }),
      ...(lock && { lock }),
      requirements: requirements ? readRequirements(requirements) : [],
    };
  }

  async #text(location: string, path: string): Promise<string | undefined> {
    const file = await this.#deps.versionFiles.open(location, path);
    if (!file) return undefined;
    if (file.size > largestTextFile) {
      file.content.destroy();
      return undefined;
    }
    return text(file.content);
  }

  async #find(name: string, number: number): Promise<VersionFacts> {
    const version = await this.#deps.versions.findVersion(name, number);
    if (version) return version;
    throw new NotFoundError(
      `No version ${number} of a registered model ${name}`,
    );
  }
}

function parseYaml(content: string | undefined): unknown {
  try {
    return content === undefined ? undefined : parse(content);
  } catch {
    // Garbled: the card then says nothing of the environment.
    return undefined;
  }
}

export type CardDeps = {
  authorizer: Authorizer;
  auditor: AuditorService;
  announcer: Announcer;
  cards: CardStore;
  clock: Clock;
  evidence: EvidenceStore;
  files: ModelFiles;
  ledger: LedgerStore;
  profiles: ModelProfiles;
  reads: Pick<ModelReads, 'require' | 'requireSeen'>;
  versionFiles: VersionFiles;
  versions: VersionQueries;
};
