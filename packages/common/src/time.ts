/** Time comes in from outside, so that tests can stop it. */
export type Clock = () => Date;

/** Ids come in from outside, so that tests can name them. */
export type NewId = () => string;
