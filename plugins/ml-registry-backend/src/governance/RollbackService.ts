import type { AuditorService } from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import {
  audited,
  auditedRefusal,
  type Authorizer,
  type Caller,
  type Call,
} from '@downstage/node';
import {
  mlRegistryErrorCodes,
  mlRegistryPromotePermission,
  mlRegistryReadPermission,
  RegistryConflictError,
  type HistoryEntry,
} from '@downstage/plugin-ml-registry-common';
import { modelRefOf, nameOfPath } from '../domain/refs';
import type { StageStore } from '../stores/StageStore';
import type { VersionReader } from '../stores/VersionReader';
import type { Announcer } from './Announcer';
import type { ModelProfiles } from './ModelProfiles';
import type { ModelPath } from './ModelService';

/** Back to an earlier production version, at once; and the ledger that says which ones there were. */
export class RollbackService {
  readonly #authorizer: Authorizer;
  readonly #versions: VersionReader;
  readonly #profiles: ModelProfiles;
  readonly #stages: StageStore;
  readonly #announcer: Announcer;
  readonly #auditor: AuditorService;
  readonly #clock: Clock;

  constructor(options: {
    authorizer: Authorizer;
    versions: VersionReader;
    profiles: ModelProfiles;
    stages: StageStore;
    announcer: Announcer;
    auditor: AuditorService;
    clock: Clock;
  }) {
    this.#authorizer = options.authorizer;
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
          actor: this.#authorizer.actor(caller),
          model: request.name,
        },
      },
      () => this.#authorize(request, caller),
    );
    const actor = this.#authorizer.actor(caller);
    const { toVersion, reason } = request;
    const meta = {
      ...this.#authorizer.who(caller),
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
                former.join(', ') || 'none'
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
    if (!model) throw new NotFoundError(`No registered model ${name}`);
    const profile = await this.#profiles.get(name);
    const owner = profile.owner ?? model.owner;
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
    path: ModelPath,
    { caller }: Call,
  ): Promise<{ items: HistoryEntry[] }> {
    await this.#authorizer.require({
      caller,
      permission: mlRegistryReadPermission,
    });
    const name = nameOfPath(path);
    return { items: await this.#stages.ledger.list({ name }, { limit: 500 }) };
  }
}
