import type { AuditorService } from '@backstage/backend-plugin-api';
import { NotAllowedError, NotFoundError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import { audited, type Authorizer } from '@downstage/node';
import {
  mlRegistryErrorCodes,
  mlRegistryRegisterPermission,
  RegistryConflictError,
} from '@downstage/plugin-ml-registry-common';
import { modelRefOf, nameOfPath } from '../domain/refs';
import type { ModelStore } from '../stores/ModelStore';
import type { StageStore } from '../stores/StageStore';
import type { Announcer } from './Announcer';
import type { ModelProfiles } from './ModelProfiles';
import type { CallOptions, ModelPath } from './ModelService';

/** Gives a model that was registered from code, and belongs to nobody, to a group that takes it on. */
export class ClaimService {
  readonly #deps: ClaimDeps;

  constructor(deps: ClaimDeps) {
    this.#deps = deps;
  }

  /**
   * @throws NotAllowedError when the caller does not belong to the new owner
   * @throws RegistryConflictError when somebody owns the model already; of two who claim at once, one does
   */
  async claim(
    request: ModelPath & { owner: string },
    { credentials }: CallOptions,
  ): Promise<void> {
    const { authorizer, auditor, announcer, stages } = this.#deps;
    const permission = mlRegistryRegisterPermission;
    await authorizer.require({ credentials, permission });
    const name = nameOfPath(request);
    await authorizer.require({
      credentials,
      permission,
      model: modelRefOf(name),
    });
    const { owner } = request;
    const actor = authorizer.actor(credentials);
    const meta = { ...authorizer.who(credentials), model: name, owner };
    await audited(auditor, { eventId: 'model-claim', meta }, async () => {
      if (!(await authorizer.owns(credentials, owner))) {
        throw new NotAllowedError(
          `${actor} is not a member of ${owner}, and can claim ${name} only for a group of their own`,
        );
      }
      const entityOwner = (await this.#deps.profiles.get(name)).owner;
      await stages.transaction(async tx => {
        await stages.lockModel(tx, name);
        const model = await this.#deps.modelStore.findModel(tx, name);
        if (!model) throw new NotFoundError(`No registered model ${name}`);
        requireUnowned(name, entityOwner ?? model.owner);
        const now = this.#deps.clock();
        await this.#deps.modelStore.updateModel(tx, name, {
          owner,
          now: now.getTime(),
        });
        await stages.append(tx, name, {
          at: now.toISOString(),
          actor,
          action: 'claimed',
          message: `${owner} owns it now`,
        });
      });
    });
    await announcer.modelChanged(name);
  }
}

function requireUnowned(name: string, owner: string | undefined) {
  if (!owner) return;
  throw new RegistryConflictError(
    mlRegistryErrorCodes.modelOwned,
    `${name} belongs to ${owner} already; only a model that nobody owns can be claimed`,
  );
}

export type ClaimDeps = {
  authorizer: Authorizer;
  auditor: AuditorService;
  announcer: Announcer;
  clock: Clock;
  modelStore: ModelStore;
  profiles: ModelProfiles;
  stages: StageStore;
};
