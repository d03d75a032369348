import type { AuditorService } from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import {
  audited,
  auditedRefusal,
  type Authorizer,
  type Caller,
  type Call,
  whoOf,
} from '@downstage/node';
import {
  mlRegistryErrorCodes,
  mlRegistryPromotePermission,
  RegistryConflictError,
  type HistoryEntry,
} from '@downstage/plugin-ml-registry-common';
import { listed } from '@downstage/common';
import { modelRefOf, nameOfPath, type ModelPath } from '../kernel/refs';
import type { PageRequest } from '../search/keyset';
import type { StageStore } from '../versions/stores/StageStore';
import type { VersionQueries } from '../versions/stores/VersionQueries';
import type { Announcer } from '../versions/Announcer';
import type { ModelProfiles } from '../owners/ModelProfiles';
import { noModel, type ModelReads } from '../access/ModelReads';

/** Back to an earlier production version, at once; and the ledger that says which ones there were. */
export class RollbackService {
  readonly #authorizer: Authorizer;
  readonly #reads: Pick<ModelReads, 'requireAny' | 'requireSeen' | 'sees'>;
  readonly #versions: VersionQueries;
  readonly #profiles: ModelProfiles;
  readonly #stages: StageStore;
  readonly #announcer: Announcer;
  readonly #auditor: AuditorService;
  readonly #clock: Clock;

  constructor(options: {
    authorizer: Authorizer;
    reads: Pick<ModelReads, 'requireAny' | 'requireSeen' | 'sees'>;
    versions: VersionQueries;
    profiles: ModelProfiles;
    stages: StageStore;
    announcer: Announcer;
    auditor: AuditorService;
    clock: Clock;
  }) {
    this.#authorizer = options.authorizer;
    this.#reads = options.reads;
    this.#versions = options.versions;
    this.#profiles = options.profiles;
    this.#stages = options.stages;
    this.#announcer = options.announcer;
    this.#auditor = options.auditor;
    this.#clock = options.clock;
  }

  /**
   * Puts the last production version, or the one named, back into production.
   *
   * @remarks
   * No approval: that version was approved once, and a rollback must not wait for anybody. The reason is kept.
   */
  async rollback(
    request: ModelPath & { toVersion?: number; reason: string },
    { caller }: Call,
  ): Promise<void> {
    const name = await auditedRefusal(
      this.#auditor,
      {
        eventId: 'model-rollback',
        caller,
        meta: {
          actor: caller.actor,
          model: nameOfPath(request),
        },
      },
      () => this.#authorize(request, caller),
    );
    const { actor } = caller;
    const { toVersion, reason } = request;
    const meta = {
      ...whoOf(caller),
      model: name,
      reason,
      ...(toVersion && { toVersion }),
    };
    const moves = await audited(
      this.#auditor,
      { eventId: 'model-rollback', caller, meta },
      () =>
        this.#stages.transaction(async tx => {
          await this.#stages.lockModel(tx, name);
          const former = await this.#stages.formerProduction(tx, name);
          const version = toVersion ?? former.at(0);
          if (version === undefined || !former.includes(version)) {
            throw new RegistryConflictError(
              mlRegistryErrorCodes.nothingToRollBackTo,
              `${name} cannot go back to ${
                version === undefined
                  ? 'an earlier version'
                  : `version ${version}`
              }: archived versions that were in production are ${
                listed(former.map(String)) || 'none'
              }`,
            );
          }
          return this.#stages.enter(tx, {
            name,
            version,
            from: 'archived',
            to: 'production',
            actor,
            action: 'rolled-back',
            message: reason,
            now: this.#clock(),
          });
        }),
    );
    await this.#announcer.stagesChanged(name, moves);
  }

  async #authorize(request: ModelPath, caller: Caller): Promise<string> {
    const permission = mlRegistryPromotePermission;
    await this.#authorizer.requireAny({ caller, permission });
    const name = nameOfPath(request);
    const model = await this.#versions.findModel(name);
    const absent = () => new NotFoundError(`No registered model ${name}`);
    if (!model) throw absent();
    await this.#reads.requireSeen(name, caller, absent);
    const owner = await this.#profiles.ownerOf(name);
    if (!owner) {
      throw new RegistryConflictError(
        mlRegistryErrorCodes.modelUnowned,
        `Nobody owns ${name}, so nobody can roll it back`,
      );
    }
    await this.#authorizer.require({
      caller,
      permission,
      owner,
      model: modelRefOf(name),
    });
    return name;
  }

  /** Everything that was decided about a model, newest first. */
  async history(
    request: ModelPath & PageRequest,
    { caller }: Call,
  ): Promise<{ items: HistoryEntry[]; nextCursor?: string }> {
    await this.#reads.requireAny(caller);
    const name = nameOfPath(request);
    if (!(await this.#reads.sees(name, caller))) throw noModel(name);
    return this.#stages.ledger.page({ name }, request);
  }
}
