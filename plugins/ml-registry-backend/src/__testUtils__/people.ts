import {
  coreServices,
  createServiceFactory,
  type BackstageCredentials,
  type UserInfoService,
} from '@backstage/backend-plugin-api';

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
