/**
 * The input of a client is wrong; becomes status 400.
 *
 * @remarks
 * A class of our own, named as Backstage's: the model's process loads as little as it can, because one is started
 * for every version.
 */
export class BadInput extends Error {
  override readonly name = 'InputError';
}
