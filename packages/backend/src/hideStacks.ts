import { MiddlewareFactory } from '@backstage/backend-defaults/rootHttpRouter';

/**
 * Answers name what was wrong and never where in the code. This portal runs in development mode, because its example
 * sign-in is for that only. People use it all the same. The log keeps the stacks.
 *
 * @remarks
 * Every plugin's router makes an error handler of its own with this class, and no configuration reaches them.
 */
export function hideStacks(): void {
  const { error } = MiddlewareFactory.prototype;
  MiddlewareFactory.prototype.error = function errorWithoutStack(options) {
    return error.call(this, { ...options, showStackTraces: false });
  };
}
