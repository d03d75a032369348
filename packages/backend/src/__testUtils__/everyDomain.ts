import type { Contract } from '@downstage/common';
import {
  mlDataContract,
  mlDataPermissions,
} from '@downstage/plugin-ml-data-common';
import {
  mlJobsContract,
  mlJobsPermissions,
} from '@downstage/plugin-ml-jobs-common';
import {
  mlMonitoringContract,
  mlMonitoringPermissions,
} from '@downstage/plugin-ml-monitoring-common';
import {
  mlRegistryContract,
  mlRegistryPermissions,
} from '@downstage/plugin-ml-registry-common';
import {
  mlServingContract,
  mlServingPermissions,
} from '@downstage/plugin-ml-serving-common';
import {
  mlTokensContract,
  mlTokensPermissions,
} from '@downstage/plugin-ml-tokens-common';

/** The contract of every plugin, by its id. */
export const contracts: Record<string, Contract> = {
  'ml-data': mlDataContract,
  'ml-jobs': mlJobsContract,
  'ml-monitoring': mlMonitoringContract,
  'ml-registry': mlRegistryContract,
  'ml-serving': mlServingContract,
  'ml-tokens': mlTokensContract,
};

/** The permissions of every plugin. */
export const permissions = [
  ...mlDataPermissions,
  ...mlJobsPermissions,
  ...mlMonitoringPermissions,
  ...mlRegistryPermissions,
  ...mlServingPermissions,
  ...mlTokensPermissions,
];
