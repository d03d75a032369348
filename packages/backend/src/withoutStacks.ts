import type { RootHttpRouterConfigureContext } from '@backstage/backend-defaults/rootHttpRouter';

/**
 * Answers name what was wrong and never where in the code: this portal runs in development mode, because its example
 * sign-in is for that only, and people use it all the same. The log keeps the stacks.
 */
export function withoutStacks({
  middleware,
  applyDefaults,
}: Pick<RootHttpRouterConfigureContext, 'middleware' | 'applyDefaults'>): void {
  const answer = middleware.error.bind(middleware);
  middleware.error = options => answer({ ...options, showStackTraces: false });
  applyDefaults();
}
