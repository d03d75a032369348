import type { AuditorService } from '@backstage/backend-plugin-api';
import { NotAllowedError, NotFoundError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import {
  audited,
  type Authorizer,
  type Call,
  type Caller,
  whoOf,
} from '@downstage/node';
import {
  mlRegistryErrorCodes,
  mlRegistryRegisterPermission,
  RegistryConflictError,
} from '@downstage/plugin-ml-registry-common';
import { modelRefOf, nameOfPath, type ModelPath } from '../kernel/refs';
import type { NewLedgerEntry } from '../ledger/LedgerStore';
import type { ModelStore } from './stores/ModelStore';
import type { StageStore } from './stores/StageStore';
import type { Announcer } from './Announcer';
import { seesNothingAtAll, type ModelReads } from '../access/ModelReads';
import type { ModelProfile, ModelProfiles } from '../owners/ModelProfiles';

/** Decides who owns a model: claiming one that nobody owns, handing one over, and accepting its catalog file. */
export class ClaimService {
  readonly #deps: ClaimDeps;

  constructor(deps: ClaimDeps) {
    this.#deps = deps;
  }

  /**
   * Claims a model that nobody owns; hands one over that somebody owns. With the owner it has, the file that the
   * catalog shows is accepted.
   *
   * @throws NotAllowedError when the caller does not belong to the owner who claims
   * @throws RegistryConflictError when somebody else owns the model; of two who claim at once, one does
   */
  async claim(
    request: ModelPath & { owner: string },
    { caller }: Call,
  ): Promise<void> {
    const { authorizer, auditor, announcer, profiles, reads } = this.#deps;
    const permission = mlRegistryRegisterPermission;
    await authorizer.requireAny({ caller, permission });
    const name = nameOfPath(request);
    await authorizer.require({
      caller,
      permission,
      model: modelRefOf(name),
    });
    const { owner } = request;
    const meta = { ...whoOf(caller), model: name, owner };
    await audited(
      auditor,
      { eventId: 'model-claim', caller, meta },
      async () => {
        const seen = await reads.sees(name, caller).catch(seesNothingAtAll);
        const profile = await profiles.get(name);
        const present = seen ? profile.owner : undefined;
        await this.#requirePart(name, { present, owner }, caller);
        if (!seen) throw new NotFoundError(`No registered model ${name}`);
        if (!present) await this.#claim(name, owner, caller);
        else if (present === owner) await this.#accept(name, profile, caller);
        else await this.#handOver(name, { from: present, to: owner }, caller);
        await profiles.acceptFile(name);
      },
    );
    await announcer.modelChanged(name);
  }

  /** A caller of neither side is told so, and nothing of what waits here. */
  async #requirePart(
    name: string,
    sides: { present?: string; owner: string },
    caller: Caller,
  ): Promise<void> {
    const { authorizer } = this.#deps;
    const { present, owner } = sides;
    const groups = await authorizer.groupsOf(caller);
    if (groups.includes(owner)) return;
    if (present && groups.includes(present)) return;
    if (await authorizer.isAdministrator(caller)) return;
    throw new NotAllowedError(
      present && present !== owner
        ? `${caller.actor} is a member neither of ${present}, which owns ${name}, nor of ${owner}`
        : `${caller.actor} is not a member of ${owner}, and can claim ${name} only for a group of their own`,
    );
  }

  async #claim(name: string, owner: string, caller: Caller): Promise<void> {
    const { authorizer } = this.#deps;
    if (!(await authorizer.owns(caller, owner))) {
      throw new NotAllowedError(
        `${caller.actor} is not a member of ${owner}, and can claim ${name} only for a group of their own`,
      );
    }
    await this.#change(name, caller, {
      from: undefined,
      to: owner,
      entry: { action: 'claimed', message: `${owner} owns it now` },
    });
  }

  async #handOver(
    name: string,
    change: { from: string; to: string },
    caller: Caller,
  ): Promise<void> {
    const { announcer, authorizer, profiles } = this.#deps;
    const { from, to } = change;
    await this.#requireOwner(name, from, caller);
    authorizer.requirePerson(caller, `hand ${name} over`);
    if (!(await profiles.exists(to))) {
      throw new NotFoundError(
        `The catalog has no ${to}; ${name} can be handed over to a group or user of the catalog`,
      );
    }
    const by = caller.actor;
    await this.#change(name, caller, {
      from,
      to,
      entry: {
        action: 'handed-over',
        message: `${from} handed it over to ${to}`,
        details: { from, to },
      },
    });
    await announcer.handedOver({ name, by, from, to });
  }

  async #accept(
    name: string,
    profile: ModelProfile,
    caller: Caller,
  ): Promise<void> {
    const { authorizer, clock, stages } = this.#deps;
    const { conflict, owner } = profile;
    if (!conflict || conflict.owner !== owner || !owner) {
      throw new RegistryConflictError(
        mlRegistryErrorCodes.modelOwned,
        `${name} belongs to ${owner} already, and no other catalog file of theirs waits to be accepted; only a model that nobody owns can be claimed`,
      );
    }
    await this.#requireOwner(name, owner, caller);
    authorizer.requirePerson(caller, `accept a catalog file for ${name}`);
    await stages.transaction(async tx => {
      await stages.append(tx, name, {
        at: clock().toISOString(),
        actor: caller.actor,
        action: 'file-accepted',
        message: `${conflict.source} speaks for it now`,
        details: { source: conflict.source },
      });
    });
  }

  async #requireOwner(
    name: string,
    owner: string,
    caller: Caller,
  ): Promise<void> {
    const { authorizer } = this.#deps;
    if (await authorizer.owns(caller, owner)) return;
    if (await authorizer.isAdministrator(caller)) return;
    throw new RegistryConflictError(
      mlRegistryErrorCodes.modelOwned,
      `${name} belongs to ${owner} already; only its owners or an administrator can hand it over`,
    );
  }

  async #change(
    name: string,
    caller: Caller,
    change: {
      from: string | undefined;
      to: string;
      entry: Pick<NewLedgerEntry, 'action' | 'message' | 'details'>;
    },
  ): Promise<void> {
    const { clock, modelStore, stages } = this.#deps;
    await stages.transaction(async tx => {
      await stages.lockModel(tx, name);
      const model = await modelStore.findModel(tx, name);
      if (!model) throw new NotFoundError(`No registered model ${name}`);
      // Somebody was faster; a model registered without an owner has none here.
      if (model.owner && model.owner !== change.from) {
        throw new RegistryConflictError(
          mlRegistryErrorCodes.modelOwned,
          `${name} belongs to ${model.owner} already`,
        );
      }
      const now = clock();
      await modelStore.updateModel(tx, name, {
        owner: change.to,
        now: now.getTime(),
      });
      await stages.append(tx, name, {
        ...change.entry,
        at: now.toISOString(),
        actor: caller.actor,
      });
    });
  }
}

export type ClaimDeps = {
  authorizer: Authorizer;
  reads: Pick<ModelReads, 'sees'>;
  auditor: AuditorService;
  announcer: Announcer;
  clock: Clock;
  modelStore: ModelStore;
  profiles: ModelProfiles;
  stages: StageStore;
};
