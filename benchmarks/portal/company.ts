// The portal as `npm start` runs it, with a policy that says yes to most people, and to two of them "for some things".
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { PortalPolicy } from '../../packages/backend/src/portalPermissions';
import { decisionOfCompany } from './companyPolicy';

const usual = PortalPolicy.prototype.handle;
PortalPolicy.prototype.handle = async function handle(request, user) {
  const decision = await usual.call(this, request, user);
  return decision.result === AuthorizeResult.ALLOW
    ? decisionOfCompany(request, user) ?? decision
    : decision;
};

import('../../packages/backend/src/index');
