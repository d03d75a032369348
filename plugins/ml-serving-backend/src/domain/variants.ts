import { InputError } from '@backstage/errors';
import {
  leadingVariant,
  type ServedVariant,
} from '@downstage/plugin-ml-serving-common';
import type {
  EndpointObservation,
  ServingEngine,
} from '@downstage/plugin-ml-serving-node';

/** What an endpoint that follows one stage of its model lets answer: its version alone. */
export function onlyChampion(version: number): ServedVariant[] {
  return [{ name: 'champion', version, weight: 100, mode: 'live' }];
}

/**
 * Whether these variants follow a stage whose version this is: the champion has that version. Others may answer beside it.
 */
export function isFollowing(
  variants: readonly ServedVariant[],
  version: number,
): boolean {
  return variants.some(
    variant =>
      variant.name === 'champion' &&
      variant.mode === 'live' &&
      variant.version === version,
  );
}

/** Whether two sets are the same, in whatever order. */
export function sameVariants(
  one: readonly ServedVariant[],
  other: readonly ServedVariant[],
): boolean {
  return (
    one.length === other.length &&
    one.every(a =>
      other.some(
        b =>
          a.name === b.name &&
          a.version === b.version &&
          a.weight === b.weight &&
          a.mode === b.mode,
      ),
    )
  );
}

/** `version 7`, or `champion: version 7 (90 %), challenger: version 8 (10 %)`. */
export function inWords(variants: readonly ServedVariant[]): string {
  if (!variants.length) return 'no version';
  if (variants.length === 1) return `version ${variants[0].version}`;
  return variants
    .map(
      ({ name, version, weight, mode }) =>
        `${name}: version ${version} (${
          mode === 'shadow' ? mode : `${weight} %`
        })`,
    )
    .join(', ');
}

/**
 * What an engine says of each of these variants: which version answers for it, if any. Engines that say nothing of
 * variants have the one that leads.
 */
export function answeringFor(
  variants: readonly ServedVariant[],
  observed: EndpointObservation,
): { variant: ServedVariant; version: number | undefined }[] {
  const leading = leadingVariant(variants);
  const answers = (variant: ServedVariant) => {
    if (!observed.variants) {
      return variant === leading ? observed.active : undefined;
    }
    return observed.variants.find(({ name }) => name === variant.name)?.active;
  };
  return variants.map(variant => ({ variant, version: answers(variant) }));
}

/** Whether an engine has been told to serve these. */
export function isToldOf(
  variants: readonly ServedVariant[],
  observed: EndpointObservation,
): boolean {
  return observed.variants
    ? sameVariants(variants, observed.variants)
    : observed.wanted === leadingVariant(variants)?.version;
}

/**
 * Refuses a set of variants that says nothing, or that the engine cannot serve.
 *
 * @throws InputError with what was asked and what the engine can
 */
export function checkVariants(
  variants: readonly ServedVariant[],
  engine: Pick<ServingEngine, 'id' | 'variants'>,
): void {
  const asked = inWords(variants);
  const names = new Set(variants.map(({ name }) => name));
  if (names.size !== variants.length) {
    throw new InputError(`Two variants have the same name: ${asked}`);
  }
  // No engine of this release copies requests.
  if (variants.some(({ mode }) => mode === 'shadow')) {
    throw new InputError(
      `The engine '${engine.id}' copies no requests to a shadow; asked was ${asked}`,
    );
  }
  const total = variants.reduce((sum, { weight }) => sum + weight, 0);
  if (Math.abs(total - 100) > 1e-6) {
    throw new InputError(
      `The weights of the variants have to add up to 100 %, not ${total} %: ${asked}`,
    );
  }
  if (engine.variants === 'one' && variants.length !== 1) {
    throw new InputError(
      `The engine '${engine.id}' lets one variant of an endpoint answer; asked were ${variants.length}: ${asked}`,
    );
  }
}
