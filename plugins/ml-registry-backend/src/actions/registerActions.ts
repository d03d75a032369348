import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import type { ClaimService } from '../services/ClaimService';
import type { ModelService } from '../services/ModelService';
import type { PromotionService } from '../services/PromotionService';
import type { RollbackService } from '../services/RollbackService';
import { registerChangeActions } from './changeActions';
import { registerClaimAction } from './claimAction';
import { registerPromotionActions } from './promotionActions';
import { registerReadActions } from './readActions';

/** What a person does on the model pages, for agents, templates and terminals, under the same permissions. */
export function registerActions(deps: {
  actions: ActionsRegistryService;
  claims: ClaimService;
  models: ModelService;
  promotions: PromotionService;
  rollbacks: RollbackService;
}) {
  registerReadActions(deps);
  registerPromotionActions(deps);
  registerChangeActions(deps);
  registerClaimAction(deps);
}
