/** Who holds a token that is not Backstage's own, such as the token of a job. */
export type TokenSubject = {
  /** `job:<id>` */
  subject: string;
  /** The person behind it: `user:default/ann`. */
  actor: string;
  /** Who owns what is written with it: `group:default/diagnostics`. */
  owner: string;
  attributes: {
    job: string;
    commit?: string;
    environment?: string;
    /** Dataset versions the job read: `default/breast-masses@1`. */
    datasets?: string[];
    /** `model:default/tumour-malignancy` */
    model?: string;
  };
};

/** Knows tokens that may write runs and artifacts through the MLflow API. */
export interface TokenVerifier {
  /** The holder, or `undefined` for a token that is not this verifier's or no longer valid. */
  verify(token: string): Promise<TokenSubject | undefined>;
}
