/**
 * What other backends need so that tokens work on them.
 *
 * @packageDocumentation
 */
export {
  createMlTokenConditionalDecision,
  mlTokenConditions,
  mlTokenResource,
} from './permissions';
export { RememberedAnswers } from './RememberedAnswers';
export { hashOf, isWellFormed, newSecret } from './secret';
export { downstageTokenHandler } from './tokenHandler';
export {
  tokenVerifierServiceRef,
  type TokenVerifierHolder,
  type VerifyToken,
} from './verifier';
