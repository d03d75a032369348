import type { ServedVariant } from '@downstage/plugin-ml-serving-common';
import type { Facts } from './endpointState';
import { answeringFor, inWords, isToldOf, sameVariants } from './variants';

/** What is seen of an endpoint when its rollout is looked at. */
export type RolloutFacts = {
  /** What the tables say that the engine has to serve. */
  assigned: readonly ServedVariant[];
  /** The engine's word; undefined when it does not answer, `none` where this portal runs none. */
  engine: Facts['gateway'];
};

export type RolloutStep =
  /** Write these down as what the engine has to serve, and tell it. */
  | { do: 'assign'; variants: ServedVariant[] }
  /** Tell the engine again: it has not heard. */
  | { do: 'tell' }
  /** Look again; soon, while something is under way. */
  | { do: 'wait'; message: string; loadFailed: boolean; soon: boolean }
  | { do: 'finish'; message: string };

/**
 * What a rollout does next: it goes to its new variants in one step, and is over when all of them answer.
 *
 * @remarks
 * It is decided from what is seen alone, never from what was done before. So each step may run twice, and a crash
 * between two loses nothing. A version that cannot be loaded ends no rollout: the engine tries it again.
 */
export function nextStepOf(
  rollout: { to: readonly ServedVariant[] },
  { assigned, engine }: RolloutFacts,
): RolloutStep {
  const { to } = rollout;
  if (!sameVariants(assigned, to)) return { do: 'assign', variants: [...to] };
  const wait = (message: string, change = {}): RolloutStep => ({
    ...{ do: 'wait', message, loadFailed: false, soon: false },
    ...change,
  });
  if (engine === undefined) return wait('The engine does not answer');
  if (engine === 'none') return wait('This portal runs no engine for it');
  if (engine === 'unknown-endpoint' || !isToldOf(to, engine)) {
    return { do: 'tell' };
  }
  const missing = answeringFor(to, engine).filter(
    ({ variant, version }) =>
      variant.mode === 'live' &&
      variant.weight > 0 &&
      version !== variant.version,
  );
  if (!missing.length) {
    return { do: 'finish', message: `Answers come from ${inWords(to)}` };
  }
  const failed = engine.versions.find(
    ({ version, state }) =>
      state === 'failed' &&
      missing.some(({ variant }) => variant.version === version),
  );
  return failed
    ? wait(
        `Version ${failed.version} could not be loaded: ${
          failed.message ?? 'the engine gives no reason'
        }`,
        { loadFailed: true },
      )
    : wait(`Being loaded: ${inWords(missing.map(({ variant }) => variant))}`, {
        soon: true,
      });
}
