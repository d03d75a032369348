import {
  coreServices,
  createServiceFactory,
  type BackstageCredentials,
  type UserInfoService,
} from '@backstage/backend-plugin-api';
import { mockCredentials } from '@backstage/backend-test-utils';
import {
  callerOf,
  callerOfJob,
  type Caller,
  type JobIdentity,
} from '@downstage/node';

/** A person as services know them: `caller('ann')`. */
export function caller(name: string): Caller {
  return callerOf(mockCredentials.user(`user:default/${name}`));
}

/** A job of ann's, for diagnostics. */
export function jobCaller(
  attributes: JobIdentity['attributes'],
  actor = 'user:default/ann',
): Caller {
  return callerOfJob(
    {
      subject: `job:${attributes.job}`,
      actor,
      owner: 'group:default/diagnostics',
      attributes,
    },
    mockCredentials.service('plugin:ml-registry'),
  );
}

export const diagnostics = 'group:default/diagnostics';

const groups: Record<string, string[]> = {
  'user:default/ann': [diagnostics],
  'user:default/ben': [diagnostics],
  'user:default/eve': [diagnostics],
  'user:default/mock': [diagnostics],
  'user:default/cleo': ['group:default/credit'],
  'user:default/dora': ['group:default/platform'],
};

/** Who belongs where: ann, ben, eve and the mock user own the model, cleo does not, dora administers. */
export const people: UserInfoService = {
  async getUserInfo(credentials) {
    const userEntityRef = userOf(credentials);
    return {
      userEntityRef,
      ownershipEntityRefs: [userEntityRef, ...(groups[userEntityRef] ?? [])],
    };
  },
};

export const peopleFactory = createServiceFactory({
  service: coreServices.userInfo,
  deps: {},
  factory: () => people,
});

function userOf({ principal }: BackstageCredentials): string {
  if (
    typeof principal === 'object' &&
    principal !== null &&
    'userEntityRef' in principal
  ) {
    return String(principal.userEntityRef);
  }
  return 'user:default/nobody';
}
