import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import type { ClaimService } from '../services/ClaimService';
import type { RunPageServices } from '../services/createRunPageServices';
import type { ModelService } from '../services/ModelService';
import type { PromotionService } from '../services/PromotionService';
import type { RollbackService } from '../services/RollbackService';
import { registerChangeActions } from './changeActions';
import { registerClaimAction } from './claimAction';
import { registerPromotionActions } from './promotionActions';
import { registerReadActions } from './readActions';
import { registerRunActions } from './runActions';
import { registerRunViewActions } from './runViewActions';

/** What a person does on the model pages, for agents, templates and terminals, under the same permissions. */
export function registerActions(deps: {
  actions: ActionsRegistryService;
  claims: ClaimService;
  models: ModelService;
  promotions: PromotionService;
  rollbacks: RollbackService;
  runPages: RunPageServices;
}) {
  registerReadActions(deps);
  registerRunActions(deps);
  registerRunViewActions(deps);
  registerPromotionActions(deps);
  registerChangeActions(deps);
  registerClaimAction(deps);
}
