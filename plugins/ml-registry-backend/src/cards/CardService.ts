import { createHash, randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import type { AuditorService } from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import { audited, type Authorizer, type Call } from '@downstage/node';
import {
  mlRegistryReadPermission,
  mlRegistryRegisterPermission,
  type DeclaredCard,
  type ModelCard,
  type VersionComparison,
} from '@downstage/plugin-ml-registry-common';
import { parse } from 'yaml';
import { z } from 'zod';
import { toBom } from '../domain/bom';
import {
  cardCompleteness,
  cardMetrics,
  readRequirements,
  trimCard,
} from '../domain/card';
import { toCardMarkdown } from '../domain/cardMarkdown';
import { compareVersions } from '../domain/compareVersions';
import {
  modelRefOf,
  nameOfModelRef,
  nameOfPath,
  versionRefOf,
} from '../domain/refs';
import type { CardStore } from '../stores/CardStore';
import type { EvidenceStore } from '../stores/EvidenceStore';
import type { LedgerStore } from '../stores/LedgerStore';
import type { VersionFacts, VersionReader } from '../stores/VersionReader';
import type { Announcer } from './Announcer';
import type { CardSource } from './CardSource';
import type { ModelFiles } from './ModelFiles';
import type { ModelProfiles } from './ModelProfiles';
import type { ModelPath, VersionPath } from './ModelService';
import type { VersionFiles } from './VersionFiles';
import { commitOf, datasetsOf, jobOf } from './versionView';

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
    await this.#requireRead(call);
    return this.#card(nameOfPath(path), path.version);
  }

  /** Owners write cards, at any stage: what is known about a model grows. The change is in the ledger. */
  async save(
    request: VersionPath & { declared: DeclaredCard },
    { caller }: Call,
  ): Promise<ModelCard> {
    const { authorizer, auditor, cards, clock, ledger, announcer } = this.#deps;
    const permission = mlRegistryRegisterPermission;
    await authorizer.requireAny({ caller, permission });
    const name = nameOfPath(request);
    const { version } = await this.#find(name, request.version);
    const owner = await this.#ownerOf(name);
    await authorizer.require({ caller, permission, owner });
    const by = authorizer.actor(caller);
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
    return this.#card(name, version);
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
    await this.#requireRead(call);
    const name = nameOfPath(request);
    const rightName = request.rightModel
      ? nameOfModelRef(request.rightModel)
      : name;
    const [left, right] = await Promise.all([
      this.#card(name, request.left),
      this.#card(rightName, request.right),
    ]);
    return {
      left: left.ref,
      right: right.ref,
      rows: compareVersions(left, right),
    };
  }

  /** What was saved for exactly this version; a proposal counts for nothing. */
  async read(name: string, version: number) {
    const saved = await this.#deps.cards.findUpTo(name, version);
    if (saved?.version !== version) return undefined;
    return {
      ...cardCompleteness(saved.declared),
      digest: `sha256:${createHash('sha256')
        .update(JSON.stringify(saved.declared))
        .digest('hex')}`,
    };
  }

  async #card(name: string, number: number): Promise<ModelCard> {
    const { cards, evidence, files, versionFiles, versions } = this.#deps;
    const version = await this.#find(name, number);
    const profile = await this.#deps.profiles.get(name);
    const model = await versions.findModel(name);
    const saved = await cards.findUpTo(name, number);
    const own = saved?.version === number ? saved : undefined;
    const overview =
      version.description ?? profile.description ?? model?.description;
    const proposed = saved?.declared ?? (overview ? { overview } : {});
    const file = await files.read(version.storageLocation);
    const owner = profile.owner ?? model?.owner;
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
    const lock = version.run?.tags['downstage.environment'];
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

  async #ownerOf(name: string): Promise<string | undefined> {
    const { profiles, versions } = this.#deps;
    return (
      (await profiles.get(name)).owner ??
      (await versions.findModel(name))?.owner
    );
  }

  async #find(name: string, number: number): Promise<VersionFacts> {
    const version = await this.#deps.versions.findVersion(name, number);
    if (version) return version;
    throw new NotFoundError(
      `No version ${number} of a registered model ${name}`,
    );
  }

  async #requireRead({ caller }: Call) {
    await this.#deps.authorizer.require({
      caller,
      permission: mlRegistryReadPermission,
    });
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
  versionFiles: VersionFiles;
  versions: VersionReader;
};
