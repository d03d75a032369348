import type { AuditorService } from '@backstage/backend-plugin-api';
import { InputError, NotFoundError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import { audited, type Authorizer, type Call } from '@downstage/node';
import {
  mlRegistryBreakGlassPermission,
  mlRegistryErrorCodes,
  RegistryConflictError,
} from '@downstage/plugin-ml-registry-common';
import { nameOfPath, type VersionPath } from '../kernel/refs';
import type { BreakGlassStore } from './stores/BreakGlassStore';
import type { PromotionStore } from './stores/PromotionStore';
import type { StageMove, StageStore } from '../versions/stores/StageStore';
import type { VersionQueries } from '../versions/stores/VersionQueries';
import type { Announcer } from '../versions/Announcer';
import type { PromotionNotices } from './PromotionNotices';
import { inTheWay, type GateEvaluator } from './GateEvaluator';
import { noVersion, type ModelReads } from '../access/ModelReads';
import type { ModelProfiles } from '../owners/ModelProfiles';

/** Into production past gates and approvals, for when the house burns. Flagged for ever. */
export class BreakGlassService {
  readonly #deps: BreakGlassDeps;

  constructor(deps: BreakGlassDeps) {
    this.#deps = deps;
  }

  /**
   * Puts a version into production at once.
   *
   * @remarks
   * For owners and administrators with `ml.registry.break-glass`, in person: a token may not. The gates are asked all
   * the same, and what they said is kept with the reason. Open promotions of the model are looked at again.
   *
   * @throws InputError when `confirm` is not the name of the model
   */
  async breakGlass(
    request: VersionPath & { reason: string; confirm: string },
    { caller }: Call,
  ): Promise<void> {
    const { authorizer, auditor, versions, profiles, gates, announcer } =
      this.#deps;
    const permission = mlRegistryBreakGlassPermission;
    const { reason, confirm } = request;
    const { actor } = caller;
    const name = nameOfPath(request);
    const meta = {
      actor,
      model: name,
      version: request.version,
      reason,
    };
    let moves: StageMove[] = [];
    let recipients: string[] = [];
    await audited(
      auditor,
      { eventId: 'model-break-glass', caller, severityLevel: 'critical', meta },
      async () => {
        await authorizer.requireAny({ caller, permission });
        authorizer.requirePerson(caller, 'break the glass');
        await this.#deps.reads.requireSeen(name, caller, () =>
          noVersion(request),
        );
        const version = await versions.findVersion(name, request.version);
        if (!version) {
          throw new NotFoundError(
            `No version ${request.version} of a registered model ${name}`,
          );
        }
        const profile = await profiles.get(name);
        const { owner } = profile;
        if (!owner) {
          throw new RegistryConflictError(
            mlRegistryErrorCodes.modelUnowned,
            `Nobody owns ${name}, so nobody answers for what goes into production: claim it first`,
          );
        }
        await authorizer.require({ caller, permission, owner });
        if (confirm !== name) {
          throw new InputError(
            `To confirm, give the name of the model: '${name}', not '${confirm}'`,
          );
        }
        recipients = [owner, ...this.#deps.administrators];
        const champion = await gates.championFor(version);
        const verdicts = await gates.evaluate({
          version,
          profile,
          champion,
          to: 'production',
        });
        moves = await this.#enter(
          { name, version: version.version, actor, reason },
          verdicts,
        );
      },
    );
    await announcer.stagesChanged(name, moves);
    await this.#deps.notices.glassBroken({
      name,
      version: request.version,
      by: actor,
      reason,
      recipients,
    });
  }

  async #enter(
    entry: { name: string; version: number; actor: string; reason: string },
    verdicts: Awaited<ReturnType<GateEvaluator['evaluate']>>,
  ): Promise<StageMove[]> {
    const { stages, glass, promotions, clock } = this.#deps;
    const { name, version, actor, reason } = entry;
    return stages.transaction(async tx => {
      await stages.lockModel(tx, name);
      const now = clock();
      const from = await stages.stageOf(tx, name, version);
      if (!from || from === 'production') {
        throw new RegistryConflictError(
          mlRegistryErrorCodes.stageTransition,
          `Version ${version} of ${name} is ${
            from ? 'in production already' : 'deleted'
          }`,
        );
      }
      await glass.add(tx, {
        name,
        version,
        at: now.toISOString(),
        by: actor,
        reason,
        gates: verdicts,
      });
      const moved = await stages.enter(tx, {
        name,
        version,
        from,
        to: 'production',
        actor,
        action: 'break-glass',
        message: reason,
        details: {
          notPassed: inTheWay(verdicts).map(
            ({ gate, message }) => `${gate}: ${message}`,
          ),
        },
        flagged: true,
        now,
      });
      await promotions.makeDue(tx, name, now);
      return moved;
    });
  }
}

export type BreakGlassDeps = {
  authorizer: Authorizer;
  reads: Pick<ModelReads, 'requireSeen'>;
  auditor: AuditorService;
  announcer: Announcer;
  notices: PromotionNotices;
  versions: VersionQueries;
  profiles: ModelProfiles;
  gates: GateEvaluator;
  stages: StageStore;
  promotions: PromotionStore;
  glass: BreakGlassStore;
  /** Groups that are told. */
  administrators: string[];
  clock: Clock;
};
